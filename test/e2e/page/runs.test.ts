import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { become, DESKTOP, overflowOf, type PageScene, PHONE, say, shoot, startPageScene } from './scene.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let scene: PageScene;
const tabs: Tab[] = [];

beforeAll(async () => {
  scene = await startPageScene();
});

afterAll(async () => await scene.stop());

beforeEach(async () => {
  await scene.playground.ring.waitHealthy();
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.context().close();
});

async function open(options: Parameters<PageScene['open']>[0]): Promise<Tab> {
  const tab = await scene.open(options);
  tabs.push(tab);
  return tab;
}

/** The newest card. */
function lastCard(tab: Tab) {
  return tab.locator('.message', { has: tab.locator('.block-header') }).last();
}

/** Asks for a defragmentation and waits until people are asked to decide. */
async function planned(tab: Tab, command = '/kube defrag prod --all'): Promise<void> {
  const before = allCards(scene.playground.workspace).length;
  await say(tab, command);
  await expect.poll(() => allCards(scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).waitFor();
}

function outcome(): string | undefined {
  return allCards(scene.playground.workspace).at(-1)?.outcome;
}

test('a command, its plan, a refusal, the approval of a second person, progress, the end, at 1280 px', async () => {
  const tab = await open(DESKTOP);
  await planned(tab, '/kube defrag prod');
  await lastCard(tab).getByRole('heading').first().scrollIntoViewIfNeeded();
  expect(await shoot(tab, 'plan-light-1280')).toBeGreaterThan(10_000);

  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).click();
  const dialog = tab.getByRole('dialog', { name: 'Run this plan on prod?' });
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await tab.locator('.message-ephemeral', { hasText: 'Only visible to you' }).waitFor();
  expect(await lastCard(tab).innerText()).toContain('Waiting for approval: 0 of 1');

  await become(tab, 'approver-1');
  expect(await tab.getByText('Only visible to you').count()).toBe(0);
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).click();
  await shoot(tab, 'confirm-light-1280');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await lastCard(tab)
    .getByText(/under way|running since/)
    .first()
    .waitFor();
  await shoot(tab, 'progress-light-1280');
  await lastCard(tab).getByText('Succeeded').waitFor();
  expect(outcome()).toBe('succeeded');
  expect(await lastCard(tab).innerText()).toContain('Approved by @approver-1');
  await shoot(tab, 'end-light-1280');

  await lastCard(tab)
    .getByRole('button', { name: /repl(y|ies)/ })
    .click();
  const thread = tab.getByRole('region', { name: 'Thread' });
  await thread.locator('.message').nth(1).waitFor();
  await shoot(tab, 'thread-light-1280');
  await tab.keyboard.press('Escape');
  await expect.poll(() => thread.count()).toBe(0);
});

test('a rejection with a reason, through the modal, at 360 px', async () => {
  const tab = await open(PHONE);
  await planned(tab);
  await become(tab, 'approver-2');
  await shoot(tab, 'plan-dark-360');
  expect(await overflowOf(tab)).toBe(0);

  await lastCard(tab).getByRole('button', { name: 'Reject …' }).click();
  const modal = tab.getByRole('dialog', { name: 'Reject this plan' });
  await modal.getByRole('button', { name: 'Reject', exact: true }).click();
  expect(await modal.getByRole('alert').innerText()).toBe('This is required.');
  expect(await modal.getByRole('textbox').getAttribute('aria-invalid')).toBe('true');
  await shoot(tab, 'modal-dark-360');
  expect(await overflowOf(tab)).toBe(0);

  await modal.getByRole('textbox').fill('not <b>before</b> the release & *never* on a Friday');
  await modal.getByRole('button', { name: 'Reject', exact: true }).click();
  await expect.poll(() => modal.count(), { timeout: 10_000 }).toBe(0);
  await lastCard(tab).getByText('not <b>before</b> the release').first().waitFor();
  await expect.poll(outcome).toBe('rejected');
  expect(await lastCard(tab).locator('b', { hasText: 'before' }).count()).toBe(0);
  await shoot(tab, 'rejected-dark-360');
});

test('Esc closes a modal without an answer, and the focus returns to its button', async () => {
  const tab = await open(DESKTOP);
  await planned(tab);
  await become(tab, 'approver-1');
  const button = lastCard(tab).getByRole('button', { name: 'Reject …' });
  await button.click();
  const modal = tab.getByRole('dialog', { name: 'Reject this plan' });
  await modal.waitFor();
  expect(await modal.getByRole('textbox').evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
  await tab.keyboard.press('Escape');
  await expect.poll(() => modal.count()).toBe(0);
  await expect.poll(() => scene.playground.workspace.person('approver-1').view()).toBeUndefined();
  expect(outcome()).toBeUndefined();

  await become(tab, 'operator');
  await lastCard(tab).getByRole('button', { name: 'Cancel' }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await expect.poll(outcome, { timeout: 20_000 }).toBe('cancelled');
});

test('a fault switched on in the middle: the panel shows it, the run fails after its first member, the incident opens and closes', async () => {
  const tab = await open(DESKTOP);
  const panel = tab.getByRole('region', { name: 'Machines' });
  // Long enough for a person to see the first member done before the second one's turn.
  await planned(tab, '/kube defrag prod --all --pause 8s');
  await become(tab, 'approver-1');
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  const done = lastCard(tab).getByText(/✔ m-\d/);
  await done.first().waitFor();
  const [, first] = /✔ (m-\d)/.exec(await lastCard(tab).innerText()) ?? [];
  const follower = await followerOf(scene, first);
  const machine = panel.locator(`[data-machine="${follower}"]`);
  await panel.getByRole('button', { name: `Freeze ${follower}` }).click();
  await machine.getByText('frozen').waitFor();
  await machine.getByText('no answer').waitFor();
  await expect.poll(outcome, { timeout: 60_000 }).toBe('failed');
  await lastCard(tab).getByText('No further member was touched.').first().waitFor();
  const card = await lastCard(tab).innerText();
  expect(card).toContain(`✔ ${first}`);
  expect(card).not.toContain(`✔ ${follower}`);
  await shoot(tab, 'fault-light-1280');

  await tab.getByRole('button', { name: /^incidents \d+ new/ }).click();
  const incident = tab.locator('.message', { has: tab.locator('.block-header') }).last();
  await incident.getByText('Open', { exact: true }).waitFor();
  await shoot(tab, 'incident-light-1280');
  await panel.getByRole('button', { name: `Thaw ${follower}` }).click();
  await machine.getByText('healthy', { exact: true }).waitFor();
  await become(tab, 'operator');
  await tab.getByRole('button', { name: /^ops/ }).click();
  await say(tab, '/kube status prod');
  await expect.poll(outcome, { timeout: 30_000 }).toBe('succeeded');
  await tab.getByRole('button', { name: /^incidents/ }).click();
  await incident.getByText('Closed', { exact: true }).waitFor();
  expect(await incident.count()).toBe(1);
  await shoot(tab, 'incident-closed-light-1280');
});

test('worker and Slack are switched off and on: the last state is delivered when both are back', async () => {
  const tab = await open(DESKTOP);
  const panel = tab.getByRole('region', { name: 'Machines' });
  const worker = panel.locator('[data-machine="worker"]');
  await panel.getByRole('button', { name: 'Kill worker' }).click();
  await worker.getByText('down').waitFor();
  await say(tab, '/kube defrag prod --all');
  await lastCard(tab).getByText('Planning').waitFor();
  await panel.getByRole('button', { name: 'not at all' }).click();
  await expect.poll(() => panel.getByRole('button', { name: 'not at all' }).getAttribute('aria-pressed')).toBe('true');
  await panel.getByRole('button', { name: 'Start worker' }).click();
  await worker.getByText('ready', { exact: true }).waitFor();
  expect(await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
  await panel.getByRole('button', { name: 'normally' }).click();
  await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).waitFor({ timeout: 60_000 });
});

test('by keys alone: completion, sending, a mention, and the focus that one can see', async () => {
  const tab = await open(DESKTOP);
  const box = tab.getByRole('combobox', { name: 'Message #ops' });
  await box.focus();
  await tab.keyboard.type('/ku');
  await tab.getByRole('option', { name: '/kube' }).waitFor();
  await tab.keyboard.press('Enter');
  expect(await box.inputValue()).toBe('/kube ');
  await tab.keyboard.type('mem');
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('ArrowDown');
  await tab.keyboard.press('Enter');
  expect(await box.inputValue()).toBe('/kube members prod ');
  await tab.keyboard.press('Enter');
  await lastCard(tab).getByRole('heading', { name: 'prod' }).waitFor();
  await expect.poll(outcome, { timeout: 30_000 }).toBe('succeeded');

  const before = allCards(scene.playground.workspace).length;
  await tab.keyboard.type('@drydock status prod');
  await tab.keyboard.press('Enter');
  await expect.poll(() => allCards(scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);

  await tab.keyboard.press('Shift+Tab');
  const outline = await tab.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(outline).toBe('solid');
});

test('blocks of other kinds, files and images, and a link to a message', async () => {
  const { state } = scene.playground.workspace;
  const tab = await open(PHONE);
  const words = [{ type: 'text', text: 'rich words' }];
  const rich = { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: words }] };
  const image = { type: 'image', image_url: 'https://elsewhere.test/x.png', alt_text: 'a chart' };
  const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const log = Array.from({ length: 40 }, (_, at) => `line ${at} <b>`).join('\n');
  for (const [id, content] of [
    ['F1.png', Buffer.from(picture, 'base64')],
    ['F2.log', Buffer.from(log)],
  ] as const)
    state.files.set(id, { id, name: id, title: `file ${id}`, announcedBytes: content.length, content });
  const { ts } = state.post({
    channel: 'C0AUDIT',
    user: 'U0DRYDOCK',
    blocks: [rich, { type: 'markdown', text: '**marked** down' }, image],
    files: ['F1.png', 'F2.log'],
  });
  await tab.goto(`${new URL(scene.address).origin}/archives/C0AUDIT/p${ts.replace('.', '')}`);
  const message = tab.locator('.message-marked');
  await message.getByText('rich words').waitFor();
  await message.locator('strong', { hasText: 'marked' }).waitFor();
  await message.getByText('a chart').waitFor();
  await message.getByText('line 11 <b>').waitFor();
  await message.getByText('28 more lines in the file').waitFor();
  const loaded = message.getByRole('img', { name: 'file F1.png' });
  await expect.poll(() => loaded.evaluate((one) => one instanceof HTMLImageElement && one.naturalWidth)).toBe(1);
  expect(await overflowOf(tab)).toBe(0);
  await shoot(tab, 'files-dark-360');
});

test('what is new is counted for the person it is new for', async () => {
  const tab = await open(DESKTOP);
  scene.playground.workspace.state.post({ channel: 'C0INC', user: 'U0DRYDOCK', text: 'for <@U0OPERATOR>' });
  await tab.getByRole('button', { name: 'incidents 1 mentions' }).click();
  await tab.getByText('for @operator').waitFor();
  await expect.poll(() => tab.getByRole('button', { name: 'incidents', exact: true }).count()).toBe(1);
  await become(tab, 'stranger');
  await tab.getByRole('button', { name: /^ops \d+ new/ }).click();
  await tab.getByRole('heading', { name: '#ops' }).first().waitFor();
  await expect.poll(() => tab.getByRole('button', { name: 'ops', exact: true }).count()).toBe(1);
});

/** A follower other than this one. */
async function followerOf({ playground }: PageScene, other: string | undefined): Promise<string> {
  const leader = await playground.ring.leader();
  const found = playground.ring.members.find((member) => member.name !== leader.name && member.name !== other);
  if (found === undefined) throw new Error('the ring has only one member');
  return found.name;
}

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(scene.outside).toEqual([]);
  expect(scene.complaints).toEqual([]);
});
