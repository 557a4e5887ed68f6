import type { Page as Tab } from 'playwright-core';
import { expect } from 'vitest';
import type { CapiOptions } from '../../../playground/cluster-api/capi.ts';
import { allCards } from '../../../playground/demo/sightings.ts';
import { roomOf } from '../../../playground/workload/history.ts';
import { cutOff, type PageScene, say, shoot } from '../../e2e/page/scene.ts';
import { lastCard, outcomeOf, toHead } from '../../e2e/page/steps.ts';
import { type PageInUse, usePage, WIDTHS } from '../../e2e/page/use-page.ts';

/** Until when a run of the walk has to show or be what is waited for. */
export const LONG_MS = 150_000;

/** A tab and the look of its pictures. */
export interface Looked {
  readonly look: string;
  readonly tab: Tab;
}

/** A page with Cluster API and the sample workload, its machines as quick as they may be. `capi`: what else is said of the cluster. */
export function useCapiPage(capi: CapiOptions = {}): PageInUse {
  return usePage({ clusters: ['capi'], fill: false, capi: { pace: 0.3, ...capi } });
}

/** Both widths look at the same runs. */
export async function openBoth(page: PageInUse): Promise<readonly [Looked, Looked]> {
  const [wide, narrow] = WIDTHS;
  return [
    { look: wide.look, tab: await page.open(wide.options) },
    { look: narrow.look, tab: await page.open(narrow.options) },
  ];
}

/** What the newest card says, without anything cut off, as a picture of each width from its head, or from the very words. */
export async function shown(
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

/** Asks for a run and waits for its card. */
export async function ask(scene: PageScene, tab: Tab, command: string): Promise<void> {
  const before = allCards(scene.playground.workspace).length;
  await say(tab, command);
  await expect.poll(() => allCards(scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);
}

/** What cannot be taken back is approved by typing the name of the cluster. */
export async function approveTyped(tab: Tab): Promise<void> {
  await lastCard(tab).getByRole('button', { name: 'Approve …' }).click();
  const modal = tab.getByRole('dialog', { name: 'Approve this plan' });
  await modal.getByRole('textbox', { name: 'Type capi' }).fill('capi');
  expect(await cutOff(tab)).toEqual([]);
  await modal.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect.poll(() => modal.count(), { timeout: 30_000 }).toBe(0);
}

/** Asks until nothing speaks against it: what was taken back is on its way back for some seconds. `button`: the name of what approves. */
export async function planned(scene: PageScene, tab: Tab, command: string, button = 'Approve …'): Promise<void> {
  async function asked(): Promise<string> {
    await ask(scene, tab, command);
    const approves = lastCard(tab).getByRole('button', { name: button, exact: true });
    const decided = async () => (await approves.isVisible()) || outcomeOf(scene) !== undefined;
    await expect.poll(decided, { timeout: LONG_MS }).toBe(true);
    return (await approves.isVisible()) ? 'asked' : await lastCard(tab).innerText();
  }
  await expect.poll(asked, { timeout: LONG_MS, interval: 1000 }).toBe('asked');
}

/** Waits for the end of the newest run. */
export async function ends(scene: PageScene, outcome: string): Promise<void> {
  await expect.poll(() => outcomeOf(scene), { timeout: LONG_MS }).toBe(outcome);
}

/** Moments at which fewer pods of the sample workload were ready than its budget needs. */
export function belowBudget(scene: PageScene): readonly unknown[] {
  const history = scene.playground.platforms.flatMap(({ workload }) => workload?.history() ?? []);
  expect(history).not.toEqual([]);
  return history.filter((moment) => roomOf(moment) < 0);
}
