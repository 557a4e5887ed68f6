import type { ControlDesk, Said } from '../core/control-desk.ts';
import { windowNow } from './admission.ts';
import { type ControlDeps, zoneOf } from './control-deps.ts';
import { freezeCluster, listFreezes, thawCluster } from './freezes.ts';
import { lockByHand, unlockByHand } from './hand-locks.ts';
import { addSchedule, listSchedules, removeSchedule } from './schedules.ts';
import { askStanding, listStandings, revokeStanding } from './standing-approvals.ts';

/** Makes the desk for one person and one delivery. */
export function createControlDesk(deps: ControlDeps, said: Said): ControlDesk {
  const { calendar } = deps.admission;
  return {
    freezes: async () => await listFreezes(deps),
    freeze: async (cluster, until, reason) => await freezeCluster(deps, said, { cluster, until, reason }),
    thaw: async (cluster) => await thawCluster(deps, said, cluster),
    locks: async () => await deps.store.locks(),
    lock: async (cluster, reason) => await lockByHand(deps, said, cluster, reason),
    unlock: async (cluster, mark) => await unlockByHand(deps, said, cluster, mark),
    schedules: async () => await listSchedules(deps),
    schedule: async (ask) => await addSchedule(deps, said, ask),
    unschedule: async (schedule) => await removeSchedule(deps, said, schedule),
    standings: async () => await listStandings(deps),
    askStanding: async (schedule, lastsMs) => await askStanding(deps, said, schedule, lastsMs),
    revokeStanding: async (schedule) => await revokeStanding(deps, said, schedule),
    window: (cluster) => windowNow(deps, cluster),
    words: (ms, cluster, tz = zoneOf(deps, cluster)) => calendar.words(ms, tz),
  };
}
