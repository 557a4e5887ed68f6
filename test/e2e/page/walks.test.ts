import type { Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fillRing } from '../../../playground/fill.ts';
import { become, cutOff, DESKTOP, type PageScene, PHONE, say, shoot, startPageScene } from './scene.ts';
import { approve, atMachines, goTo, lastCard, outcomeOf, planned, toHead } from './steps.ts';

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

const WIDTHS = [
  { px: 1280, look: 'light-1280', options: DESKTOP },
  { px: 360, look: 'dark-360', options: PHONE },
];

describe.each(WIDTHS)('at $px px', ({ look, options }) => {
  test('a command, its plan, a refusal, the approval of two others, progress, the end', async () => {
    await fillRing(scene.playground.ring, { megabytes: 40, keep: 0.4 });
    const tab = await open(options);
    // Long enough for a person to see it run.
    await planned(scene, tab, '/kube defrag prod --all --pause 3s');
    await toHead(tab);
    expect(await shoot(tab, `plan-${look}`)).toBeGreaterThan(10_000);
    expect(await cutOff(tab)).toEqual([]);

    const told = tab.locator('.message-ephemeral', { hasText: 'Only visible to you' });
    const before = await told.count();
    await approve(tab);
    await expect.poll(() => told.count(), { timeout: 10_000 }).toBe(before + 1);
    expect(await lastCard(tab).innerText()).toContain('Waiting for approval: 0 of 2');

    await become(tab, 'approver-1');
    expect(await tab.getByText('Only visible to you').count()).toBe(0);
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
      .getByText(/Running step 1 of 2.* so far, about .* in all/)
      .waitFor();
    await toHead(tab);
    await shoot(tab, `progress-${look}`);
    await lastCard(tab).getByText('Succeeded').waitFor();
    expect(outcomeOf(scene)).toBe('succeeded');
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
    const tab = await open(options);
    await planned(scene, tab);
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
    await expect.poll(() => outcomeOf(scene)).toBe('rejected');
    expect(await lastCard(tab).locator('b', { hasText: 'before' }).count()).toBe(0);
    await toHead(tab);
    await shoot(tab, `rejected-${look}`);
  });

  test('a fault switched on in the middle: the run fails after its first member, the incident opens and closes', async () => {
    await fillRing(scene.playground.ring, { megabytes: 40, keep: 0.4 });
    const tab = await open(options);
    // Long enough for a person to see the first member done before the second one's turn.
    await planned(scene, tab, '/kube defrag prod --all --pause 8s');
    for (const approver of ['approver-1', 'approver-2']) {
      await become(tab, approver);
      await approve(tab);
    }
    await lastCard(tab)
      .getByText(/✔ m-\d/)
      .first()
      .waitFor();
    const [, first] = /✔ (m-\d)/.exec(await lastCard(tab).innerText()) ?? [];
    const follower = await followerOf(scene, first);
    await atMachines(tab, async (panel) => {
      const machine = panel.locator(`[data-machine="${follower}"]`);
      await panel.getByRole('button', { name: `Freeze ${follower}` }).click();
      await machine.getByText('frozen').waitFor();
      await machine.getByText('no answer').waitFor();
      await shoot(tab, `machines-${look}`);
    });
    await expect.poll(() => outcomeOf(scene), { timeout: 60_000 }).toBe('failed');
    await lastCard(tab).getByText('No further member was touched.').first().waitFor();
    const card = await lastCard(tab).innerText();
    expect(card).toContain(`✔ ${first}`);
    expect(card).not.toContain(`✔ ${follower}`);
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `fault-${look}`);

    await goTo(tab, 'incidents');
    const incident = lastCard(tab);
    await incident.getByText('Open', { exact: true }).waitFor();
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `incident-${look}`);
    await atMachines(tab, async (panel) => {
      await panel.getByRole('button', { name: `Thaw ${follower}` }).click();
      await panel.locator(`[data-machine="${follower}"]`).getByText('healthy', { exact: true }).waitFor();
    });
    await become(tab, 'operator');
    await goTo(tab, 'ops');
    await say(tab, '/kube status prod');
    await expect.poll(() => outcomeOf(scene), { timeout: 30_000 }).toBe('succeeded');
    await goTo(tab, 'incidents');
    await incident.getByText('Closed', { exact: true }).waitFor();
    expect(await incident.innerText()).toContain(follower);
    await toHead(tab);
    await shoot(tab, `incident-closed-${look}`);
  });
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
