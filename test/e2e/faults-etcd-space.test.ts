import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import { CALL, ok } from '../contract/etcd/ring-under-test.ts';
import { fillToTheBrim, portTo } from '../support/e2e-faults.ts';
import { explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';

const MIB = 1024 * 1024;

let scene: Scene;
let port: EtcdPort;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'a full ring', ring: { quotaBytes: 48 * MIB }, fill: false });
  port = await portTo(scene.ring);
}, 120_000);

afterAll(async () => {
  await port.close();
  await scene.stop();
});

test('NOSPACE: compacted, every member defragmented, disarmed, and writes work again (T7)', async () => {
  await fillToTheBrim(scene.ring, port);
  expect((await port.put('before', Buffer.from('x'), CALL)).ok).toBe(false);

  const run = await scene.ask('/kube defrag prod --pause 0s');
  const asked = await scene.gate(run);
  await scene.approve(run);
  const { state, card } = await scene.ended(run);

  expect(textOf(asked)).toContain('NOSPACE alarm');
  expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
  expect(state.acts.map(({ action }) => action)).toEqual(expect.arrayContaining(['compact', 'defragment', 'disarm']));
  expect(scene.turns.begun().toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
  expect(ok(await port.alarms(CALL))).toEqual([]);
  ok(await port.put('after', Buffer.from('x'), CALL));
  for (const { name } of scene.ring.members) expect((await scene.ring.status(name)).dbSize).toBeLessThan(24 * MIB);
  expect(textOf(card)).toContain('3 of 3 members are healthy');
  expect(await scene.runs.locks()).toEqual([]);
});
