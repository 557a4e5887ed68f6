import { expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { become, cutOff, DESKTOP, PHONE, say, shoot } from './scene.ts';
import { lastCard, outcomeOf, planned } from './steps.ts';
import { usePage } from './use-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const page = usePage();

function outcome(): string | undefined {
  return outcomeOf(page.scene);
}

test('Esc closes a modal without an answer, and the focus returns to its button', async () => {
  const tab = await page.open(DESKTOP);
  await planned(page.scene, tab);
  await become(tab, 'approver-1');
  const button = lastCard(tab).getByRole('button', { name: 'Reject …' });
  await button.click();
  const modal = tab.getByRole('dialog', { name: 'Reject this plan' });
  await modal.waitFor();
  expect(await modal.getByRole('textbox').evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
  await tab.keyboard.press('Escape');
  await expect.poll(() => modal.count()).toBe(0);
  await expect.poll(() => page.scene.playground.workspace.person('approver-1').view()).toBeUndefined();
  expect(outcome()).toBeUndefined();

  await become(tab, 'operator');
  await lastCard(tab).getByRole('button', { name: 'Cancel' }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Cancel the run' }).click();
  await expect.poll(outcome, { timeout: 20_000 }).toBe('cancelled');
});

test('worker and Slack are switched off and on: the last state is delivered when both are back', async () => {
  const tab = await page.open(DESKTOP);
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
  const tab = await page.open(DESKTOP);
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

  const before = allCards(page.scene.playground.workspace).length;
  await tab.keyboard.type('@drydock status prod');
  await tab.keyboard.press('Enter');
  await expect.poll(() => allCards(page.scene.playground.workspace).length, { timeout: 30_000 }).toBe(before + 1);

  await tab.keyboard.press('Shift+Tab');
  const outline = await tab.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(outline).toBe('solid');
});

test('blocks of other kinds, files and images, and a link to a message', async () => {
  const { state } = page.scene.playground.workspace;
  const tab = await page.open(PHONE);
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
  await tab.goto(`${new URL(page.scene.address).origin}/archives/C0AUDIT/p${ts.replace('.', '')}`);
  const message = tab.locator('.message-marked');
  await message.getByText('rich words').waitFor();
  await message.locator('strong', { hasText: 'marked' }).waitFor();
  await message.getByText('a chart').waitFor();
  await message.getByText('line 11 <b>').waitFor();
  await message.getByText('28 more lines in the file').waitFor();
  const loaded = message.getByRole('img', { name: 'file F1.png' });
  await expect.poll(() => loaded.evaluate((one) => one instanceof HTMLImageElement && one.naturalWidth)).toBe(1);
  expect(await cutOff(tab)).toEqual([]);
  await shoot(tab, 'files-dark-360');
});

test('the check for what is cut off finds it', async () => {
  const tab = await page.open(PHONE);
  expect(await cutOff(tab)).toEqual([]);
  for (const [place, found] of [
    ['.log', /^div\.log: \d+ of 360 px$/],
    ['body', /^html\./],
  ] as const) {
    await tab.locator(place).evaluate((box) => {
      const wide = document.createElement('div');
      wide.className = 'too-wide';
      wide.style.width = '2000px';
      wide.style.height = '2px';
      wide.style.flexShrink = '0';
      box.append(wide);
    });
    expect(await cutOff(tab)).toContainEqual(expect.stringMatching(found));
    await tab.locator('.too-wide').evaluate((wide) => wide.remove());
  }
});

test('what is new is counted for the person it is new for', async () => {
  const tab = await page.open(DESKTOP);
  page.scene.playground.workspace.state.post({ channel: 'C0INC', user: 'U0DRYDOCK', text: 'for <@U0OPERATOR>' });
  await tab.getByRole('button', { name: 'incidents 1 mentions' }).click();
  await tab.getByText('for @operator').waitFor();
  await expect.poll(() => tab.getByRole('button', { name: 'incidents', exact: true }).count()).toBe(1);
  await become(tab, 'stranger');
  await tab.getByRole('button', { name: /^ops \d+ new/ }).click();
  await tab.getByRole('heading', { name: '#ops' }).first().waitFor();
  await expect.poll(() => tab.getByRole('button', { name: 'ops', exact: true }).count()).toBe(1);
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
