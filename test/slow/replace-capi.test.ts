import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CapiReal, startCapiReal } from '../support/capi-real.ts';
import { caseOf } from '../support/replacements.ts';

/** Faults and a replacement by Cluster API: real etcd, two clusters, gates, while somebody writes all the time. */
let scene: CapiReal;
const LONG = 400_000;

beforeAll(async () => {
  scene = await startCapiReal();
}, 120_000);

afterAll(() => scene.stop());

test.each([
  ['not-ready', 'machine stopped'],
  ['crash-loop', 'crash-looping'],
  ['corrupt', 'other data than the others'],
  ['fill-disk', 'disk full'],
] as const)(
  '%s is told as %s, and its control plane is to replace the machine',
  async (fault, told) => {
    const { run } = await scene.whileFaulty(fault, 'cp-2', told);

    expect(caseOf(run)).toBe('kcp');
  },
  LONG,
);

test(
  'a machine that is off is replaced by its control plane, with the shipped rights and nothing behind its back; no write is lost',
  async () => {
    await scene.fault('stop-machine', 'cp-2', 'machine stopped');

    const run = await scene.replace('cp-2');

    await scene.expectWhole(run, ['cp-1', 'cp-3', 'cp-4']);
    expect(run.acts.map(({ action, observed }) => `${action} ${observed?.result}`)).toEqual(['remediate done']);
    expect(run.cleanups.map(({ id, status }) => `${id} ${status}`)).toContain('withdraw done');
    await scene.expectTidy();
  },
  LONG,
);
