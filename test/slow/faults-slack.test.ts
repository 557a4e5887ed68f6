import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { readCard } from '../../playground/demo/sightings.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { Message } from '../../playground/workspace/model.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import type { ApiCall } from '../../playground/workspace/server.ts';
import { nextFollower, staysSo, turnsSeen } from '../support/e2e-faults.ts';
import { type Scene, textOf } from '../support/e2e-scene.ts';
import { endInThread, killBotAt, ONCE, postedFor } from '../support/e2e-slack.ts';
import { scenesSideBySide } from '../support/side-by-side.ts';

vi.setConfig({ testTimeout: 240_000 });

/** What one test switches on does not reach the next one. */
function clearAfterEach(scene: () => Scene): void {
  afterEach(async () => {
    scene().workspace.faults.clear();
    await scene().bot.start();
  });
}

const DEFRAG = '/kube defrag prod --all --pause 1s';

function channelOf(call: ApiCall | undefined): string {
  return z.object({ channel: z.string() }).parse(call?.args).channel;
}

/** The refused call of a method and those after it, once there are some. Slack limits messages by channel: only those of its channel. */
function callsFrom({ workspace }: Scene, method: string): readonly ApiCall[] | undefined {
  const calls = workspace.calls.filter((call) => call.method === method);
  const refused = calls.findIndex((call) => call.fault?.kind === 'rate-limited' && call.fault.retryAfter === 30);
  if (refused < 0) throw new Error(`no call of ${method} was refused`);
  const there = calls.slice(refused).filter((call) => channelOf(call) === channelOf(calls[refused]));
  return there.length > 1 ? there : undefined;
}

function incidents({ workspace }: Scene): readonly Message[] {
  return workspace
    .messages(CHANNELS.incidents)
    .filter((message) => message.metadata?.event_type === 'drydock_incident');
}

scenesSideBySide(
  { name: 'long faults of Slack', fill: { megabytes: 8, keep: 0.4 } },
  {
    'calls of Slack'(scene) {
      clearAfterEach(scene);

      test('a bot killed between posting a message of the thread and storing that it did finds it again', async () => {
        const run = await scene().ask(DEFRAG);
        await scene().gate(run);
        const killed = killBotAt(
          scene(),
          ({ threadTs, text }) => threadTs !== undefined && text.includes('defragment — done'),
        );
        await scene().press(run, 'gate.approve', 'approver-1');
        await killed;
        await scene().bot.start();

        const { state, card } = await scene().ended(run, 120_000);
        await endInThread(scene().workspace, run, card.message);

        expect(state.ended.outcome).toBe('succeeded');
        expect(postedFor(scene().workspace, run, CHANNELS.ops)).toEqual(ONCE);
      });

      test('calls that never answer hold up nothing but themselves', async () => {
        const run = await scene().ask(DEFRAG);
        await scene().gate(run);
        scene().workspace.faults.set('chat.update', { kind: 'hang' }, { times: 3 });
        scene().workspace.faults.set('chat.postMessage', { kind: 'hang' }, { times: 1 });
        await scene().press(run, 'gate.approve', 'approver-1');

        await scene().until('the end of the run', run, (now) => now.ended !== null);
        expect(scene().card(run).state).not.toBe('ended');
        const { card } = await scene().ended(run, 120_000);
        await endInThread(scene().workspace, run, card.message);

        expect(textOf(card)).toContain('3 of 3 members are healthy');
        expect(postedFor(scene().workspace, run, CHANNELS.ops)).toEqual(ONCE);
      });

      test('429 with Retry-After 30 in the middle of an ending: nothing is called before, and every ending is told once', async () => {
        const run = await scene().ask(DEFRAG);
        await scene().gate(run);
        await scene().press(run, 'gate.approve', 'approver-1');
        await scene().until('the last step', run, (now) => now.steps.at(-1)?.startedAt !== null);
        for (const method of ['chat.update', 'chat.postMessage'])
          scene().workspace.faults.set(method, { kind: 'rate-limited', retryAfter: 30 }, { times: 1 });
        await scene().until('the end of the run', run, (now) => now.ended !== null);
        const { card } = await scene().ended(run, 120_000);
        await endInThread(scene().workspace, run, card.message);

        expect(postedFor(scene().workspace, run, CHANNELS.ops)).toEqual(ONCE);
        for (const method of ['chat.update', 'chat.postMessage']) {
          const there = await waitFor(`the call of ${method} after the refused one`, () => callsFrom(scene(), method));
          const [at = 0, next = 0] = there.map((call) => call.at);
          expect(next - at, method).toBeGreaterThanOrEqual(30_000);
        }
      });
    },
    'a channel and an incident'(scene) {
      clearAfterEach(scene);

      test('an ops channel that cannot be used for a while: the run ends, its last state is delivered later', async () => {
        const run = await scene().ask(DEFRAG);
        await scene().gate(run);
        scene().workspace.faults.set('chat.update', { kind: 'error', error: 'not_in_channel' });
        await scene().press(run, 'gate.approve', 'approver-1');
        await scene().until('the end of the run', run, (now) => now.ended !== null);

        scene().workspace.faults.clear();
        const { card } = await scene().ended(run, 120_000);

        expect(card.outcome).toBe('succeeded');
        expect(postedFor(scene().workspace, run, CHANNELS.ops)).toEqual(ONCE);
      });

      test('a bot killed between posting an incident and storing its ts finds it again', async () => {
        await scene().refill();
        const run = await scene().ask('/kube defrag prod --pause 2s');
        await scene().approve(run);
        await scene().until('the first turn to be over', run, (state) => turnsSeen(state) === 1);
        const killed = killBotAt(scene(), (message) => message.metadata?.event_type === 'drydock_incident');
        const victim = scene().ring.member(await nextFollower(scene()));
        await victim.kill();
        await killed;
        await scene().bot.start();
        await scene().ended(run, 120_000);
        await victim.start();
        await scene().ring.waitHealthy();
        await waitFor(
          'the incident to be closed by a run that sees the ring healthy',
          async () => {
            await scene().ended(await scene().ask('/kube status prod'));
            return incidents(scene()).some((message) => message.metadata?.event_payload['state'] === 'closed');
          },
          { timeoutMs: 120_000, everyMs: 1000 },
        );

        expect(incidents(scene())).toHaveLength(1);
      });
    },
    'all of Slack, and a bot'(scene) {
      clearAfterEach(scene);

      test('a bot killed between posting the card and storing its ts finds it again', async () => {
        const killed = killBotAt(scene(), (message) => readCard(message) !== undefined);
        const run = await scene().ask(DEFRAG);
        await killed;
        await scene().bot.start();
        await scene().approve(run);

        const { state } = await scene().ended(run);

        expect(state.ended.outcome).toBe('succeeded');
        expect(postedFor(scene().workspace, run, CHANNELS.ops)).toEqual(ONCE);
      });

      test('Slack away for more than a minute: runs go on, few calls are made, the newest state is there when it is back', async () => {
        const run = await scene().ask(DEFRAG);
        await scene().gate(run);
        // While Slack is away nobody can tell whether a voter still counts, so the vote comes before.
        await scene().press(run, 'gate.approve', 'approver-1');
        await scene().until('the approval', run, (now) => now.gates.some((gate) => gate.settled !== null));
        const before = scene().workspace.calls.length;
        scene().workspace.faults.set('*', { kind: 'status', status: 503 });
        await scene().workspace.person('operator').command('/kube status prod');
        const other = await waitFor('the other run', async () => {
          const [newest] = await scene().runs.list({ cluster: null, limit: 1 });
          return newest?.runbook === 'status' && newest.id;
        });
        for (const each of [run, other]) await scene().until('the end of the run', each, (now) => now.ended !== null);
        await staysSo('the card is behind', 70_000, () => scene().card(run).state !== 'ended');
        const during = scene().workspace.calls.length - before;

        scene().workspace.faults.clear();
        for (const each of [run, other]) {
          const { state, card } = await scene().ended(each, 120_000);
          await endInThread(scene().workspace, each, card.message);
          expect(state.ended.outcome).toBe('succeeded');
          expect(postedFor(scene().workspace, each, CHANNELS.ops)).toEqual(ONCE);
        }
        expect(during).toBeLessThan(60);
      });
    },
  },
);
