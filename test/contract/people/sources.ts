import { TEAM } from '../../../playground/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { budgetSlack } from '../../../src/adapters/slack/budgeted-client.ts';
import { createSlackClient } from '../../../src/adapters/slack/client.ts';
import { createSlackPeople } from '../../../src/adapters/slack/people/slack-people.ts';
import { type People, STANDINGS } from '../../../src/core/ports/people.ts';
import { createFakeCallBudget } from '../../fakes/call-budget.ts';
import { createFakePeople } from '../../fakes/people.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { addPeople, USERS } from './users.ts';

/** People to ask, and the hands that change who they are. */
export interface PeopleSource {
  readonly people: People;
  become(user: string, standing: 'member' | 'deactivated'): void;
  setGroup(group: string, users: readonly string[]): void;
  dropGroup(group: string): void;
  /** Nobody answers: for a while, or until somebody puts the app right. */
  fail(how: 'unreadable' | 'misconfigured'): void;
  stop(): Promise<void>;
}

/** Both implementations of the port. */
export const implementations = [
  ['the fake', openFake],
  ['Slack on the local workspace', openWorkspace],
] as const;

async function openFake(): Promise<PeopleSource> {
  const people = createFakePeople();
  for (const standing of STANDINGS) if (standing !== 'unknown') people.standings.set(USERS[standing], standing);
  return {
    people,
    become: (user, standing) => people.standings.set(user, standing),
    setGroup: (group, users) => people.groups.set(group, users),
    dropGroup: (group) => people.groups.delete(group),
    fail: (kind) => people.fail({ kind, why: 'Slack did not say.' }),
    stop: async () => undefined,
  };
}

/** People as Slack tells them, through the client and its budget. `timeoutMs`: of one call. */
export function peopleOf(workspace: Workspace, timeoutMs = 2000): People {
  const client = createSlackClient({
    token: workspace.botToken,
    apiUrl: workspace.apiUrl,
    timeoutMs,
    log: silentLog,
    onCall: () => undefined,
  });
  const slackFor = budgetSlack({ client, budget: createFakeCallBudget(systemClock), log: silentLog });
  return createSlackPeople({ slackFor, clock: systemClock, homeTeam: () => TEAM.id });
}

async function openWorkspace(): Promise<PeopleSource> {
  const workspace = await startWorkspace({ enforceLimits: true });
  addPeople(workspace);
  const { users, groups } = workspace.state;
  return {
    people: peopleOf(workspace),
    become(id, standing) {
      users.set(id, { id, name: id, isBot: false, deactivated: standing === 'deactivated' });
    },
    setGroup: (id, members) => groups.set(id, { id, handle: id, users: new Set(members) }),
    dropGroup: (id) => groups.delete(id),
    fail(how) {
      const fault =
        how === 'unreadable'
          ? ({ kind: 'status', status: 500 } as const)
          : ({ kind: 'error', error: 'missing_scope' } as const);
      for (const method of ['users.info', 'usergroups.users.list']) workspace.faults.set(method, fault);
    },
    stop: async () => await workspace.stop(),
  };
}
