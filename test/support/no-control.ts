import type { ControlDesk } from '../../src/core/control-desk.ts';

/** A control desk at which nothing is frozen, locked or scheduled, and nothing can be. */
export const NO_CONTROL: ControlDesk = {
  freezes: async () => await Promise.resolve([]),
  freeze: refused,
  thaw: refused,
  locks: async () => await Promise.resolve([]),
  lock: refused,
  unlock: refused,
  schedules: async () => await Promise.resolve([]),
  schedule: refused,
  unschedule: refused,
  standings: async () => await Promise.resolve([]),
  askStanding: refused,
  revokeStanding: refused,
  window: () => null,
  words: (ms) => new Date(ms).toISOString(),
};

async function refused() {
  return await Promise.resolve({ ok: false, reason: 'changed-meanwhile', why: '' } as const);
}
