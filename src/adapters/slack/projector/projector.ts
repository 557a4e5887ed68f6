import type { ElectedDeps, ProjectorDeps } from './deps.ts';
import { createMemory, followClock, type ProjectorMemory } from './memory.ts';
import { holdOffice, leaveOffice, whileElected } from './office.ts';
import { projectAll } from './round.ts';

/** Turns run records into Slack messages. One process at a time does; others wait for their election. */
export interface Projector {
  /** One round over all runs that changed. Answers when the next is due, ms since the epoch. Never throws. */
  round(): Promise<number>;
  /** Rounds until the signal fires; wakes up when a run changes. Gives up the office at the end. */
  run(signal: AbortSignal): Promise<void>;
}

const STAND_BY_MS = 5000;
/** Changes are told at once; this is for those whose word was lost. */
const POLL_MS = 2000;

/** Makes a projector. */
export function createProjector(given: ProjectorDeps): Projector {
  const deps: ElectedDeps = {
    ...given,
    slackFor: whileElected(given),
    slackAnyway: (use) => given.slackFor(use),
  };
  let memory: ProjectorMemory | null = null;
  async function round(): Promise<number> {
    try {
      const elected = await holdOffice(deps);
      memory = elected ? (memory ?? createMemory()) : null;
      if (memory === null) return deps.clock.nowMs() + STAND_BY_MS;
      followClock(memory, deps.clock.nowMs());
      return await projectAll(deps, memory);
    } catch (thrown) {
      deps.log.warn('the projector could not do its round; it tries again', {
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return deps.clock.nowMs() + POLL_MS;
    }
  }
  return { round, run: async (signal) => await loop(deps, round, signal) };
}

async function loop(deps: ProjectorDeps, round: () => Promise<number>, signal: AbortSignal): Promise<void> {
  let wake = new AbortController();
  let rang = false;
  const stopListening = await deps.cards
    .onChange(() => {
      rang = true;
      wake.abort();
    })
    .catch(() => async () => undefined);
  while (!signal.aborted) {
    rang = false;
    wake = new AbortController();
    const startMs = deps.clock.nowMs();
    const nextMs = await round();
    const idleMs = Math.max(MIN_PAUSE_MS, Math.min(POLL_MS, nextMs - deps.clock.nowMs()));
    if (!rang) await deps.clock.sleep(idleMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
    // A clock that was set back meanwhile must not make this longer.
    const restMs = Math.min(MIN_ROUND_MS, startMs + MIN_ROUND_MS - deps.clock.nowMs());
    if (restMs > 0) await deps.clock.sleep(restMs, signal).catch(() => undefined);
  }
  await stopListening();
  await leaveOffice(deps).catch(() => undefined);
}

/** Rounds follow each other no faster, so that many changes in a moment are looked at together. The first is looked at at once. */
const MIN_ROUND_MS = 50;
/** Keeps a round that always answers "now" from spinning. */
const MIN_PAUSE_MS = 20;
