import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../../../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../../../../src/adapters/slack/dispatch/dispatcher.ts';
import type { Refusal } from '../../../../../src/core/desk.ts';
import type { Standing } from '../../../../../src/core/ports/people.ts';
import type { WindowState } from '../../../../../src/core/window.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakePeople, type FakePeople } from '../../../../fakes/people.ts';
import { createFakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock, flush } from '../../../../support/fake-clock.ts';
import { noAudit } from '../../../../support/no-audit.ts';
import { NO_CONTROL } from '../../../../support/no-control.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import { sampleCluster } from '../../../../support/sample-cluster.ts';

const HOME = 'T0HOME';
/** They have every role, so that only who they are can refuse them. */
const USER = 'U0SOMEBODY';
const CHANNEL = 'C0OPS';

let clock: FakeClock;
let people: FakePeople;
let dispatcher: Dispatcher;
/** What the desk was asked, in the order of asking. */
let asked: string[];
let refused: Refusal[];
/** Everything that the person was shown. */
let shown: string[];
let window: WindowState | null;

beforeEach(() => {
  clock = createFakeClock();
  people = createFakePeople();
  asked = [];
  refused = [];
  shown = [];
  window = null;
  const runs = createFakeRunStore(clock);
  const slack = createFakeSlack(clock);
  async function show<T>(what: unknown, value: T): Promise<{ readonly kind: 'ok'; readonly value: T }> {
    shown.push(JSON.stringify(what));
    return await Promise.resolve({ kind: 'ok', value });
  }
  async function ask(what: string): Promise<never> {
    asked.push(what);
    return await Promise.reject(new Error('nothing is carried out here'));
  }
  dispatcher = createDispatcher({
    desk: {
      request: async () => await ask('request'),
      planAgain: async () => await ask('planAgain'),
      vote: async () => await ask('vote'),
      cancel: async () => await ask('cancel'),
      refused: async (refusal) => {
        refused.push(refusal);
        await Promise.resolve();
      },
    },
    audit: noAudit,
    control: () => ({ ...NO_CONTROL, window: () => window }),
    runs,
    cards: createFakeCardStore(runs),
    slack: {
      ...slack,
      respond: async (_url, message) => await show(message, null),
      ephemeral: async (_place, _user, message) => await show(message, null),
      post: async (_place, message) => await show(message, { ts: '1.000001' }),
      openModal: async (_trigger, view) => await show(view, null),
      updateModal: async (_id, view) => await show(view, { hash: 'h' }),
    },
    commands,
    clusters: [sampleCluster()],
    clock,
    log: silentLog,
    policy: () => ({
      homeTeam: HOME,
      roles: [{ name: 'everything', users: [USER] }],
      rules: [
        { clusters: ['*'], commands: ['status', 'defrag', 'freeze', 'lock'], allow: ['everything'], approvals: null },
        { clusters: ['*'], commands: ['defrag'], when: 'outside-window', deny: ['*'] },
      ],
      defaultApprovals: sampleApprovals({ from: ['everything'] }),
    }),
    identity: () => ({ team: HOME, botUser: 'U0BOT', botId: 'B0BOT' }),
    people,
    nonce: () => 'n',
  });
});

/** Runs a delivery to its end, moving the clock whenever only time can help. */
async function through(delivery: Promise<void>): Promise<void> {
  const turn = { open: true };
  const done = delivery.finally(() => {
    turn.open = false;
  });
  await flush();
  for (let round = 0; turn.open && round < 1000; round += 1) await clock.advanceToNext();
  await done;
}

let deliveries = 0;

/** A delivery of Slack by the person, of the given team. */
type Entry = (given: Dispatcher, team: string) => Promise<void>;

function next(): string {
  deliveries += 1;
  return `${deliveries}.000001`;
}

function slash(text: string): Entry {
  return async (given, team) => {
    const response_url = 'https://slack.example/response';
    const from = { team_id: team, user_id: USER, channel_id: CHANNEL, channel_name: 'ops' };
    await given.slash({ ...from, text, trigger_id: next(), response_url });
  };
}

function event(text: string, how: object): Entry {
  return async (given, team) => {
    const said = { user: USER, user_team: team, text, ts: next(), channel: CHANNEL };
    await given.event({ team_id: HOME, event: { type: 'app_mention', ...said, ...how } });
  };
}

function click(action_id: string, value: string): Entry {
  return async (given, team) => {
    const who = { user: { id: USER, team_id: team }, team: { id: HOME }, trigger_id: next() };
    const where = { channel: { id: CHANNEL }, container: { message_ts: '1.000001' } };
    await given.click({ ...who, ...where, actions: [{ action_id, value }] });
  };
}

const NOTE = JSON.stringify({
  channel: CHANNEL,
  direct: false,
  command: 'defrag',
  cluster: 'prod',
  fields: {},
  nonce: '',
});

function viewClick(action_id: string): Entry {
  return async (given, team) => {
    const who = { user: { id: USER, team_id: team }, team: { id: HOME }, trigger_id: next() };
    const view = { id: 'V1', hash: next(), private_metadata: NOTE };
    await given.click({ ...who, container: { type: 'view' }, view, actions: [{ action_id }] });
  };
}

function submit(callback_id: string, private_metadata: string): Entry {
  return async (given, team) => {
    const view = { id: 'V1', hash: next(), callback_id, private_metadata, state: { values: {} } };
    await given.submission({ user: { id: USER, team_id: team }, team: { id: HOME }, view });
  };
}

const GATE = 'defrag-prod-7f3k|approve|0123456789abcdef';
const ENTRIES: readonly (readonly [string, Entry])[] = [
  ['a slash command that changes something', slash('defrag prod')],
  ['a slash command that looks', slash('status prod')],
  ['a slash command to a run', slash('approve defrag-prod-7f3k')],
  ['the list of clusters', slash('clusters')],
  ['an empty slash command, which opens the form', slash('')],
  ['a mention', event('<@U0BOT> defrag prod', {})],
  ['a direct message', event('defrag prod', { type: 'message', channel_type: 'im', channel: 'D0SOMEBODY' })],
  ['the button that approves', click('gate.approve', GATE)],
  ['the button that rejects, which opens a form', click('gate.reject', GATE)],
  ['the button that asks for an answer, which opens a form', click('gate.answer', GATE)],
  ['the button that cancels', click('run.cancel', 'defrag-prod-7f3k')],
  ['the button that plans again', click('run.plan-again', 'defrag-prod-7f3k')],
  ['a button in a form', viewClick('form.change')],
  ['the form of a rejection', submit('gate.reject', GATE)],
  ['the form of an answer', submit('gate.answer', GATE)],
  ['the form of a command, filled in', submit('command.arguments', NOTE)],
];

interface Kind {
  readonly who: string;
  readonly team: string;
  readonly standing: Standing | null;
  readonly reason: string;
  readonly words: RegExp;
}

const NOBODY = { team: HOME, reason: 'not-a-member' } as const;
const KINDS: readonly Kind[] = [
  { ...NOBODY, who: 'a guest', standing: 'guest', words: /You are a guest of this workspace/ },
  { ...NOBODY, who: 'somebody deactivated', standing: 'deactivated', words: /Your account is deactivated/ },
  { ...NOBODY, who: 'a bot', standing: 'bot', words: /Bots and workflows give no commands/ },
  { ...NOBODY, who: 'somebody unknown', standing: 'unknown', words: /does not know you as a member/ },
  {
    who: 'somebody of another organisation, by what Slack says of the user',
    team: HOME,
    standing: 'foreign',
    reason: 'foreign-team',
    words: /not of the workspace that this Drydock serves/,
  },
  {
    who: 'somebody of another organisation, by the request',
    team: 'T0PARTNER',
    standing: 'member',
    reason: 'foreign-team',
    words: /not of the workspace that this Drydock serves/,
  },
  {
    who: 'somebody of whom Slack does not say who it is',
    team: HOME,
    standing: null,
    reason: 'people-unreadable',
    words: /Slack does not say just now who people are.*Slack hangs/s,
  },
];

function standing({ standing: what }: Pick<Kind, 'standing'>): void {
  if (what === null) people.fail({ kind: 'unreadable', why: 'Slack hangs.' });
  else people.standings.set(USER, what);
}

describe.each(KINDS)('$who', (kind) => {
  test.each(ENTRIES)('is refused %s, in words and in the audit log, once', async (_entry, deliver) => {
    standing(kind);
    await through(deliver(dispatcher, kind.team));

    expect(asked).toEqual([]);
    expect(refused).toMatchObject([{ actor: { team: kind.team, user: USER }, reason: kind.reason }]);
    expect(refused[0]?.text).not.toBe('');
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatch(kind.words);
  });
});

describe('while Slack does not say who people are', () => {
  beforeEach(() => standing({ standing: null }));

  test.each([
    ['help', slash('help'), /Commands of Drydock/],
    ['the help of a command', slash('help defrag'), /Usage|Policy: a rule must name/],
    ['a mention that asks for help', event('<@U0BOT> help', {}), /Commands of Drydock/],
    ['a word that is no command', slash('defrga prod'), /There is no command/],
    ['a quote that is not closed', slash('freeze prod "holiday'), /quot/],
  ])('%s is answered: it is the same text for everybody', async (_what, deliver, words) => {
    await through(deliver(dispatcher, HOME));

    expect(asked).toEqual([]);
    expect(refused).toEqual([]);
    expect(shown.join('\n')).toMatch(words);
    expect(shown.join('\n')).not.toContain('Slack hangs');
  });

  test('help is still refused to people of another organisation', async () => {
    await through(slash('help')(dispatcher, 'T0PARTNER'));

    expect(refused).toMatchObject([{ reason: 'foreign-team' }]);
  });
});

describe('a member', () => {
  beforeEach(() => standing({ standing: 'member' }));

  test('is heard', async () => {
    await through(slash('defrag prod')(dispatcher, HOME));

    expect(asked).toEqual(['request']);
    expect(refused).toEqual([]);
  });

  test.each([
    ['is not asked for more by the word while the window is open', { openedMs: 0, closesMs: 9e12 }, ['request']],
    ['is while it is closed', { opensMs: 9e12 }, []],
  ])('%s', async (_what, at, expected) => {
    window = 'opensMs' in at ? { open: false, ...at, tz: 'UTC' } : { open: true, ...at, tz: 'UTC' };
    await through(slash('defrag prod --outside-window')(dispatcher, HOME));

    expect(asked).toEqual(expected);
    expect(refused.map(({ reason }) => reason)).toEqual(expected.length === 0 ? ['denied'] : []);
  });

  test('is not asked for more by the word where there is no window', async () => {
    await through(slash('defrag prod --outside-window')(dispatcher, HOME));

    expect(asked).toEqual(['request']);
  });
});
