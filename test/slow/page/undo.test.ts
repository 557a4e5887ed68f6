import { expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { become } from '../../e2e/page/scene.ts';
import { approve, atMachines } from '../../e2e/page/steps.ts';
import { approveTyped, belowBudget, ends, openBoth, planned, shown, useCapiPage } from './capi-walk.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const refused: string[] = [];

/** The older version of Cluster API; `upgrade.test.ts` has the newer one. */
const page = useCapiPage({
  version: 'v1beta1',
  onRefused: (_user, what) => void refused.push(`workload: ${what.verb} ${what.resource}`),
  onManagementRefused: (_user, what) => void refused.push(`management: ${what.verb} ${what.resource}`),
});

test('a node group that was upgraded within its minor version goes back by an undo with its own plan and approval, the control plane stays, the workload within its budget', async () => {
  const seen = await openBoth(page);
  const [{ tab: wide }, { tab: narrow }] = seen;
  await become(narrow, 'approver-1');
  await planned(page.scene, wide, '/kube upgrade capi controlplane --to v1.30.8');
  await approveTyped(narrow);
  await ends(page.scene, 'succeeded');

  await planned(page.scene, wide, '/kube upgrade capi nodegroup/md-0 --to v1.30.8', 'Approve');
  await approve(narrow);
  await ends(page.scene, 'succeeded');
  const { run = '' } = allCards(page.scene.playground.workspace).at(-1) ?? {};

  await planned(page.scene, wide, `/kube undo ${run}`, 'Approve');
  await shown(seen, /Return MachineDeployment capi-md-0 from v1\.30\.8 to v1\.30\.6/, 'undo-plan');
  await approve(narrow);
  await ends(page.scene, 'succeeded');
  await shown(seen, /Succeeded after/, 'undo-end');
  await atMachines(wide, async (panel) => {
    const plot = panel.locator('[data-workload="web/nginx"]');
    await plot.getByText('v1.30.6: 3 nodes').waitFor();
    await plot.getByText('v1.30.8: 3 nodes').waitFor();
  });
  expect(belowBudget(page.scene)).toEqual([]);
});

test('the worker asked for nothing that it has no right to', () => {
  expect(refused).toEqual([]);
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
