import type { Page as Tab } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { become, cutOff, say, shoot } from '../../e2e/page/scene.ts';
import { atMachines, lastCard, outcomeOf, toHead } from '../../e2e/page/steps.ts';
import { usePage, WIDTHS } from '../../e2e/page/use-page.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const LONG_MS = 120_000;
const REPLACE = '/kube replace edge member/m-2';

/** The bare ring alone, with waits as short as they may be. */
const page = usePage({
  clusters: ['edge'],
  fill: false,
  configuration: { answerWithin: '10s', watch: '1s' },
});

/** Both widths look at the same run. */
async function open(): Promise<readonly { readonly look: string; readonly tab: Tab }[]> {
  const tabs = [];
  for (const { look, options } of WIDTHS) tabs.push({ look, tab: await page.open(options) });
  return tabs;
}

/** Scrolls to where somebody decides: the buttons of the newest card at the foot of the page. */
async function toGate(tab: Tab): Promise<void> {
  const cancel = lastCard(tab).getByRole('button', { name: 'Cancel', exact: true });
  await cancel.evaluate((button) => button.scrollIntoView({ block: 'end' }));
}

/** Types what a gate asks for. */
async function answer(tab: Tab, words: string): Promise<void> {
  await approve(tab, async (modal) => await modal.getByRole('textbox', { name: `Type ${words}` }).fill(words));
}

/** Chooses one of the answers that a gate has. */
async function choose(tab: Tab, words: string): Promise<void> {
  await approve(tab, async (modal) => await modal.getByRole('radio', { name: words }).check());
}

async function approve(tab: Tab, fillIn: (modal: ReturnType<Tab['getByRole']>) => Promise<void>): Promise<void> {
  await lastCard(tab).getByRole('button', { name: 'Approve …' }).click();
  const modal = tab.getByRole('dialog', { name: /^Approve this (plan|step)$/ });
  await fillIn(modal);
  expect(await cutOff(tab)).toEqual([]);
  await modal.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect.poll(() => modal.count(), { timeout: 30_000 }).toBe(0);
}

test('a machine is stopped on the panel, its member replaced: each gate answered on the page, the host built by its button, at both widths', async () => {
  const seen = await open();
  const [wide, narrow] = seen.map(({ tab }) => tab);
  if (wide === undefined || narrow === undefined) throw new Error('there are not two tabs');
  /** What the newest card says, without anything cut off, as a picture of each width: from its head, or to the buttons of its gate. */
  async function shown(words: RegExp, name: string, from: 'head' | 'gate' = 'gate'): Promise<void> {
    for (const { look, tab } of seen) {
      await lastCard(tab).getByText(words).first().waitFor({ timeout: LONG_MS });
      if (from === 'head') await toHead(tab);
      else await toGate(tab);
      expect(await cutOff(tab)).toEqual([]);
      await shoot(tab, `${name}-${look}`);
    }
  }
  for (const { look, tab } of seen) {
    await atMachines(tab, async (panel) => {
      const member = panel.locator('[data-member="edge/m-2"]');
      await member.scrollIntoViewIfNeeded();
      if (tab === wide) {
        await member.getByText('etcd runs', { exact: true }).waitFor();
        await member.getByText('Faults of m-2').click();
        await member.getByRole('button', { name: 'Stop the machine' }).click();
      }
      await member.getByText('Fault: stop the machine.').waitFor();
      await member.getByText('etcd does not run').waitFor();
      expect(await cutOff(tab)).toEqual([]);
      await shoot(tab, `member-fault-${look}`);
    });
  }

  await say(wide, REPLACE);
  await shown(/The answer must be exactly edge\./, 'replace-plan', 'head');
  await become(wide, 'approver-1');
  await become(narrow, 'approver-2');
  await answer(wide, 'edge');

  await shown(/The answer must be exactly m-2/, 'replace-typed');
  const card = await lastCard(wide).innerText();
  const [, typed = ''] = /The answer must be exactly (m-2 [0-9a-f]+)\./.exec(card) ?? [];
  expect(typed).not.toBe('');
  await answer(narrow, typed);
  await shown(/kept from running again/, 'replace-fence');
  await choose(wide, 'Its machine is switched off');

  await shown(/What is to be done stands in the thread/, 'replace-build');
  await shown(/2 of 2 voters healthy; none may fail/, 'replace-thin', 'head');
  for (const { look, tab } of seen) {
    await lastCard(tab)
      .getByRole('button', { name: /repl(y|ies)/ })
      .click();
    const thread = tab.getByRole('region', { name: 'Thread' });
    await thread.getByText('ETCD_INITIAL_CLUSTER').last().scrollIntoViewIfNeeded();
    expect(await cutOff(tab)).toEqual([]);
    await shoot(tab, `replace-commands-${look}`);
    await tab.keyboard.press('Escape');
    await expect.poll(() => thread.count()).toBe(0);
  }

  await atMachines(narrow, async (panel) => {
    await panel.getByRole('button', { name: 'Build the host that a run waits for' }).click();
    await panel
      .locator('[data-member="edge/m-2"]')
      .getByText('etcd runs', { exact: true })
      .waitFor({ timeout: LONG_MS });
  });
  await expect.poll(() => outcomeOf(page.scene), { timeout: LONG_MS }).toBe('succeeded');
  await shown(/3 of 3 members are healthy/, 'replace-end', 'head');

  await become(wide, 'operator');
  await say(wide, '/kube members edge');
  await expect.poll(() => outcomeOf(page.scene), { timeout: LONG_MS }).toBe('succeeded');
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
