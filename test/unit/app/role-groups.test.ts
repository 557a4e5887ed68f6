import { beforeEach, describe, expect, test } from 'vitest';
import { awaitGroups, readGroups } from '../../../src/app/read-groups.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { mayDecide } from '../../../src/core/policy.ts';
import { PeopleUnreadable } from '../../../src/core/ports/people.ts';
import { CONFIG, createRoleScene, type RoleScene } from './role-scene.ts';

const GROUPS = ['S0APPROVERS'];
let scene: RoleScene;

beforeEach(() => {
  scene = createRoleScene();
});

function approversIn(policy: Policy): readonly string[] {
  return ['U0LISTED', 'U1', 'U2', 'U3', 'U0OP'].filter((user) =>
    mayDecide(policy, { team: 'T1', user }, CONFIG.defaultApprovals),
  );
}

const never = new AbortController().signal;

describe('a bot that starts', () => {
  test('knows who is in the groups before it answers; a worker has it from the store', async () => {
    const bot = scene.start();
    const worker = scene.start();
    expect(approversIn(bot.live.now())).toEqual(['U0LISTED']);
    await awaitGroups(bot.reading, bot.live.groups(), never);
    await worker.members.refresh(worker.live.groups());

    expect(approversIn(bot.live.now())).toEqual(['U0LISTED', 'U1', 'U2', 'U3']);
    expect(approversIn(worker.live.now())).toEqual(['U0LISTED', 'U1', 'U2', 'U3']);
  });

  test('does not start when a group is not there, or the app may not ask, in words', async () => {
    const { reading } = scene.start();
    await expect(awaitGroups(reading, ['S0NONE'], never)).rejects.toThrow(
      'A role has a Slack user group that cannot be read. There is no user group S0NONE.',
    );
    scene.people.fail({ kind: 'misconfigured', why: 'The app lacks a scope.' });
    await expect(awaitGroups(reading, GROUPS, never)).rejects.toThrow('The app lacks a scope.');
  });

  test('waits while Slack does not answer, or Redis does not keep it', async () => {
    const { reading, members } = scene.start();
    scene.people.fail({ kind: 'unreadable', why: 'Slack did not say.' });
    const waiting = awaitGroups(reading, GROUPS, never);
    await scene.clock.advance(1500);
    scene.people.fail(null);
    scene.store.failures.setDown(true);
    await scene.clock.advance(10_000);
    expect(members.of('S0APPROVERS')).toBeNull();
    scene.store.failures.setDown(false);
    await scene.clock.advance(20_000);
    await waiting;

    expect(members.of('S0APPROVERS')).toEqual(['U1', 'U2', 'U3']);
  });

  test('asks Slack for nothing that another bot read in the last minute', async () => {
    await awaitGroups(scene.start().reading, GROUPS, never);
    await scene.clock.advance(59_999);
    await awaitGroups(scene.start().reading, GROUPS, never);
    expect(scene.people.asked).toHaveLength(1);
    await scene.clock.advance(1);
    expect(await readGroups(scene.start().reading, GROUPS, 'timer')).toBeNull();

    expect(scene.people.asked.map(({ newness }) => newness)).toEqual(['fresh', 'recent']);
  });
});

describe('a list that nobody renews', () => {
  test('counts for ten minutes, then nobody has the role by group, which the log says once', async () => {
    await awaitGroups(scene.start().reading, GROUPS, never);
    const worker = scene.start();
    await worker.members.refresh(GROUPS);
    await scene.clock.advance(600_000);
    await worker.members.refresh(GROUPS);
    expect(approversIn(worker.live.now())).toHaveLength(4);
    await scene.clock.advance(1);
    await worker.members.refresh(GROUPS);
    await worker.members.refresh(GROUPS);

    expect(approversIn(worker.live.now())).toEqual(['U0LISTED']);
    expect(worker.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'members of user groups are not known: nobody has a role through them', data: { groups: GROUPS } },
    ]);
  });

  test('while Redis is away it grows old all the same', async () => {
    const { reading, members, live } = scene.start();
    await awaitGroups(reading, GROUPS, never);
    scene.store.failures.setDown(true);
    await scene.clock.advance(600_001);
    await members.refresh(GROUPS);

    expect(approversIn(live.now())).toEqual(['U0LISTED']);
  });
});

describe('at a vote', () => {
  test('who left the group since is no approver, although the cached view still says so', async () => {
    const { reading, live, freshPolicy } = scene.start();
    await awaitGroups(reading, GROUPS, never);
    scene.people.groups.set('S0APPROVERS', ['U2']);

    expect(approversIn(live.now())).toEqual(['U0LISTED', 'U1', 'U2', 'U3']);
    expect(approversIn(await freshPolicy(['U1', 'U2']))).toEqual(['U0LISTED', 'U2']);
  });

  test('an emptied group has nobody; a group that is gone has nobody, and the log says so', async () => {
    const { freshPolicy, log } = scene.start();
    scene.people.groups.set('S0APPROVERS', []);
    expect(approversIn(await freshPolicy(['U1']))).toEqual(['U0LISTED']);
    expect(log.lines).toEqual([]);
    scene.people.groups.delete('S0APPROVERS');

    expect(approversIn(await freshPolicy(['U1']))).toEqual(['U0LISTED']);
    expect(log.lines).toMatchObject([{ level: 'error' }]);
  });

  test.each(['deactivated', 'guest', 'bot', 'foreign', 'unknown'] as const)(
    'somebody who is %s by now has no role, listed or by group',
    async (standing) => {
      scene.people.standings.set('U1', standing);
      scene.people.standings.set('U0LISTED', standing);
      const policy = await scene.start().freshPolicy(['U1', 'U2', 'U0LISTED']);

      expect(approversIn(policy)).toEqual(['U2', 'U3']);
    },
  );

  test.each(['unreadable', 'misconfigured'] as const)('without an answer (%s) it throws why', async (kind) => {
    const { reading, freshPolicy } = scene.start();
    await awaitGroups(reading, GROUPS, never);
    scene.people.fail({ kind, why: 'Slack did not say who is in the user group S0APPROVERS (HTTP status 500).' });
    const failure = freshPolicy(['U1']);

    await expect(failure).rejects.toThrow(PeopleUnreadable);
    await expect(failure).rejects.toThrow(/HTTP status 500/);
  });

  test('while Redis is away it is judged all the same; what was read is for others once it is back', async () => {
    const { freshPolicy, members } = scene.start();
    scene.store.failures.setDown(true);
    expect(approversIn(await freshPolicy(['U1']))).toHaveLength(4);
    scene.store.failures.setDown(false);
    await freshPolicy(['U1']);
    await members.refresh(GROUPS);

    expect(members.of('S0APPROVERS')).toEqual(['U1', 'U2', 'U3']);
  });

  test('without groups Slack is asked for the people only', async () => {
    const config = { ...CONFIG, roles: [{ name: 'approver', users: ['U1'], groups: [] }] };
    await scene.start(config).freshPolicy(['U1', 'U2']);

    expect(scene.people.asked).toEqual([
      { of: 'U1', newness: 'fresh' },
      { of: 'U2', newness: 'fresh' },
    ]);
  });
});
