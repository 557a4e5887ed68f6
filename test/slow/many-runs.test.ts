import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readCard } from '../../playground/demo/sightings.ts';
import type { Service } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { foldRun, type RunState } from '../../src/core/run-state.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';
import { endInThread, ONCE, postedFor } from '../support/e2e-slack.ts';

vi.setConfig({ testTimeout: 600_000 });

let scene: Scene;
let bots: readonly Service[];

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({
    name: 'fifty runs at once',
    fill: { megabytes: 8, keep: 0.4 },
    workspace: { enforceLimits: true },
  });
  const [bot] = await Promise.all([scene.startAnother('bot'), scene.startAnother('worker')]);
  bots = [scene.bot, bot];
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

const RUNS = 50;
/** Of them: runs that wait for people. */
const GATED = 6;
const APPROVED = 2;
const PLACES = [CHANNELS.ops, CHANNELS.incidents, CHANNELS.audit] as const;
const READING = ['status', 'members', 'alarms'] as const;

function lineOf(index: number): string {
  return index < GATED ? '/kube defrag prod --all --pause 0s --wait' : `/kube ${READING[index % 3] ?? 'status'} prod`;
}

async function everyRun(): Promise<readonly RunState[]> {
  const listed = await scene.runs.list({ cluster: null, limit: 500 });
  const records = await Promise.all(listed.map(async ({ id }) => await scene.runs.read(id)));
  return records.flatMap((record) => (record === null ? [] : [foldRun(record)]));
}

/** The first gated runs are approved, the others rejected, by either bot. */
async function decide(run: string, index: number): Promise<void> {
  await scene.gate(run);
  const to = bots[index % 2]?.address ?? '';
  if (index < APPROVED) await scene.press(run, 'gate.approve', 'approver-1', { to });
  else await scene.workspace.person('approver-2').command(`/kube reject ${run} not today`, { to });
}

test('fifty runs at once on two bots and two workers: each ends, on one card, within the limits of Slack', async () => {
  const operator = scene.workspace.person('operator');
  const deliveries = await Promise.all(
    Array.from({ length: RUNS }, async (_, index) => {
      const place = { channel: PLACES[index % 3] ?? CHANNELS.ops, to: bots[index % 2]?.address ?? '' };
      return await operator.command(lineOf(index), place);
    }),
  );
  expect(deliveries.map(({ status }) => status)).toEqual(deliveries.map(() => 200));
  const asked = await waitFor('every run to be recorded', async () => {
    const runs = await everyRun();
    return runs.length === RUNS && runs;
  });
  const gated = asked.filter((run) => run.request?.command === 'defrag').map((run) => run.id);
  await Promise.all(gated.map(decide));

  const ended = await waitFor(
    'every run to end',
    async () => {
      const runs = await everyRun();
      return runs.every((run) => run.ended !== null) && runs;
    },
    { timeoutMs: 180_000, everyMs: 500 },
  );
  for (const run of ended) {
    const { card } = await scene.ended(run.id, 240_000);
    await endInThread(scene.workspace, run.id, card.message, 240_000);
  }

  const outcomes = ended.map(
    (run) => `${run.request?.command === 'defrag' ? 'defrag' : 'look'} ${run.ended?.outcome ?? ''}`,
  );
  expect(countsOf(outcomes)).toEqual({
    'look succeeded': RUNS - GATED,
    'defrag succeeded': APPROVED,
    'defrag rejected': GATED - APPROVED,
  });
  expect(ended.map((run) => postedFor(scene.workspace, run.id, run.request?.origin.channel ?? ''))).toEqual(
    ended.map(() => ONCE),
  );
  const cards = PLACES.flatMap((place) => scene.workspace.messages(place)).flatMap(
    (message) => readCard(message) ?? [],
  );
  expect(cards).toHaveLength(RUNS);
  expect(await scene.runs.locks()).toEqual([]);
  expect(await scene.runs.unfinished()).toEqual([]);
  const refused = scene.workspace.calls.filter((call) => call.fault?.kind === 'rate-limited');
  expect(countsOf(refused.map((call) => call.method))).toEqual({});
});

function countsOf(words: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
}
