import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { damageLog } from '../../playground/faults/wal.ts';
import { type OcpReplacements, startOcpReplacements } from '../support/ocp-replacements.ts';

let scene: OcpReplacements;
const LONG = 600_000;

beforeAll(async () => {
  scene = await startOcpReplacements({ machines: 'inactive-set' });
}, 120_000);
afterAll(() => scene.stop());

test(
  'its machine is off: a new one is made from its description, and the ring has three voters',
  async () => {
    await scene.member('cp-2').powerOff();

    const run = await scene.replace('cp-2');

    expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.voters()).toEqual(['cp-1', 'cp-3', 'cp-4']);
    expect(await scene.overrides()).toBeNull();
    expect(scene.lost()).toEqual([]);
    expect(scene.refused).toEqual([]);
  },
  LONG,
);

test(
  'its pod crash-loops: pod and data anew on the same node, the old data kept',
  async () => {
    const before = await scene.voters();
    const member = scene.member('cp-3');
    await member.hold();
    await damageLog(member.dataDirectory);
    await member.release();

    const run = await scene.replace('cp-3');

    expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.voters()).toEqual(before);
    expect(existsSync(join(member.dataDirectory, `old-${run.id}/snap/db`))).toBe(true);
    expect(await scene.overrides()).toBeNull();
    expect(scene.acknowledged()).toBeGreaterThan(50);
    expect(scene.lost()).toEqual([]);
    expect(scene.refused).toEqual([]);
  },
  LONG,
);
