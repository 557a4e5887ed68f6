import type { Locator, Page as Tab } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { become, cutOff, shoot } from '../../e2e/page/scene.ts';
import { approve, atMachines, lastCard } from '../../e2e/page/steps.ts';
import {
  approveTyped,
  ask,
  belowBudget,
  ends,
  LONG_MS,
  type Looked,
  openBoth,
  planned,
  shown,
  useCapiPage,
} from './capi-walk.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const PLANE = '/kube upgrade capi controlplane --to v1.31.4';
const GROUP = '/kube upgrade capi nodegroup/md-0 --to v1.31.4';

const page = useCapiPage();

/** The first file in the thread of the newest card, with its beginning, as a picture of each width. */
async function shownFile(seen: readonly Looked[], words: RegExp, name: string): Promise<void> {
  for (const { look, tab } of seen) {
    await lastCard(tab)
      .getByRole('button', { name: /repl(y|ies)/ })
      .click();
    const thread = tab.getByRole('region', { name: 'Thread' });
    const file = thread.locator('.file').first();
    await file.getByText(words).waitFor();
    await file.evaluate((part) => part.scrollIntoView({ block: 'center' }));
    expect(await cutOff(tab)).toEqual([]);
    await shoot(tab, `${name}-${look}`);
    await tab.keyboard.press('Escape');
    await expect.poll(() => thread.count()).toBe(0);
  }
}

async function turn(tab: Tab, title: string, on: boolean): Promise<void> {
  await atMachines(tab, async (panel) => {
    const switches = panel.locator('[data-switches="capi"]');
    await switches.scrollIntoViewIfNeeded();
    const button = switches.getByRole('button', { name: title });
    if (!(await button.isVisible())) await switches.getByText('Switches of capi').click();
    await button.click();
    const isTurned = async () => (await button.getAttribute('aria-pressed')) === String(on);
    await expect.poll(isTurned, { timeout: 15_000 }).toBe(true);
  });
}

async function plotted(seen: readonly Looked[], name: string, sees: (plot: Locator) => Promise<void>): Promise<void> {
  for (const { look, tab } of seen) {
    await atMachines(tab, async (panel) => {
      const plot = panel.locator('[data-workload="web/nginx"]');
      await plot.scrollIntoViewIfNeeded();
      await sees(plot);
      expect(await cutOff(tab)).toEqual([]);
      await shoot(tab, `${name}-${look}`);
    });
  }
}

test('a budget that needs all pods is explained on the card of a drain; with room again the node is drained and opened', async () => {
  const seen = await openBoth(page);
  const [{ tab: wide }, { tab: narrow }] = seen;
  await turn(wide, 'The budget blocks', true);
  await ask(page.scene, wide, '/kube drain capi node/md-0-1');
  await ends(page.scene, 'blocked');
  await shown(seen, /budget web\/nginx never allows an eviction/, 'drain-blocked');

  await turn(wide, 'The budget blocks', false);
  await ask(page.scene, wide, '/kube drain capi node/md-0-1');
  await become(narrow, 'approver-1');
  await approve(narrow);
  await ends(page.scene, 'succeeded');
  await shown(seen, /Succeeded after/, 'drain-end');
  expect(belowBudget(page.scene)).toEqual([]);
  await ask(page.scene, wide, '/kube uncordon capi node/md-0-1');
  await ends(page.scene, 'succeeded');
});

test('who keeps the objects in Git is named with the patch for it; healing that begins after the plan is caught', async () => {
  const seen = await openBoth(page);
  const [{ tab: wide }, { tab: narrow }] = seen;
  await turn(wide, 'Argo CD heals itself', true);
  await ask(page.scene, wide, PLANE);
  await ends(page.scene, 'blocked');
  await shown(seen, /The change would be taken back/, 'upgrade-git');
  await shownFile(seen, /Kept by Argo CD/, 'upgrade-patch');
  await turn(wide, 'Argo CD heals itself', false);

  await planned(page.scene, wide, PLANE);
  await turn(wide, 'Argo CD heals itself', true);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await ends(page.scene, 'needs-a-person');
  await shown(seen, /is back at v1\.30\.6, not at v1\.31\.4; last written by argocd-controller/, 'upgrade-healed');
  await turn(wide, 'Argo CD heals itself', false);
  expect(belowBudget(page.scene)).toEqual([]);
});

test('a topology controller that takes a direct change back is caught; through its topology the control plane moves, approved on a phone, the workload within its budget', async () => {
  const seen = await openBoth(page);
  const [{ tab: wide }, { tab: narrow }] = seen;
  await planned(page.scene, wide, PLANE);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await lastCard(wide)
    .getByText(/Machine\/…\w+ +v1\.31\.4/)
    .first()
    .waitFor({ timeout: LONG_MS });
  await turn(wide, 'ClusterClass owns it', true);
  await ends(page.scene, 'needs-a-person');
  await shown(seen, /is back at v1\.30\.6, not at v1\.31\.4; last written by capi-topology/, 'upgrade-reverted');

  await planned(page.scene, wide, PLANE);
  await shown(seen, /spec\.topology\.version|ClusterClass/, 'upgrade-plan');
  await approveTyped(narrow);
  await shown(seen, /Machine\/…\w+ /, 'upgrade-tree', 'words');
  await ends(page.scene, 'succeeded');
  await shown(seen, /Succeeded after/, 'upgrade-end');
  expect(belowBudget(page.scene)).toEqual([]);
});

test('the node group follows through the same topology, and the panel plots that the workload stayed within its budget', async () => {
  const seen = await openBoth(page);
  const [{ tab: wide }, { tab: narrow }] = seen;
  await planned(page.scene, wide, GROUP);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await ends(page.scene, 'succeeded');
  await plotted(seen, 'upgrade-plot', async (plot) => {
    await plot.getByText('v1.31.4: 6 nodes').waitFor();
    await plot.getByText(/Never below its budget/).waitFor();
  });
  expect(belowBudget(page.scene)).toEqual([]);
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
