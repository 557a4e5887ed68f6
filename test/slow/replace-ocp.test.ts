import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OcpReplacements, startOcpReplacements } from '../support/ocp-replacements.ts';
import { replaceUnderFire } from '../support/replace-killed.ts';
import { caseOf } from '../support/replacements.ts';

let scene: OcpReplacements;
const LONG = 600_000;

/** What cannot be taken back: a worker dies right after each call, and once between the word that it comes and the call. */
const BOUNDARIES = [
  'intent-after-store of remove-member',
  'call-made of remove-member',
  'call-made of guard-off',
  'call-made of delete-machine',
  'call-made of create-machine',
];

beforeAll(async () => {
  scene = await startOcpReplacements({ machines: 'inactive-set' });
}, 120_000);
afterAll(() => scene.stop());

test.each([
  ['stop-machine', 'machine stopped', 'ocp-machine'],
  ['corrupt', 'other data than the others', 'ocp-pod'],
  ['fill-disk', 'disk full', 'ocp-machine'],
] as const)(
  '%s is told as %s, and planned for',
  async (fault, told, as) => {
    const { run } = await scene.whileFaulty(fault, 'cp-2', told);

    expect(caseOf(run)).toBe(as);
  },
  LONG,
);

test(
  'not-ready: a new machine is made from its description, though workers are killed where nothing can be taken back, and the ring has three voters',
  async () => {
    await scene.fault('not-ready', 'cp-2', 'node not ready');

    const { run, deaths } = await replaceUnderFire({
      entry: scene.entry,
      member: 'cp-2',
      boundaries: BOUNDARIES,
      withinMs: LONG - 60_000,
    });

    await scene.expectWhole(run, ['cp-1', 'cp-3', 'cp-4']);
    expect(deaths).toEqual(expect.arrayContaining(BOUNDARIES));
    const once = ['remove-member', 'guard-off', 'delete-machine', 'create-machine'];
    const happened = run.acts.filter(({ action, observed }) => once.includes(action) && observed?.result === 'done');
    expect(happened.map(({ action }) => action)).toEqual(once);
    await scene.expectTidy();
  },
  LONG,
);
