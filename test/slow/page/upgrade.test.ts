import type { Locator, Page as Tab } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { roomOf } from '../../../playground/workload/history.ts';
import { become, cutOff, say, shoot } from '../../e2e/page/scene.ts';
import { approve, atMachines, lastCard, outcomeOf, toHead } from '../../e2e/page/steps.ts';
import { usePage, WIDTHS } from '../../e2e/page/use-page.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const LONG_MS = 150_000;
const PLANE = '/kube upgrade capi controlplane --to v1.31.4';
const GROUP = '/kube upgrade capi nodegroup/md-0 --to v1.31.4';

/** Cluster API with the sample workload, its machines as quick as they may be. */
const page = usePage({ clusters: ['capi'], fill: false, capi: { pace: 0.3 } });

interface Looked {
  readonly look: string;
  readonly tab: Tab;
}

/** Both widths look at the same runs. */
async function open(): Promise<readonly [Looked, Looked]> {
  const [wide, narrow] = WIDTHS;
  return [
    { look: wide.look, tab: await page.open(wide.options) },
    { look: narrow.look, tab: await page.open(narrow.options) },
  ];
}

/** What the newest card says, without anything cut off, as a picture of each width from its head, or from the very words. */
async function shown(
  seen: readonly Looked[],
  words: RegExp,
  name: string,
  from: 'head' | 'words' = 'head',
): Promise<void> {
  async function show({ look, tab }: Looked): Promise<void> {
    const found = lastCard(tab).getByText(words).first();
    await found.waitFor({ timeout: LONG_MS });
    if (from === 'head') await toHead(tab);
    else await found.evaluate((part) => part.scrollIntoView({ block: 'center' }));
    // Beside a message that the pointer rests on stands a button.
    await tab.mouse.move(0, 0);
    expect(await cutOff(tab)).toEqual([]);
    await shoot(tab, `${name}-${look}`);
  }
  // At the same time: what a run says goes by.
  await Promise.all(seen.map(show));
}

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

/** Asks for a run and waits for its card. */
async function ask(tab: Tab, command: string): Promise<void> {
  const before = allCards(page.scene.playground.workspace).length;
  await say(tab, command);
  await expect.poll(() => allCards(page.scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);
}

/** What cannot be taken back is approved by typing the name of the cluster. */
async function approveTyped(tab: Tab): Promise<void> {
  await lastCard(tab).getByRole('button', { name: 'Approve …' }).click();
  const modal = tab.getByRole('dialog', { name: 'Approve this plan' });
  await modal.getByRole('textbox', { name: 'Type capi' }).fill('capi');
  expect(await cutOff(tab)).toEqual([]);
  await modal.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect.poll(() => modal.count(), { timeout: 30_000 }).toBe(0);
}

/** Asks until nothing speaks against it: what was taken back is on its way back for some seconds. */
async function planned(tab: Tab, command: string): Promise<void> {
  async function asked(): Promise<string> {
    await ask(tab, command);
    const button = lastCard(tab).getByRole('button', { name: 'Approve …' });
    const decided = async () => (await button.isVisible()) || outcomeOf(page.scene) !== undefined;
    await expect.poll(decided, { timeout: LONG_MS }).toBe(true);
    return (await button.isVisible()) ? 'asked' : await lastCard(tab).innerText();
  }
  await expect.poll(asked, { timeout: LONG_MS, interval: 1000 }).toBe('asked');
}

async function ends(outcome: string): Promise<void> {
  await expect.poll(() => outcomeOf(page.scene), { timeout: LONG_MS }).toBe(outcome);
}

/** Moments at which fewer pods of the sample workload were ready than its budget needs. */
function belowBudget(): readonly unknown[] {
  const history = page.scene.playground.platforms.flatMap(({ workload }) => workload?.history() ?? []);
  expect(history).not.toEqual([]);
  return history.filter((moment) => roomOf(moment) < 0);
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
  const seen = await open();
  const [{ tab: wide }, { tab: narrow }] = seen;
  await turn(wide, 'The budget blocks', true);
  await ask(wide, '/kube drain capi node/md-0-1');
  await ends('blocked');
  await shown(seen, /budget web\/nginx never allows an eviction/, 'drain-blocked');

  await turn(wide, 'The budget blocks', false);
  await ask(wide, '/kube drain capi node/md-0-1');
  await become(narrow, 'approver-1');
  await approve(narrow);
  await ends('succeeded');
  await shown(seen, /Succeeded after/, 'drain-end');
  expect(belowBudget()).toEqual([]);
  await ask(wide, '/kube uncordon capi node/md-0-1');
  await ends('succeeded');
});

test('who keeps the objects in Git is named with the patch for it; healing that begins after the plan is caught', async () => {
  const seen = await open();
  const [{ tab: wide }, { tab: narrow }] = seen;
  await turn(wide, 'Argo CD heals itself', true);
  await ask(wide, PLANE);
  await ends('blocked');
  await shown(seen, /The change would be taken back/, 'upgrade-git');
  await shownFile(seen, /Kept by Argo CD/, 'upgrade-patch');
  await turn(wide, 'Argo CD heals itself', false);

  await planned(wide, PLANE);
  await turn(wide, 'Argo CD heals itself', true);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await ends('needs-a-person');
  await shown(seen, /is back at v1\.30\.6, not at v1\.31\.4; last written by argocd-controller/, 'upgrade-healed');
  await turn(wide, 'Argo CD heals itself', false);
  expect(belowBudget()).toEqual([]);
});

test('a topology controller that takes a direct change back is caught; through its topology the control plane moves, approved on a phone, the workload within its budget', async () => {
  const seen = await open();
  const [{ tab: wide }, { tab: narrow }] = seen;
  await planned(wide, PLANE);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await lastCard(wide)
    .getByText(/Machine\/…\w+ +v1\.31\.4/)
    .first()
    .waitFor({ timeout: LONG_MS });
  await turn(wide, 'ClusterClass owns it', true);
  await ends('needs-a-person');
  await shown(seen, /is back at v1\.30\.6, not at v1\.31\.4; last written by capi-topology/, 'upgrade-reverted');

  await planned(wide, PLANE);
  await shown(seen, /spec\.topology\.version|ClusterClass/, 'upgrade-plan');
  await approveTyped(narrow);
  await shown(seen, /Machine\/…\w+ /, 'upgrade-tree', 'words');
  await ends('succeeded');
  await shown(seen, /Succeeded after/, 'upgrade-end');
  expect(belowBudget()).toEqual([]);
});

test('the node group follows through the same topology, and the panel plots that the workload stayed within its budget', async () => {
  const seen = await open();
  const [{ tab: wide }, { tab: narrow }] = seen;
  await planned(wide, GROUP);
  await become(narrow, 'approver-1');
  await approveTyped(narrow);
  await ends('succeeded');
  await plotted(seen, 'upgrade-plot', async (plot) => {
    await plot.getByText('v1.31.4: 6 nodes').waitFor();
    await plot.getByText(/Never below its budget/).waitFor();
  });
  expect(belowBudget()).toEqual([]);
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
