import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCards } from '../../playground/demo/sightings.ts';
import type { Service } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { AuditEntry } from '../../src/core/audit.ts';
import { phaseOf } from '../../src/core/run-state.ts';
import { explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { ONCE, postedFor } from '../support/e2e-slack.ts';

const DEFRAG = '/kube defrag prod --all --pause 1s';

let scene: Scene;
let second: Service;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({
    name: 'faults of people',
    fill: { megabytes: 8, keep: 0.4 },
    configuration: { operators: ['operator', 'approver-2'] },
  });
  second = await scene.startAnother('bot');
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

async function numberOfRuns(): Promise<number> {
  return (await scene.runs.list({ cluster: null, limit: 500 })).length;
}

async function audit(): Promise<readonly AuditEntry[]> {
  return (await scene.runs.auditEntries(0, 10_000)).map(({ entry }) => entry);
}

/** Waits until a person was refused directly, and answers the text. */
async function refusal(person: 'operator' | 'approver-1' | 'approver-2' | 'stranger', seq: number): Promise<string> {
  return await scene.workspace.waitFor(
    `a refusal for ${person}`,
    () => scene.told(person, seq).find(({ kind }) => kind === 'refused')?.text,
  );
}

/** A run that waits for people. */
async function waitingRun(): Promise<string> {
  const run = await scene.ask(DEFRAG);
  await scene.gate(run);
  return run;
}

async function expectStillOpen(run: string): Promise<void> {
  const state = await scene.state(run);
  expect(phaseOf(state)).toBe('waiting-for-people');
  expect(state.gates.flatMap((gate) => gate.votes)).toEqual([]);
}

describe('requests', () => {
  test('with a forged, a stale or no signature are answered 401 and do nothing', async () => {
    const before = { runs: await numberOfRuns(), audit: (await audit()).length, feed: scene.seq() };
    const request = scene.workspace.person('operator').commandRequest(DEFRAG);
    const { bot } = scene.workspace;
    const old = Math.floor(Date.now() / 1000) - 301;

    const answers = [
      await bot.send(request, { secret: 'another-secret-altogether' }),
      await bot.send(request, { timestamp: old }),
      await bot.send(request, { headers: { 'x-slack-signature': '' } }),
      await bot.send({ ...request, body: `${request.body}&x=1` }, { headers: { 'x-slack-signature': 'v0=00' } }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect({ runs: await numberOfRuns(), audit: (await audit()).length, feed: scene.seq() }).toEqual(before);
  });

  test('delivered twice, also to another bot, make one run with one card', async () => {
    const before = await numberOfRuns();
    const run = await scene.ask('/kube defrag prod --all --dry-run');
    const delivery = scene.workspace.bot.deliveries.at(-1);
    if (delivery === undefined) throw new Error('nothing was delivered');

    const again = [
      await scene.workspace.bot.replay(delivery),
      await scene.workspace.bot.send(delivery.request, { to: second.address }),
    ];
    await scene.ended(run);

    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    expect(await numberOfRuns()).toBe(before + 1);
    const cards = scene.workspace
      .messages('C0OPS')
      .filter((message) => JSON.stringify(message.metadata).includes(`"${run}"`));
    expect(cards.filter((message) => message.threadTs === undefined)).toHaveLength(1);
  });

  test('as a mention that Slack sends again three times, also to another bot, make one run with one card', async () => {
    const before = await numberOfRuns();
    const known = scene.newestRun();
    await scene.workspace.person('operator').mention('defrag prod --all --dry-run', { to: second.address });
    const delivery = scene.workspace.bot.deliveries.at(-1);
    if (delivery === undefined) throw new Error('nothing was delivered');
    const again = [];
    for (const [index, to] of [scene.bot.address, second.address, scene.bot.address].entries()) {
      const headers = { 'x-slack-retry-num': String(index + 1), 'x-slack-retry-reason': 'http_timeout' };
      again.push(await scene.workspace.bot.send(delivery.request, { to, headers }));
    }
    const run = await scene.workspace.waitFor('the card', () => scene.newestRun() !== known && scene.newestRun());
    await scene.ended(run);

    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await numberOfRuns()).toBe(before + 1);
    expect(postedFor(scene.workspace, run, 'C0OPS')).toEqual(ONCE);
  });
});

describe('clicks that do not count', () => {
  test('by a stranger and by the requester: each is told why, the gate stays open', async () => {
    const run = await scene.ask(DEFRAG, 'approver-2');
    await scene.gate(run);
    const seq = scene.seq();

    await scene.press(run, 'gate.approve', 'stranger');
    await scene.press(run, 'gate.approve', 'approver-2');

    expect(await refusal('stranger', seq)).toContain('You may not decide here.');
    expect(await refusal('approver-2', seq)).toContain('You asked for this run, so you may not approve it.');
    await expectStillOpen(run);
    const reasons = (await audit()).filter((entry) => entry.run === run && entry.action === 'refusal');
    expect(reasons.map(({ actor }) => actor?.user)).toEqual(expect.arrayContaining(['U0STRANGER', 'U0APPROVER2']));
  });

  test('with an edited payload or the button of another run: a refusal, an audit entry, nothing else', async () => {
    const [one, other] = [await waitingRun(), await waitingRun()];
    const { channel, ts } = scene.card(one).message;
    const value = `${one}|approve|${(await scene.state(one)).planHash?.slice(0, 16) ?? ''}`;
    const forged = [
      '{"run":"x"}',
      value.replace(/.{4}$/, 'ffff'),
      value.replace(one, other),
      value.replace('approve', 'none'),
    ];
    const audited = (await audit()).length;

    for (const edited of forged) {
      const seq = scene.seq();
      const target = { channel, ts, actionId: 'gate.approve' };
      const request = scene.workspace.person('approver-1').clickRequest(target, { value: edited });
      expect((await scene.workspace.bot.send(request)).status).toBe(200);
      expect(await refusal('approver-1', seq)).not.toBe('');
    }

    await expectStillOpen(one);
    await expectStillOpen(other);
    await waitFor('the audit entries', async () => (await audit()).length === audited + forged.length);
    const entries = (await audit()).slice(audited);
    expect(entries.map(({ action, actor }) => [action, actor?.user])).toEqual(
      forged.map(() => ['refusal', 'U0APPROVER1']),
    );
  });

  test('two at the same moment on two bots: one decides, the other is told that it was decided', async () => {
    const run = await waitingRun();
    const seq = scene.seq();

    await Promise.all([scene.press(run, 'gate.approve', 'approver-1'), rejectBySecondBot(run, seq)]);
    const { state } = await scene.ended(run);

    expect(state.gates.filter((gate) => gate.settled !== null)).toHaveLength(1);
    expect(state.gates.flatMap((gate) => gate.votes)).toHaveLength(1);
    const told = [...scene.told('approver-1', seq), ...scene.told('approver-2', seq)];
    expect(told.map(({ kind }) => kind)).toEqual(['refused']);
  });

  test('two approvals at the same moment on two bots: one settlement, one word that it was settled', async () => {
    const run = await scene.ask('/kube defrag prod --all --pause 0s');
    await scene.gate(run);
    const seq = scene.seq();
    const { channel, ts } = scene.card(run).message;
    const [a, b] = (['approver-1', 'approver-2'] as const).map((name) =>
      scene.workspace.person(name).clickRequest({ channel, ts, actionId: 'gate.approve' }),
    );
    if (a === undefined || b === undefined) throw new Error('no requests');

    await Promise.all([scene.workspace.bot.send(a), scene.workspace.bot.send(b, { to: second.address })]);
    const { state } = await scene.ended(run);

    expect(state.gates.map((gate) => gate.votes.length)).toEqual([1]);
    expect(state.ended.outcome).toBe('succeeded');
    const told = [...scene.told('approver-1', seq), ...scene.told('approver-2', seq)];
    expect(told).toEqual([{ kind: 'refused', text: expect.stringContaining('This was already decided.') }]);
  });
});

/** approver-2 rejects through the second bot, unless it is told at once that it is too late. */
async function rejectBySecondBot(run: string, seq: number): Promise<void> {
  const person = scene.workspace.person('approver-2');
  await scene.press(run, 'gate.reject', 'approver-2', { to: second.address });
  const view = await scene.workspace.waitFor(
    'a modal or a refusal',
    () => person.view() ?? (scene.told('approver-2', seq).length > 0 && 'refused'),
  );
  if (view !== 'refused') await person.submit(view, { reason: 'No.' });
}

test('two people start two runs: one gets the lock, the other is told who has it (T26)', async () => {
  scene.turns.forget();
  const first = await scene.ask(DEFRAG, 'operator');
  const late = await scene.ask(DEFRAG, 'approver-2');
  // Both are planned while nobody holds the lock: the race is for the lock itself.
  await scene.gate(first);
  await scene.gate(late);
  await scene.approve(first);
  await scene.until('the first run to hold the lock', first, (state) => state.locks !== null);
  await scene.approve(late);

  const [winner, loser] = [await scene.ended(first), await scene.ended(late)];

  expect(winner.state.ended.outcome).toBe('succeeded');
  expect(loser.state.ended).toMatchObject({ outcome: 'blocked', reason: 'lock-held' });
  expect(textOf(loser.card)).toContain(first);
  expect(scene.turns.begun().toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
  expect(await scene.runs.locks()).toEqual([]);
});

test('a gate that nobody answers expires; a click that comes too late is told so', async () => {
  const text = await readFile(scene.configPath, 'utf8');
  await writeFile(scene.configPath, text.replace('expires: 30m', 'expires: 3s'));
  const hasty = await scene.startAnother('bot');
  await writeFile(scene.configPath, text);
  const known = new Set(allCards(scene.workspace).map((card) => card.run));
  await scene.workspace.person('operator').command(DEFRAG, { to: hasty.address });
  await scene.workspace.waitFor('the card', () => !known.has(scene.newestRun()));
  const run = scene.newestRun();
  const { channel, ts } = (await scene.gate(run)).message;
  const click = scene.workspace.person('approver-1').clickRequest({ channel, ts, actionId: 'gate.approve' });

  const { state } = await scene.ended(run);
  const seq = scene.seq();
  await scene.workspace.bot.send(click);

  expect(state.ended).toMatchObject({ outcome: 'expired', reason: 'gate-expired' });
  expect(await refusal('approver-1', seq)).toContain('This run has ended.');
});
