import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { STANDINGS } from '../../../src/core/ports/people.ts';
import { implementations, type PeopleSource, peopleOf } from './sources.ts';
import { addPeople, MORE_USERS, USERS } from './users.ts';

describe.each(implementations)('%s', (_name, open) => {
  let source: PeopleSource;
  beforeEach(async () => {
    source = await open();
  });
  afterEach(async () => {
    await source.stop();
  });

  test.each(STANDINGS)('tells who is %s', async (standing) => {
    expect(await source.people.standingOf(USERS[standing], 'recent')).toEqual({ ok: true, value: standing });
    expect(await source.people.standingOf(USERS[standing], 'fresh')).toEqual({ ok: true, value: standing });
  });

  test('a fresh answer sees who was deactivated since', async () => {
    await source.people.standingOf(USERS.member, 'recent');
    source.become(USERS.member, 'deactivated');

    expect(await source.people.standingOf(USERS.member, 'fresh')).toEqual({ ok: true, value: 'deactivated' });
    expect(await source.people.standingOf(USERS.member, 'recent')).toEqual({ ok: true, value: 'deactivated' });
  });

  test('tells who is in a group, and freshly who left; an empty group is an answer', async () => {
    source.setGroup('S0PLATFORM', ['U1', 'U2']);
    expect(await source.people.membersOf('S0PLATFORM', 'recent')).toEqual({ ok: true, value: ['U1', 'U2'] });

    source.setGroup('S0PLATFORM', ['U2']);
    expect(await source.people.membersOf('S0PLATFORM', 'fresh')).toEqual({ ok: true, value: ['U2'] });
    source.setGroup('S0PLATFORM', []);
    expect(await source.people.membersOf('S0PLATFORM', 'fresh')).toEqual({ ok: true, value: [] });
  });

  test('a group that is not there is no empty group', async () => {
    source.setGroup('S0PLATFORM', ['U1']);
    await source.people.membersOf('S0PLATFORM', 'fresh');
    source.dropGroup('S0PLATFORM');

    expect(await source.people.membersOf('S0PLATFORM', 'fresh')).toMatchObject({ ok: false, kind: 'no-such-group' });
    expect(await source.people.membersOf('S0NEVER', 'fresh')).toMatchObject({ ok: false, kind: 'no-such-group' });
  });

  test.each(['unreadable', 'misconfigured'] as const)('without an answer there is none: %s', async (how) => {
    source.setGroup('S0PLATFORM', ['U1']);
    source.fail(how);

    expect(await source.people.standingOf(USERS.member, 'fresh')).toMatchObject({ ok: false, kind: how });
    expect(await source.people.standingOf(USERS.member, 'recent')).toMatchObject({ ok: false, kind: how });
    expect(await source.people.membersOf('S0PLATFORM', 'fresh')).toMatchObject({ ok: false, kind: how });
  });
});

describe('Slack on the local workspace', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await startWorkspace();
    addPeople(workspace);
  });
  afterEach(async () => {
    await workspace.stop();
  });

  test.each(MORE_USERS)('%s', async (_what, user, standing) => {
    expect(await peopleOf(workspace).standingOf(user.id, 'fresh')).toEqual({ ok: true, value: standing });
  });

  test('a disabled group is none, and the workspace is named in the question', async () => {
    workspace.state.groups.set('S0OFF', { id: 'S0OFF', handle: 'off', users: new Set(['U1']), disabled: true });

    expect(await peopleOf(workspace).membersOf('S0OFF', 'fresh')).toMatchObject({ ok: false, kind: 'no-such-group' });
    expect(workspace.calls.at(-1)?.args).toEqual({ usergroup: 'S0OFF', team_id: 'T0DRYDOCK' });
  });

  test.each([
    ['plan_upgrade_required', 'misconfigured', /has no user groups. List users/],
    ['missing_scope', 'misconfigured', /lacks a scope/],
    ['token_revoked', 'misconfigured', /refuses the bot token/],
    ['internal_error', 'unreadable', /did not say who is in the user group S0PLATFORM/],
  ])('%s is %s, in words', async (error, kind, words) => {
    workspace.faults.set('usergroups.users.list', { kind: 'error', error });

    expect(await peopleOf(workspace).membersOf('S0PLATFORM', 'fresh')).toEqual({
      ok: false,
      kind,
      why: expect.stringMatching(words),
    });
  });

  test.each([
    ['hangs', { kind: 'hang' }],
    ['breaks the connection', { kind: 'reset' }],
  ] as const)('Slack %s: no answer, and the next one is right again', async (_what, fault) => {
    const people = peopleOf(workspace, 100);
    await people.membersOf('S0PLATFORM', 'fresh');
    workspace.faults.set('usergroups.users.list', fault);
    workspace.faults.set('users.info', fault);

    expect(await people.membersOf('S0PLATFORM', 'fresh')).toMatchObject({ ok: false, kind: 'unreadable' });
    expect(await people.standingOf(USERS.member, 'fresh')).toMatchObject({ ok: false, kind: 'unreadable' });
    workspace.faults.clear();
    expect(await people.membersOf('S0PLATFORM', 'fresh')).toMatchObject({ ok: true });
  });

  test('Slack asks to wait for longer than a vote can: nobody asks again before', async () => {
    const people = peopleOf(workspace);
    workspace.faults.set('usergroups.users.list', { kind: 'rate-limited', retryAfter: 30 });
    const first = await people.membersOf('S0PLATFORM', 'fresh');
    workspace.faults.clear();

    expect(first).toEqual({ ok: false, kind: 'unreadable', why: expect.stringMatching(/again in 30 s/) });
    expect(await people.membersOf('S0PLATFORM', 'fresh')).toMatchObject({ ok: false, kind: 'unreadable' });
    expect(workspace.calls.filter((call) => call.method === 'usergroups.users.list')).toHaveLength(1);
  });

  test('one answer that got lost is asked for once more', async () => {
    workspace.faults.set('users.info', { kind: 'lost-answer' }, { times: 1 });

    expect(await peopleOf(workspace).standingOf(USERS.member, 'fresh')).toEqual({ ok: true, value: 'member' });
  });
});
