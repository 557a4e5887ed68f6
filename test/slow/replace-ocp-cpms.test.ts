import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OcpReplacements, startOcpReplacements } from '../support/ocp-replacements.ts';

let scene: OcpReplacements;

beforeAll(async () => {
  scene = await startOcpReplacements({ machines: 'active-set', hookRule: 'replacement-in', healthCheck: true });
}, 120_000);
afterAll(() => scene.stop());

test('with a ControlPlaneMachineSet, an operator that keeps its hook until a new member is in, and a health check that is paused', async () => {
  await scene.fault('stop-machine', 'cp-2', 'machine stopped');

  const run = await scene.replace('cp-2');

  await scene.expectWhole(run, ['cp-1', 'cp-3', 'cp-4']);
  const kinds = run.plan?.steps.map(({ kind }) => kind) ?? [];
  expect(kinds).toContain('foreign.pause@1');
  expect(kinds).not.toContain('ocp.create-machine@1');
  expect(run.acts.some(({ action, observed }) => action === 'pause' && observed?.result === 'done')).toBe(true);
  expect(run.cleanups.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['foreign.resume@1']));
  await scene.expectTidy();
}, 600_000);
