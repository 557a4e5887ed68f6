import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Service } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { SlackRequest } from '../../playground/workspace/bot-link.ts';
import { CHANNELS, PEOPLE } from '../../playground/workspace/seed.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { DEFAULT_PREFIX, runKeys } from '../../src/adapters/redis/keys.ts';
import { phaseOf } from '../../src/core/run-state.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';
import { startOwnService } from '../support/e2e-services.ts';
import { ONCE, postedFor } from '../support/e2e-slack.ts';
import { envelopeOf, type SocketModeServer, startSocketModeServer } from '../support/socket-mode-server.ts';

vi.setConfig({ testTimeout: 150_000 });

const DEFRAG = '/kube defrag prod --all --pause 0s';
const GROUP = 'S0ONCALL';
const THIRD = 'U0APPROVER3';
const FOURTH = 'U0APPROVER4';

let scene: Scene;
let server: SocketModeServer;
/** Three bots over HTTP, the first is that of the scene, and one in Socket Mode. */
let bots: readonly Service[];
let socketBot: Service;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'faults between click, record and card', fill: { megabytes: 8, keep: 0.4 } });
  for (const id of [THIRD, FOURTH]) scene.workspace.state.users.set(id, { id, name: id, isBot: false });
  const users = new Set<string>([PEOPLE['approver-1'], PEOPLE['approver-2'], THIRD]);
  scene.workspace.state.groups.set(GROUP, { id: GROUP, handle: 'on-call', users });
  server = await startSocketModeServer({ webApi: scene.workspace.apiUrl });
  const [second, third, socket] = await Promise.all([
    startOwnService(scene, { role: 'bot' }),
    startOwnService(scene, { role: 'bot' }),
    startOwnService(scene, { role: 'bot', socketApi: server.apiUrl }),
  ]);
  bots = [scene.bot, second, third];
  socketBot = socket;
}, 120_000);

afterAll(async () => {
  await Promise.all([...bots, socketBot].map(async (bot) => await bot.stop(5000)));
  server.stop();
  await scene.stop();
});

beforeEach(() => {
  scene.turns.forget();
});

afterEach(async () => {
  scene.workspace.faults.clear();
  scene.worker.resume();
  await Promise.all([scene.bot.start(), scene.worker.start()]);
});

/** A run that waits for people. */
async function waitingRun(): Promise<string> {
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  return run;
}

function click(run: string, person: string, change?: Readonly<Record<string, unknown>>): SlackRequest {
  const { channel, ts } = scene.card(run).message;
  return scene.workspace.person(person).clickRequest({ channel, ts, actionId: 'gate.approve' }, change);
}

/** How often something of a run stands in the audit log. */
async function audited(run: string, action: string): Promise<number> {
  const entries = await scene.runs.auditEntries(0, 10_000);
  return entries.filter(({ entry }) => entry.run === run && entry.action === action).length;
}

/** How a run ended: its outcome, what was voted, which members had their turn, what was posted, and what was audited how often. */
async function endOf(run: string): Promise<unknown> {
  const { state } = await scene.ended(run, 90_000);
  const [voted, decided, ended] = await Promise.all(['vote', 'decision', 'end'].map((action) => audited(run, action)));
  return {
    outcome: state.ended.outcome,
    votes: state.gates.map((gate) => gate.votes.length),
    turns: scene.turns.begun().toSorted(),
    posted: postedFor(scene.workspace, run, CHANNELS.ops),
    audited: [voted, decided, ended],
  };
}

/** It ended well, with one decision, every member once, one card, and every word once in the audit log. */
function once(votes: number): object {
  const turns = ['m-1', 'm-2', 'm-3'];
  return { outcome: 'succeeded', votes: [votes], turns, posted: ONCE, audited: [votes, 1, 1] };
}

async function settled(run: string): Promise<void> {
  await scene.until('the decision', run, (state) => state.gates.some((gate) => gate.settled !== null));
}

describe('kill -9', () => {
  test('of the bot after it acknowledged a click, before the vote is stored: the gate stays open, pressed again it counts once', async () => {
    const run = await waitingRun();
    scene.workspace.faults.set('users.info', { kind: 'hang' });
    const before = scene.workspace.calls.length;
    const { status } = await scene.press(run, 'gate.approve', 'approver-1');
    await waitFor('the bot to ask who that is', () =>
      scene.workspace.calls.slice(before).some(({ method }) => method === 'users.info'),
    );
    await scene.bot.kill();
    scene.workspace.faults.clear();
    await scene.bot.start();

    expect(status).toBe(200);
    expect(phaseOf(await scene.state(run))).toBe('waiting-for-people');
    expect(await audited(run, 'vote')).toBe(0);
    await scene.approve(run);
    expect(await endOf(run)).toEqual(once(1));
  });

  test('of every bot after the vote is stored, before the card says so: the card ends right, the same click again changes nothing', async () => {
    const run = await waitingRun();
    for (const method of ['chat.update', 'chat.postMessage']) scene.workspace.faults.set(method, { kind: 'hang' });
    const { request } = await scene.press(run, 'gate.approve', 'approver-1');
    await settled(run);
    await Promise.all([...bots, socketBot].map(async (bot) => await bot.kill()));
    scene.workspace.faults.clear();
    await Promise.all([...bots, socketBot].map(async (bot) => await bot.start()));
    await scene.workspace.bot.send(request);

    expect(await endOf(run)).toEqual(once(1));
  });

  test('of the worker after the gate was settled, before a step: another one does it, once', async () => {
    const run = await waitingRun();
    scene.worker.pause();
    await scene.approve(run);
    await settled(run);
    await scene.worker.kill();
    expect(scene.turns.begun()).toEqual([]);
    await scene.worker.start();

    expect(await endOf(run)).toEqual(once(1));
  });
});

test('one click delivered five times, over HTTP to three bots and in Socket Mode: one vote, and nobody is refused', async () => {
  const run = await waitingRun();
  const seq = scene.seq();
  const request = click(run, 'approver-1');
  const headers = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
  const [first, second] = await server.standing(2);
  first?.send(envelopeOf('once', request, 2));
  second?.send(envelopeOf('twice', request, 3));
  await Promise.all(
    bots.map(async ({ address: to }, index) =>
      scene.workspace.bot.send(request, { to, ...(index === 0 ? {} : { headers }) }),
    ),
  );
  await waitFor('the acknowledgements', () => ['once', 'twice'].every((id) => server.acks.includes(id)));

  expect(await endOf(run)).toEqual(once(1));
  expect(await audited(run, 'refusal')).toBe(0);
  expect(scene.told('approver-1', seq)).toEqual([]);
});

/** A request with parts of its payload replaced, as one can who has the signing secret. */
function altered({ body, contentType }: SlackRequest, from: string, to: string): SlackRequest {
  const payload = new URLSearchParams(body).get('payload') ?? '';
  if (!payload.includes(from)) throw new Error(`the payload has no ${from}`);
  return { contentType, body: new URLSearchParams({ payload: payload.replaceAll(from, to) }).toString() };
}

test('a button replayed from another run, channel, message or workspace, over HTTP and in Socket Mode: refused and audited', async () => {
  const [run, other] = [await waitingRun(), await waitingRun()];
  const hash = (await scene.state(run)).planHash?.slice(0, 16) ?? '';
  // Each is a click of its own: the same one again would only be passed over.
  const forged = (): readonly SlackRequest[] => [
    click(run, 'approver-1', { value: `${other}|approve|${hash}` }),
    altered(click(run, 'approver-1'), `"${CHANNELS.ops}"`, `"${CHANNELS.random}"`),
    altered(click(run, 'approver-1'), scene.card(run).message.ts, '1700000000.000100'),
    altered(click(run, 'approver-1'), 'T0DRYDOCK', 'T0FOREIGN'),
  ];
  async function refusals(): Promise<number> {
    const entries = await scene.runs.auditEntries(0, 10_000);
    return entries.filter(({ entry }) => entry.action === 'refusal').length;
  }
  const before = await refusals();
  for (const each of forged()) await scene.workspace.bot.send(each);
  await waitFor('the refusals over HTTP', async () => (await refusals()) === before + 4);
  for (const [index, each] of forged().entries()) await server.send(envelopeOf(`forged-${index}`, each));
  await waitFor('the refusals in Socket Mode', async () => (await refusals()) === before + 8);

  for (const each of [run, other]) {
    expect((await scene.state(each)).gates.flatMap(({ votes }) => votes)).toEqual([]);
    await scene.press(each, 'run.cancel', 'operator');
    await scene.ended(each);
  }
});

test('a plan that was changed in the store while people were asked is not run, whoever approves it', async () => {
  const run = await waitingRun();
  scene.worker.pause();
  await scene.approve(run);
  await settled(run);
  const redis = connectRedis(scene.redis.url, 'store');
  await redis.connect();
  const [, events = ''] = runKeys(DEFAULT_PREFIX, run);
  const texts = await redis.lrange(events, 0, -1);
  const index = texts.findIndex((text) => text.includes('"type":"planned"'));
  await redis.lset(events, index, (texts[index] ?? '').replaceAll('"m-3"', '"m-2"'));
  redis.disconnect();
  scene.worker.resume();
  const { state } = await scene.ended(run);

  expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'plan-tampered' });
  expect(scene.turns.begun()).toEqual([]);
});

const Written = z.looseObject({
  roles: z.looseObject({ approver: z.looseObject({}) }),
  policy: z.array(z.looseObject({})),
});

/** How often a process took a changed policy over. */
function inForce(service: Service): number {
  return service.output().split('a changed policy is in force').length;
}

/** Puts a changed policy in force in all processes. */
async function changePolicy(change: (file: z.infer<typeof Written>) => void): Promise<void> {
  const processes = [...bots, socketBot, scene.worker];
  const before = processes.map(inForce);
  const file = Written.parse(parse(await readFile(scene.configPath, 'utf8')));
  change(file);
  await writeFile(scene.configPath, stringify(file));
  await waitFor('the policy', () => processes.every((service, index) => inForce(service) > (before[index] ?? 0)), {
    timeoutMs: 60_000,
  });
}

describe('the policy is edited while a run waits', () => {
  test('to two people of a user group: one is not enough any more; of four votes in the same moment on four bots two count', async () => {
    const run = await waitingRun();
    await changePolicy((file) => {
      file.roles.approver = { users: [FOURTH], groups: [GROUP] };
      file.policy[0] = { ...file.policy[0], approvals: { required: 2 } };
    });
    const [a, b, c, d] = ['approver-1', 'approver-2', THIRD, FOURTH].map((person) => click(run, person));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('no requests');
    const [one, two, three] = bots.map(({ address }) => address);

    await Promise.all([
      scene.workspace.bot.send(a, { to: one ?? '' }),
      scene.workspace.bot.send(b, { to: two ?? '' }),
      scene.workspace.bot.send(c, { to: three ?? '' }),
      server.send(envelopeOf('fourth', d)),
    ]);

    expect(await endOf(run)).toEqual(once(2));
    await waitFor('the two that came too late', async () => (await audited(run, 'refusal')) === 2);
  });

  test('an approver who leaves the group between the own vote and the decision does not count', async () => {
    const run = await waitingRun();
    await scene.press(run, 'gate.approve', 'approver-1');
    await scene.until('the first vote', run, (state) => state.gates.some(({ votes }) => votes.length === 1));
    scene.workspace.state.groups.get(GROUP)?.users.delete(PEOPLE['approver-1']);
    await scene.workspace.bot.send(click(run, 'approver-2'), { to: bots[1]?.address ?? '' });
    const state = await scene.until('the second vote', run, ({ gates }) =>
      gates.some(({ votes }) => votes.length === 2),
    );

    expect(state.gates.map(({ settled: decision }) => decision)).toEqual([null]);
    await scene.workspace.bot.send(click(run, THIRD), { to: bots[2]?.address ?? '' });
    await settled(run);
    const decided = await scene.state(run);
    expect(decided.gates[0]?.settled?.by.map(({ user }) => user).toSorted()).toEqual([PEOPLE['approver-2'], THIRD]);
    expect(await endOf(run)).toEqual(once(3));
  });
});
