import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Service } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';
import { jumpClock, type OwnService, startOwnService } from '../support/e2e-services.ts';
import { ONCE, postedFor } from '../support/e2e-slack.ts';
import { envelopeOf, type SocketModeServer, startSocketModeServer } from '../support/socket-mode-server.ts';

vi.setConfig({ testTimeout: 150_000 });

const HOUR_MS = 3_600_000;
const DEFRAG = '/kube defrag prod --all --pause 1s';

let scene: Scene;
let server: SocketModeServer;
let own: Service[] = [];

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'clocks that jump', fill: { megabytes: 8, keep: 0.4 } });
  server = await startSocketModeServer({ webApi: scene.workspace.apiUrl });
}, 120_000);

afterAll(async () => {
  server.stop();
  await scene.stop();
});

beforeEach(() => {
  scene.turns.forget();
});

afterEach(async () => {
  await Promise.all(own.splice(0).map(async (service) => await service.stop(5000)));
  await Promise.all([scene.bot.start(), scene.worker.start()]);
});

async function startOwn(options: OwnService): Promise<Service> {
  const service = await startOwnService(scene, options);
  own = [...own, service];
  return service;
}

/** The worker alone, and its clock can jump. */
async function onlyWorker(clockJumpMs: number): Promise<Service> {
  const worker = await startOwn({ role: 'worker', clockJumpMs });
  await scene.worker.stop();
  return worker;
}

/** How a run ended: its outcome, which members had their turn, what was voted and posted, and what is locked. */
async function endOf(run: string): Promise<unknown> {
  const { state } = await scene.ended(run, 90_000);
  return {
    outcome: state.ended.outcome,
    turns: scene.turns.begun().toSorted(),
    votes: state.gates.map(({ votes }) => votes.length),
    posted: postedFor(scene.workspace, run, CHANNELS.ops),
    locks: await scene.runs.locks(),
  };
}

const WHOLE = { outcome: 'succeeded', turns: ['m-1', 'm-2', 'm-3'], votes: [1], posted: ONCE, locks: [] };

const JUMPS = [
  ['an hour ahead', HOUR_MS],
  ['an hour back', -HOUR_MS],
] as const;

describe.each(JUMPS)('the clock of the worker jumps %s', (_name, by) => {
  test('in the middle of a run: it goes on at once, nothing is done twice', async () => {
    const worker = await onlyWorker(by);
    const run = await scene.ask(DEFRAG);
    await scene.approve(run);
    await scene.until('the first turn', run, (state) => state.acts.some(({ observed }) => observed !== null));
    await jumpClock(worker);

    expect(await endOf(run)).toEqual(WHOLE);
    await waitFor('a word on it', () => worker.output().includes('the clock of this machine is wrong'));
  });
});

test('a worker that is an hour ahead, beside one that is right, ends no question before its time', async () => {
  const worker = await startOwn({ role: 'worker', clockJumpMs: HOUR_MS });
  await jumpClock(worker);
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  await waitFor('a word on it', () => worker.output().includes('the clock of this machine is wrong'));
  await scene.approve(run);

  expect(await endOf(run)).toEqual(WHOLE);
});

describe.each(JUMPS)('the clock of the bot jumps %s', (_name, by) => {
  test('in Socket Mode: a run is asked for, approved in time and done once', async () => {
    const bot = await startOwn({ role: 'bot', clockJumpMs: by, socketApi: server.apiUrl });
    await scene.bot.stop();
    await jumpClock(bot);
    const known = scene.newestRun();
    await server.send(envelopeOf(`asked-${by}`, scene.workspace.person('operator').commandRequest(DEFRAG)));
    const run = await scene.workspace.waitFor(
      'the card',
      () => scene.newestRun() !== known && scene.newestRun(),
      60_000,
    );
    const { channel, ts } = (await scene.gate(run)).message;
    const click = { channel, ts, actionId: 'gate.approve' };
    await server.send(envelopeOf(`pressed-${by}`, scene.workspace.person('approver-1').clickRequest(click)));

    expect(await endOf(run)).toEqual(WHOLE);
  });
});
