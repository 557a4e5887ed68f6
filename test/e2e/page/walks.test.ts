import { describe, expect, test, vi } from 'vitest';
import { fillRing } from '../../../playground/fill.ts';
import { become, cutOff, shoot } from './scene.ts';
import { approve, lastCard, outcomeOf, planned, toHead } from './steps.ts';
import { usePage, WIDTHS } from './use-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const page = usePage();

describe.each(WIDTHS)('at $px px', ({ look, options }) => {
  test('a command, its plan, a refusal, the approval of two others, progress, the end', async () => {
    await fillRing(page.scene.playground.ring, { megabytes: 40, keep: 0.4 });
    const tab = await page.open(options);
    // Long enough for a person to see it run.
    await planned(page.scene, tab, '/kube defrag prod --all --pause 3s');
    await toHead(tab);
    expect(await shoot(tab, `plan-${look}`)).toBeGreaterThan(10_000);
    expect(await cutOff(tab)).toEqual([]);

    const told = tab.locator('.message-ephemeral', { hasText: 'Only visible to you' });
    const before = await told.count();
    await approve(tab);
    await expect.poll(() => told.count(), { timeout: 10_000 }).toBe(before + 1);
    expect(await lastCard(tab).innerText()).toContain('Waiting for approval: 0 of 2');

    await become(tab, 'approver-1');
    await expect.poll(() => told.count(), { timeout: 10_000 }).toBe(0);
    await lastCard(tab).getByRole('button', { name: 'Approve', exact: true }).click();
    const dialog = tab.getByRole('dialog', { name: 'Run this plan on prod?' });
    await dialog.waitFor();
    await shoot(tab, `confirm-${look}`);
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await lastCard(tab)
      .getByText(/Waiting for approval: 1 of 2/)
      .waitFor();
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `half-${look}`);

    await become(tab, 'approver-2');
    await approve(tab);
    await lastCard(tab)
      .getByText(/✔ m-\d/)
      .first()
      .waitFor();
    await lastCard(tab)
      .getByText(/Running step 1 of 2.* so far, (about .* in all|longer than the estimated)/)
      .waitFor();
    await toHead(tab);
    await shoot(tab, `progress-${look}`);
    await lastCard(tab).getByText('Succeeded').waitFor();
    expect(outcomeOf(page.scene)).toBe('succeeded');
    expect(await lastCard(tab).innerText()).toMatch(/Approved by @approver-1.*@approver-2/);
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `end-${look}`);

    await lastCard(tab)
      .getByRole('button', { name: /repl(y|ies)/ })
      .click();
    const thread = tab.getByRole('region', { name: 'Thread' });
    await thread.locator('.message').nth(1).waitFor();
    expect(await cutOff(tab)).toEqual([]);
    await shoot(tab, `thread-${look}`);
    await tab.keyboard.press('Escape');
    await expect.poll(() => thread.count()).toBe(0);
  });

  test('a rejection with a reason, through the modal', async () => {
    const tab = await page.open(options);
    await planned(page.scene, tab);
    await become(tab, 'approver-2');

    await lastCard(tab).getByRole('button', { name: 'Reject …' }).click();
    const modal = tab.getByRole('dialog', { name: 'Reject this plan' });
    await modal.getByRole('button', { name: 'Reject', exact: true }).click();
    expect(await modal.getByRole('alert').innerText()).toBe('This is required.');
    expect(await modal.getByRole('textbox').getAttribute('aria-invalid')).toBe('true');
    await shoot(tab, `modal-${look}`);
    expect(await cutOff(tab)).toEqual([]);

    await modal.getByRole('textbox').fill('not <b>before</b> the release & *never* on a Friday');
    await modal.getByRole('button', { name: 'Reject', exact: true }).click();
    await expect.poll(() => modal.count(), { timeout: 10_000 }).toBe(0);
    await lastCard(tab).getByText('not <b>before</b> the release').first().waitFor();
    await expect.poll(() => outcomeOf(page.scene)).toBe('rejected');
    expect(await lastCard(tab).locator('b', { hasText: 'before' }).count()).toBe(0);
    await toHead(tab);
    await shoot(tab, `rejected-${look}`);
  });
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
