import type { CardRecord } from '../../../core/ports/card-store.ts';
import { foldRun, openGate } from '../../../core/run-state.ts';
import { resendCard } from './deliver-card.ts';
import type { ElectedDeps } from './deps.ts';
import { type Lane, openFrom, type ProjectorMemory } from './memory.ts';
import { holdOffice } from './office.ts';

/** Between two looks for cards that are due, ms. */
const PASS_MS = 10_000;

/**
 * Pause after which a card at a gate is sent again although nothing changed, to find out whether it is still there, ms.
 * However many wait, that takes at most a quarter of the updates that Slack allows.
 */
export function lookIntervalMs(live: number): number {
  return Math.max(60_000, live * 4800);
}

/**
 * Finds out whether the cards at which people wait are still there. To hear of a deletion, Drydock would have to be sent
 * all that people write in the channel, and while a gate waits nothing changes that would be sent: so such a card is sent
 * once more when nothing was for a while, as an ordinary call. One that is gone is posted again by the next round. Starts
 * no call after `untilMs`.
 */
export async function lookAtGates(deps: ElectedDeps, memory: ProjectorMemory, untilMs: number): Promise<void> {
  const startMs = deps.clock.nowMs();
  if (startMs < memory.nextLookMs) return;
  memory.nextLookMs = startMs + PASS_MS;
  const live = await deps.runs.unfinished();
  const before = startMs - lookIntervalMs(live.length);
  for (const runId of live.toSorted((a, b) => sentMs(memory, a) - sentMs(memory, b))) {
    if (sentMs(memory, runId) > before || deps.clock.nowMs() >= untilMs) return;
    try {
      if (!(await lookAt(deps, memory, runId))) return;
    } catch (thrown) {
      // When the store is away this throws as well, and all wait.
      await holdOffice(deps);
      memory.sentAt.set(runId, deps.clock.nowMs());
      deps.log.error('it cannot be told whether a card is still there', {
        run: runId,
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
  }
}

function sentMs({ sentAt, postedAt }: ProjectorMemory, runId: string): number {
  return Math.max(sentAt.get(runId) ?? 0, postedAt.get(runId) ?? 0);
}

/** False: no further card can be asked about now. */
async function lookAt(given: ElectedDeps, memory: ProjectorMemory, runId: string): Promise<boolean> {
  const card = await given.cards.card(runId);
  if (card === null || !isPosted(card)) return true;
  const record = await given.runs.read(runId);
  const state = record === null ? null : foldRun(record);
  if (state === null || state.request === null || openGate(state) === null) return true;
  const deps = { ...given, log: given.log.with({ run: runId, cluster: state.request.cluster }) };
  const lane: Lane = { method: 'chat.update', channel: card.channel, use: 'ordinary' };
  if (isClosed()) return false;
  const now = await resendCard(deps, memory, state, card, lane);
  if (now.ts !== card.ts) await deps.cards.touch(runId);
  if (isClosed()) return false;
  // Also when it was refused: the others have their turn first.
  memory.sentAt.set(runId, deps.clock.nowMs());
  return true;
  function isClosed(): boolean {
    return deps.clock.nowMs() < openFrom(memory, lane);
  }
}

function isPosted(card: CardRecord): card is CardRecord & { readonly ts: string } {
  return card.ts !== null;
}
