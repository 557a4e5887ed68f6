import { array, assert as assertProperty, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { expect, test } from 'vitest';
import { inThread } from '../../../../../src/adapters/slack/projector/in-thread.ts';
import { joinEntries, renderThread, type ThreadEntry } from '../../../../../src/adapters/slack/render/thread.ts';
import type { RunEvent } from '../../../../../src/core/run-event.ts';
import { PATCH_FILE } from '../../../../support/card-cases.ts';
import { eventAt, PLANNED, REQUESTED, SAMPLE_EVENTS, SAMPLE_HASH, samplePlan } from '../../../../support/sample-run.ts';
import { createScene, type Freeze } from './scene.ts';

const GONE_MS = 25_000;

/** What a call left behind: a line, several messages, or a file. */
function observed(number: number, bytes: number): RunEvent {
  return eventAt(10 + number, {
    type: 'observed',
    index: 0,
    item: `etcd-${number}`,
    action: 'defragment',
    result: 'not-done',
    note: `turn ${number}`,
    evidence: Array.from({ length: Math.ceil(bytes / 60) }, (_, index) => `${number}.${index} ${'x'.repeat(50)}`),
  });
}

const SIZES = [0, 0, 0, 100, 1000, 9000, 60_000];

/** A plan with two files, one of them longer than a message. */
const HANDING_OVER = eventAt(2, {
  type: 'planned',
  hash: SAMPLE_HASH,
  plan: samplePlan({
    files: [PATCH_FILE, { ...PATCH_FILE, name: 'kcp.yaml', text: 'version: v1.31.4\n'.repeat(900) }],
  }),
});

function namesOf({ file, attached }: ThreadEntry): readonly string[] {
  return [...(file === null ? [] : [file.name]), ...attached.map((each) => each.file.name)];
}

test('projectors that die anywhere, one after another: every line and every file is there once, in order', async () => {
  const piece = array(constantFrom(...SIZES), { minLength: 1, maxLength: 6 });
  const life = record({
    freeze: record({ call: integer({ min: 1, max: 12 }), when: constantFrom<Freeze['when']>('before', 'after') }),
    pieces: array(piece, { maxLength: 3 }),
  });
  await assertProperty(
    asyncProperty(array(life, { maxLength: 5 }), array(piece, { maxLength: 2 }), async (lives, last) => {
      const scene = createScene();
      let number = 0;
      const tell = async (sizes: readonly number[]): Promise<void> => {
        const events = sizes.map((bytes) => observed((number += 1), bytes));
        await scene.append('r-1', events);
      };
      await scene.request('r-1');
      await scene.append('r-1', [HANDING_OVER]);
      for (const [index, { freeze, pieces }] of lives.entries()) {
        const bot = scene.start(`bot-${index}`, freeze);
        for (const sizes of pieces) {
          await tell(sizes);
          const dead = await Promise.race([bot.frozen, scene.roundsFor(bot, 4000).then(() => null)]);
          if (dead !== null) break;
        }
        await scene.clock.advance(GONE_MS);
      }
      for (const sizes of last) await tell(sizes);
      await scene.roundsFor(scene.start('bot-last'), 120_000);

      const events = (await scene.runs.read('r-1'))?.events ?? [];
      const wanted = renderThread('r-1', events, 0, () => ['U0APPROVER1']);
      const files = scene.slack.messages.flatMap((message) => message.files);
      expect(files).toEqual(wanted.flatMap(namesOf));
      expect(scene.linesOf('r-1')).toEqual(
        wanted.filter(({ file }) => file === null).flatMap(({ texts }) => texts.flatMap((text) => text.split('\n'))),
      );
      expect(scene.cardsOf('r-1')).toHaveLength(1);
    }),
    { numRuns: 25 },
  );
});

test('a lost answer of an upload: the file is looked for before it is shared again', async () => {
  const scene = createScene();
  await scene.request('r-1');
  await scene.append('r-1', [observed(1, 60_000)]);
  scene.slack.failNext('upload', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
  await scene.roundsFor(scene.start('bot-1'), 20_000);

  expect(scene.slack.messages.flatMap(({ files }) => files)).toHaveLength(1);
});

test('files that Slack refuses are told in messages, each once, in their order, and the run goes on', async () => {
  const scene = createScene();
  await scene.request('r-1');
  await scene.append('r-1', [HANDING_OVER]);
  const real = { ...scene.slack };
  scene.slack.upload = async (place, file) =>
    file.name.endsWith('.patch.yaml')
      ? { kind: 'refused', error: 'file_upload_disabled' }
      : await real.upload(place, file);
  scene.slack.failNext('post', { kind: 'unavailable', error: 'no answer in time' }, { done: true });
  await scene.roundsFor(scene.start('bot-1'), 20_000);
  await scene.append('r-1', [observed(1, 0)]);
  await scene.roundsFor(scene.start('bot-2'), 60_000);

  const lines = scene.linesOf('r-1');
  expect(scene.slack.messages.flatMap(({ files }) => files)).toEqual(['r-1-kcp.yaml']);
  expect(lines.filter((line) => line === '      version: v1.31.4')).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('md-0.patch.yaml: MachineDeployment'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('turn 1');
});

test('a budget that runs dry in the middle of a recovery repeats nothing', async () => {
  const scene = createScene();
  const dying = scene.start('bot-1', { call: 3, when: 'after' });
  await scene.request('r-1');
  await scene.append('r-1', [PLANNED, observed(1, 9000), observed(2, 9000)]);
  await Promise.race([dying.frozen, scene.roundsFor(dying, 4000)]);
  await scene.clock.advance(GONE_MS);
  scene.slack.failNext('post', { kind: 'rate-limited', retryAfterMs: 5000 });
  await scene.roundsFor(scene.start('bot-2'), 60_000);

  expect(scene.linesOf('r-1')).toEqual(await scene.wantedLines('r-1'));
});

test('a backlog goes into few messages; plan, call for people and ending begin one', () => {
  const entries = renderThread('r-1', SAMPLE_EVENTS, 0, () => []);
  const packs = joinEntries(entries);

  expect(packs.length).toBeLessThan(entries.length);
  expect(packs.flatMap(({ texts }) => texts).map((text) => text.split('\n', 1)[0]?.slice(0, 12))).toEqual([
    '*Plan* `0123',
    '*Approve thi',
    '*Succeeded* ',
  ]);
  expect(packs.at(-1)?.events).toBe(entries.at(-1)?.events);
  expect(packs.flatMap(({ texts }) => texts.join('\n')).join('\n')).toBe(
    entries.flatMap(({ texts }) => texts.join('\n')).join('\n'),
  );
});

test('messages of a version that did not write how many parts there are count one by one', () => {
  const metadata = { event_type: 'drydock_thread', event_payload: { run: 'r-1', events: 2, part: 0 } };
  const other = { event_type: 'drydock_thread', event_payload: { run: 'r-2', events: 9, part: 0, parts: 1 } };
  const seen = { ts: '1.1', user: 'U0BOT', files: [] };
  const found = inThread('r-1', [
    { ...seen, metadata },
    { ...seen, metadata: other },
    { ...seen, metadata: null },
  ]);

  expect(found.events).toBe(0);
  expect([...found.parts]).toEqual(['2/0']);
  expect(renderThread('r-1', [REQUESTED, PLANNED], found.events)).toHaveLength(1);
});
