import { beforeEach, describe, expect, test } from 'vitest';
import type { DispatcherDeps } from '../../../../../src/adapters/slack/dispatch/deps.ts';
import type { Dispatcher } from '../../../../../src/adapters/slack/dispatch/dispatcher.ts';
import type { Actor } from '../../../../../src/core/actor.ts';
import type { RequestDesk, RunAsk } from '../../../../../src/core/desk.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { botOf, CHANNEL, postCard, press } from '../../../../support/bot-scene.ts';
import { approver, operator, secondApprover, stranger, TEAM } from '../../../../support/engine-harness.ts';
import { createScene, type Scene } from '../../../../support/engine-scene.ts';

const THREAD_TS = '5.000001';

/** What one person was shown, and how. */
interface Shown {
  readonly way: 'response' | 'alone' | 'message';
  /** `null`: Slack knows whose response address it is. */
  readonly user: string | null;
  readonly threadTs: string | null;
  readonly text: string;
}

let scene: Scene;
let slack: FakeSlack;
let shown: Shown[];
let deliveries: number;

beforeEach(() => {
  scene = createScene();
  slack = createFakeSlack(scene.harness.clock);
  shown = [];
  deliveries = 0;
});

async function show(what: Shown) {
  shown.push(what);
  return await Promise.resolve({ kind: 'ok', value: null } as const);
}

/** One bot over the store of the scene. */
function bot(over: Partial<DispatcherDeps> = {}): Dispatcher {
  const rules = [{ clusters: ['prod'], commands: ['valve', 'status', 'defrag'], allow: ['operator'], approvals: null }];
  return botOf(scene, {
    slack: {
      ...slack,
      respond: async (_url, { text }) => await show({ way: 'response', user: null, threadTs: null, text }),
      ephemeral: async ({ threadTs }, user, { text }) => await show({ way: 'alone', user, threadTs, text }),
    },
    policy: () => ({ ...scene.harness.policy, rules }),
    ...over,
  });
}

function next(): string {
  deliveries += 1;
  return `${deliveries}.000002`;
}

/** Presses Approve on the card of a run. */
async function approves(given: Dispatcher, actor: Actor, value: string): Promise<void> {
  await press(given, actor, { action: 'gate.approve', value, trigger: next() });
}

/** A run that waits at its gate with its card: its name, and the value of its button. */
async function waiting(): Promise<readonly [runId: string, value: string]> {
  const runId = await scene.harness.start(['a']);
  await scene.harness.drive(runId);
  await postCard(scene, runId);
  const hash = (await scene.harness.state(runId)).planHash ?? '';
  return [runId, `${runId}|approve|${hash.slice(0, 16)}`];
}

describe('what users of other tools suffer from: clicks that count twice, or are answered by nothing', () => {
  test('bugbug #6732, hermes-agent #66606, #19688: of clicks at once one counts, and each of the others is told why', async () => {
    const [runId, value] = await waiting();
    const people = [stranger, approver, secondApprover];
    const bots = people.map(() => bot());
    await scene.harness.through(
      Promise.all(bots.map(async (each, index) => await approves(each, people[index] ?? stranger, value))),
    );

    const gate = (await scene.harness.state(runId)).gates[0];
    expect(gate?.settled?.by).toHaveLength(1);
    expect(gate?.votes).toHaveLength(1);
    const winner = gate?.settled?.by[0]?.user ?? '';
    const losers = people.map(({ user }) => user).filter((user) => user !== winner);
    expect([approver.user, secondApprover.user]).toContain(winner);
    expect(new Set(shown.map(({ user }) => user))).toEqual(new Set(losers));
    expect(shown.map(({ way }) => way)).toEqual(['alone', 'alone']);
    expect(shown.find(({ user }) => user === stranger.user)?.text).toContain('You may not decide here.');
    const loser = shown.find(({ user }) => user !== stranger.user)?.text;
    expect(loser).toContain('This was already decided.');
    expect(loser).toContain(`<@${winner}>`);
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
    expect(scene.world.turns).toEqual(['a']);
  });

  test('bugbug #6732, hermes-agent #66606, #19688: no answer means no, and whoever presses afterwards is told', async () => {
    const [runId, value] = await waiting();
    await scene.harness.clock.advance(1_800_000);
    await scene.harness.through(approves(bot(), approver, value));

    expect(shown).toMatchObject([{ user: approver.user, way: 'alone' }]);
    expect(shown[0]?.text).toContain('time');
    await scene.harness.through(scene.harness.engine('w').advance(runId, new AbortController().signal));
    expect((await scene.harness.state(runId)).ended).toMatchObject({ outcome: 'expired' });
    expect(scene.world.turns).toEqual([]);
  });

  test('Botkube (no response): an answer that Slack takes in no channel reaches the person directly', async () => {
    const failure = { kind: 'refused', error: 'channel_not_found' } as const;
    const refuse = async () => await Promise.resolve(failure);
    const deaf = bot({ slack: { ...slack, respond: refuse, ephemeral: refuse } });
    const from = { team_id: TEAM, user_id: stranger.user, channel_id: CHANNEL, channel_name: 'ops' };
    const response_url = 'https://slack.example/response';
    await scene.harness.through(deaf.slash({ ...from, text: 'defrag prod', trigger_id: next(), response_url }));

    expect(slack.messages.map(({ channel }) => channel)).toEqual([stranger.user]);
    expect(slack.messages[0]?.message.text).toContain('No policy rule permits this.');
  });
});

describe('what users of other tools suffer from: commands that do not work where people talk', () => {
  const lines = ['status prod', 'defrag prod --all', 'defrag prod member/etcd-2 --dry-run', 'DEFRAG prod —all'];

  test.each(lines)(
    'bolt-js #1816, bolt-python #873, hermes-agent PR #25355: "%s" in a thread is the same command, answered there',
    async (line) => {
      const asks: RunAsk[] = [];
      const desk: RequestDesk = {
        ...scene.harness.desk,
        request: async (ask) => {
          asks.push(ask);
          return await Promise.resolve({ kind: 'refused', reason: 'cluster-frozen', why: 'prod is frozen.' });
        },
      };
      const given = bot({ desk });
      const from = { team_id: TEAM, user_id: operator.user, channel_id: CHANNEL, channel_name: 'ops' };
      const response_url = 'https://slack.example/response';
      const said = { type: 'app_mention', user: operator.user, user_team: TEAM, channel: CHANNEL, ts: next() };
      await scene.harness.through(given.slash({ ...from, text: line, trigger_id: next(), response_url }));
      const event = { ...said, text: `<@U0BOT> ${line}`, thread_ts: THREAD_TS };
      await scene.harness.through(given.event({ team_id: TEAM, event }));

      const [typed, mentioned] = asks;
      expect(asks).toHaveLength(2);
      expect(mentioned?.order).toEqual(typed?.order);
      expect([mentioned?.command, mentioned?.policyVerb]).toEqual([typed?.command, typed?.policyVerb]);
      expect(asks.map(({ origin }) => origin.threadTs)).toEqual([null, THREAD_TS]);
      expect(shown.map(({ way, threadTs }) => [way, threadTs])).toEqual([
        ['response', null],
        ['alone', THREAD_TS],
      ]);
    },
  );
});
