import { expect, test } from 'vitest';
import { etcdDefrag } from '../../../jobs/etcd-defrag/runbook.ts';
import { createStepHarness, type HarnessOptions, type StepHarness } from '../../support/step-harness.ts';

const byRule = { members: [], all: false, moveLeader: false, pauseMs: null };

async function planned(options: HarnessOptions = {}, params: Partial<typeof byRule> = {}) {
  const harness = createStepHarness(options);
  const draft = await harness.plan(etcdDefrag, { ...byRule, ...params });
  expect(draft.checks.filter((each) => each.verdict === 'block')).toEqual([]);
  return { harness, draft };
}

function turns(harness: StepHarness): readonly (string | null)[] {
  return harness.etcd.calls.filter((call) => call.method === 'defragment').map((call) => call.member);
}

test('defragments followers first and the leader last, a pause apart, and reports the ring', async () => {
  const { harness, draft } = await planned({ etcd: { leader: 'm-1' } });

  const end = await harness.run(etcdDefrag, draft.steps);

  expect(end).toMatchObject({ kind: 'done' });
  expect(turns(harness)).toEqual(['m-2', 'm-3', 'm-1']);
  expect(harness.pauses.filter((ms) => ms === 60_000)).toHaveLength(2);
  expect(harness.outputs.at(-1)).toMatchObject({ report: { healthy: true } });
});
