import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OcpReplacements, startOcpReplacements } from '../support/ocp-replacements.ts';

let scene: OcpReplacements;

beforeAll(async () => {
  scene = await startOcpReplacements({ machines: 'active-set', hookRule: 'replacement-in', healthCheck: true });
}, 120_000);
afterAll(() => scene.stop());

test('with a ControlPlaneMachineSet, an operator that keeps its hook until a new member is in, and a health check that is paused', async () => {
  await scene.member('cp-2').powerOff();

  const run = await scene.replace('cp-2');

  expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded' });
  const kinds = run.plan?.steps.map(({ kind }) => kind) ?? [];
  expect(kinds).toContain('foreign.pause@1');
  expect(kinds).not.toContain('ocp.create-machine@1');
  expect(await scene.voters()).toHaveLength(3);
  expect(await scene.voters()).not.toContain('cp-2');
  expect(await scene.overrides()).toBeNull();
  expect(scene.lost()).toEqual([]);
  expect(scene.refused).toEqual([]);
}, 600_000);
