import type { Locator, Page as Tab } from 'playwright-core';
import { expect } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { type PageScene, say } from './scene.ts';

/** The newest card of the channel that is shown. */
export function lastCard(tab: Tab): Locator {
  return tab.locator('.message', { has: tab.locator('.block-header') }).last();
}

/** How the run of the newest card ended; `undefined`: it has not. */
export function outcomeOf(scene: PageScene): string | undefined {
  return allCards(scene.playground.workspace).at(-1)?.outcome;
}

/** Asks for a defragmentation and waits until people are asked to decide. */
export async function planned(scene: PageScene, tab: Tab, command = '/kube defrag prod --all'): Promise<void> {
  const before = allCards(scene.playground.workspace).length;
  await say(tab, command);
  await expect.poll(() => allCards(scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).waitFor();
}

/** Scrolls to where a reader begins: the head of the newest card. */
export async function toHead(tab: Tab): Promise<void> {
  await lastCard(tab).evaluate((card) => card.scrollIntoView({ block: 'start' }));
}

/** Presses Approve on the newest card and once more in the dialog that asks. */
export async function approve(tab: Tab): Promise<void> {
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
}

/** Shows another channel, on a narrow page through the drawer. */
export async function goTo(tab: Tab, channel: string): Promise<void> {
  const drawer = tab.getByRole('button', { name: /^Channels and people/ });
  if (await drawer.isVisible()) await drawer.click();
  await tab.getByRole('button', { name: new RegExp(`^${channel}( |$)`) }).click();
  await tab
    .getByRole('heading', { name: `#${channel}` })
    .first()
    .waitFor();
}

/** Does something in the panel of machines, which a narrow page has behind a button and then over the channel. */
export async function atMachines(tab: Tab, act: (panel: Locator) => Promise<void>): Promise<void> {
  const panel = tab.getByRole('region', { name: 'Machines' });
  const narrow = !(await panel.isVisible());
  if (narrow) await tab.getByRole('button', { name: /^(Ring \d|Machines)/ }).click();
  await act(panel);
  if (!narrow) return;
  await panel.getByRole('button', { name: 'Close the panel' }).click();
  await expect.poll(() => panel.isVisible()).toBe(false);
}
