import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { openGate } from '../../../src/core/run-state.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import { createScriptedScene, driftAndPlanAgain, type ScriptedScene } from '../../support/scripted-runbook.ts';

const about = sampleDraftGate({ id: 'about', kind: 'typed', expect: 'm-4', about: 'stuck' });

/** A scene of two steps with a gate between them, after the first one left this. */
async function begun(stuck: Json): Promise<{ readonly scene: ScriptedScene; readonly runId: string }> {
  const scene = createScriptedScene({
    risks: ['disruptive', 'disruptive'],
    gates: [about],
    verify: () => ({ kind: 'done', output: { stuck }, note: '' }),
  });
  const runId = await scene.harness.start(['cluster/prod/valves']);
  await scene.harness.drive(runId);
  await scene.harness.approve(runId);
  await scene.harness.drive(runId);
  return { scene, runId };
}

describe('a gate about what a step left', () => {
  it('is asked anew after a drift with the same plan: something else may be there', async () => {
    const { scene, runId } = await begun([{ words: 'm-4 does not end' }]);
    expect(openGate(await scene.harness.state(runId))?.spec.id).toBe('about');
    expect(await scene.harness.approve(runId)).toMatchObject({ ok: true });
    const { before, next } = await driftAndPlanAgain(scene, runId);

    expect(next.planHash).toBe(before.planHash);
    expect(next.gates.map(({ spec, settled }) => [spec.id, settled?.verdict])).toEqual([
      ['approve', 'approved'],
      ['about', undefined],
    ]);
  });

  it('is passed over where it left nothing, also for the next worker', async () => {
    const { scene, runId } = await begun([]);
    const ended = await scene.harness.state(runId);

    expect(ended.ended?.outcome).toBe('succeeded');
    expect(ended.gates.map(({ spec }) => spec.id)).toEqual(['approve']);
  });
});
