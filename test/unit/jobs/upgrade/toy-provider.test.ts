import { expect, test } from 'vitest';
import { genericProvider } from '../../../../jobs/node-groups/generic/provider.ts';
import { PROVIDERS, providerFor } from '../../../../jobs/node-groups/providers.ts';
import { planUndo } from '../../../../jobs/undo/plan-undo.ts';
import { planUpgrade } from '../../../../jobs/upgrade/plan-upgrade.ts';
import { undoRecordsOf } from '../../../../src/core/undo-record.ts';
import { sampleCluster } from '../../../support/sample-cluster.ts';
import { createStepHarness } from '../../../support/step-harness.ts';
import { createToy } from '../../../support/toy-groups.ts';
import { upgradeParams } from '../../../support/upgrade-params.ts';
import { NO_LOOKS, upgradeScene } from '../../../support/upgrade-scene.ts';

test('a further provider is asked before the one that serves every cluster, and needs only its place in the list', () => {
  const toy = createToy(['a', 'v1.30.6', 1]);
  const gke = { ...sampleCluster(), platform: 'gke' } as const;

  expect(providerFor(gke, [toy.provider, ...PROVIDERS])?.id).toBe('toy');
  expect(providerFor(gke)?.id).toBe(genericProvider.id);
  expect(new Set(PROVIDERS.map(({ id }) => id)).size).toBe(PROVIDERS.length);
});

test('it is planned, run, verified and undone by what the runbooks have', async () => {
  const toy = createToy(['controlplane', 'v1.30.6', 3], ['a', 'v1.30.6', 2], ['b', 'v1.30.6', 2]);
  const { context } = upgradeScene();
  const draft = await planUpgrade(context, upgradeParams(), toy.provider, NO_LOOKS);
  const harness = createStepHarness({ cluster: { platform: 'gke' } });

  expect(await harness.run(toy.runbook, draft.steps)).toMatchObject({ kind: 'done' });
  expect(toy.calls).toEqual(['set controlplane v1.31.4', 'set a v1.31.4', 'set b v1.31.4']);
  expect(harness.outputs.at(-1)).toMatchObject({
    report: { healthy: true, notes: [expect.stringContaining('`/kube undo defrag-prod-test`')] },
  });

  const steps = harness.outputs.map((output, index) => {
    return { index, status: 'done', attempts: 1, startedAt: null, doneAt: null, output, note: '' } as const;
  });
  const records = [...undoRecordsOf({ steps })];
  expect(records.map((record) => (record.kind === 'group' ? record.group : ''))).toEqual([
    'nodegroup/b',
    'nodegroup/a',
    'controlplane',
  ]);
  const back = await planUndo(context, { run: 'upgrade-prod-1', records, by: 'x' }, [toy.provider], NO_LOOKS.outlook);
  const again = createStepHarness({ cluster: { platform: 'gke' } });

  expect(await again.run(toy.runbook, back.steps)).toMatchObject({ kind: 'done' });
  expect(toy.calls.slice(3)).toEqual(['set b v1.30.6', 'set a v1.30.6', 'set controlplane v1.30.6']);
});
