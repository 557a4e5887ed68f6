import { createFreshLook } from '../../../src/app/fresh-policy.ts';
import { createGroupMembers, type GroupMembers } from '../../../src/app/group-members.ts';
import { createLivePolicy, type LivePolicy } from '../../../src/app/live-policy.ts';
import type { GroupReading } from '../../../src/app/read-groups.ts';
import type { PolicyConfig } from '../../../src/config/to-core.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { createFakeGroupStore, type FakeGroupStore } from '../../fakes/group-store.ts';
import { createFakePeople, type FakePeople } from '../../fakes/people.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';

/** Policy of the scene: two approvals, by the members of a group or by one who is listed. */
export const CONFIG: PolicyConfig = {
  roles: [
    { name: 'operator', users: ['U0OP'], groups: [] },
    { name: 'approver', users: ['U0LISTED'], groups: ['S0APPROVERS'] },
  ],
  rules: [{ clusters: ['*'], commands: ['defrag'], allow: ['operator'], approvals: null }],
  defaultApprovals: { required: 2, from: ['approver'], requesterMayApprove: false, expiresMs: 1_800_000 },
};

/** One process. */
export interface RoleProcess {
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly members: GroupMembers;
  readonly live: LivePolicy;
  /** What only a bot has. */
  readonly reading: GroupReading;
  readonly freshPolicy: (users: readonly string[]) => Promise<Policy>;
}

/** Slack, the store, and as many processes as wanted. */
export interface RoleScene {
  readonly people: FakePeople;
  readonly store: FakeGroupStore;
  /** The clock of the store. */
  readonly clock: FakeClock;
  start(config?: PolicyConfig): RoleProcess;
}

/** Makes a scene in which `U1`, `U2` and `U3` are in the group. */
export function createRoleScene(): RoleScene {
  const clock = createFakeClock();
  const people = createFakePeople(['U0OP', 'U0LISTED', 'U1', 'U2', 'U3']);
  people.groups.set('S0APPROVERS', ['U1', 'U2', 'U3']);
  const store = createFakeGroupStore(clock);
  return {
    people,
    store,
    clock,
    start: (config = CONFIG) => {
      const log = createRecordingLog();
      const members = createGroupMembers(store, { clock, log });
      const homeTeam = { get: () => 'T1' };
      const live = createLivePolicy(config, homeTeam, members);
      const freshPolicy = createFreshLook({ live, people, store, homeTeam, log });
      return { clock, log, members, live, reading: { people, store, members, clock, log }, freshPolicy };
    },
  };
}
