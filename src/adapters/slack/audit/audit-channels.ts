import type { AuditChannelsDeps } from './deps.ts';
import { type ChannelMemory, holdAuditOffice, newChannelMemory, OFFICE, tellChannel } from './tell-channel.ts';

/** Tells the audit log in the audit channels. One process at a time does; others wait for their election. */
export interface AuditChannels {
  /** One round over all channels. Answers when the next is due, ms since the epoch. Never throws. */
  round(): Promise<number>;
  /** Rounds until the signal fires. Gives up the office at the end. */
  run(signal: AbortSignal): Promise<void>;
}

/** How late an entry is told, ms, while everything works. */
const POLL_MS = 1000;
const STAND_BY_MS = 5000;

/** Makes it. */
export function createAuditChannels(deps: AuditChannelsDeps): AuditChannels {
  let memories = new Map<string, ChannelMemory>();
  const waiting = new Map<string, number>();
  async function round(): Promise<number> {
    const nowMs = deps.clock.nowMs();
    try {
      if (!(await holdAuditOffice(deps))) {
        memories = new Map();
        waiting.clear();
        return nowMs + STAND_BY_MS;
      }
      for (const place of deps.channels) {
        const { channel } = place;
        const untilMs = waiting.get(channel) ?? 0;
        // A clock that was set back must not hold anything up for as long as it jumped.
        if (nowMs < untilMs && untilMs - nowMs <= LONGEST_WAIT_MS) continue;
        const memory = memories.get(channel) ?? newChannelMemory();
        memories.set(channel, memory);
        const told = await tellChannel(deps, place, memory);
        if (told.kind === 'later') waiting.set(channel, told.atMs);
        else waiting.delete(channel);
      }
    } catch (thrown) {
      // Whether the last note was made is not known, so it is read again.
      memories = new Map();
      deps.log.warn('the audit log could not be told; it is tried again', {
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
    return deps.clock.nowMs() + POLL_MS;
  }
  return {
    round,
    run: async (signal) => {
      while (!signal.aborted) {
        const nextMs = await round();
        const restMs = Math.min(STAND_BY_MS, Math.max(POLL_MS / 10, nextMs - deps.clock.nowMs()));
        await deps.clock.sleep(restMs, signal).catch(() => undefined);
      }
      await deps.offices.resign(OFFICE, deps.who).catch(() => undefined);
    },
  };
}

/** Slack never asks for a longer pause. */
const LONGEST_WAIT_MS = 600_000;
