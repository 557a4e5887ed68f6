import type { Locator, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { become, cutOff, DESKTOP, type PageScene, PHONE, say, shoot, startPageScene } from '../../e2e/page/scene.ts';
import { approve } from '../../e2e/page/steps.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let scene: PageScene;
let tab: Tab;

beforeAll(async () => {
  scene = await startPageScene();
});

afterAll(async () => await scene.stop());

beforeEach(async () => {
  const operator = scene.playground.workspace.person('operator');
  const left = operator.view();
  if (left !== undefined) await operator.close(left);
  await scene.playground.ring.waitHealthy();
});

afterEach(async () => await tab.context().close());

function outcomes(): readonly (string | undefined)[] {
  return allCards(scene.playground.workspace).map((card) => card.outcome);
}

/** The page of the form with this title. */
function page(title: string): Locator {
  return tab.getByRole('dialog', { name: title, exact: true });
}

/** Opens the form and goes on to the arguments of a defragmentation. */
async function openArguments(): Promise<Locator> {
  await say(tab, '/kube');
  const form = page('Run a command');
  await form.getByRole('combobox', { name: 'Command' }).selectOption('defrag');
  await form.getByRole('button', { name: 'Next' }).click();
  const fields = page('Arguments');
  await fields.waitFor();
  return fields;
}

test('at 360 px: a mistake at its field, the plan, other arguments, the plan again, the run, approved by two others', async () => {
  tab = await scene.open(PHONE);
  const before = outcomes().length;
  await say(tab, '/kube');
  await page('Run a command').getByRole('combobox', { name: 'Command' }).selectOption('defrag');
  await shoot(tab, 'form-dark-360');
  expect(await cutOff(tab)).toEqual([]);
  await page('Run a command').getByRole('button', { name: 'Next' }).click();
  const fields = page('Arguments');
  await fields.getByRole('checkbox', { name: '--all' }).check();
  await fields.getByRole('textbox', { name: /pause/i }).fill('soon');
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();
  expect(await fields.getByRole('alert').innerText()).toContain('soon');
  expect(await fields.getByRole('checkbox', { name: '--all' }).isChecked()).toBe(true);
  await fields.getByRole('textbox', { name: /pause/i }).fill('2s');
  await shoot(tab, 'form-arguments-dark-360');
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();

  const plan = page('Plan');
  await plan.getByText('/kube defrag prod --all --pause=2s').waitFor();
  expect(await plan.innerText()).toContain('Closing this page starts nothing.');
  await shoot(tab, 'form-plan-dark-360');
  expect(await cutOff(tab)).toEqual([]);
  await plan.getByRole('button', { name: 'Change the arguments' }).click();
  expect(await fields.getByRole('textbox', { name: /pause/i }).inputValue()).toBe('2s');
  await fields.getByRole('checkbox', { name: '--all' }).uncheck();
  await fields.getByRole('textbox', { name: /only these/i }).fill('member/m-1');
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();

  await plan.getByText('/kube defrag prod member/m-1 --pause=2s').waitFor();
  await plan.getByRole('button', { name: 'Request this run' }).click();
  const last = page('Requested');
  await last.getByText('was requested.').waitFor();
  await shoot(tab, 'form-requested-dark-360');
  expect(await cutOff(tab)).toEqual([]);
  await last.getByRole('button', { name: 'Close' }).last().click();
  await expect.poll(() => outcomes().slice(before)).toEqual(['planned', 'planned', undefined]);
  for (const approver of ['approver-1', 'approver-2']) {
    await become(tab, approver);
    await approve(tab);
  }
  await expect.poll(() => outcomes().slice(before), { timeout: 60_000 }).toEqual(['planned', 'planned', 'succeeded']);
});

test('at 1280 px: the plan, closed without a run; asked again, approved by two others', async () => {
  tab = await scene.open(DESKTOP);
  const before = outcomes().length;
  const fields = await openArguments();
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();
  await page('Planning').or(page('Plan')).waitFor();
  const plan = page('Plan');
  await plan.getByRole('button', { name: 'Request this run' }).waitFor();
  await shoot(tab, 'form-plan-light-1280');
  await tab.keyboard.press('Escape');
  await expect.poll(() => plan.count()).toBe(0);
  expect(outcomes().slice(before)).toEqual(['planned']);

  await openArguments();
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();
  await plan.getByRole('button', { name: 'Request this run' }).click();
  const link = page('Requested').getByRole('link', { name: /^defrag-prod-/ });
  expect(await link.getAttribute('href')).toMatch(/^#\/C0OPS\/\d+$/);
  await page('Requested').getByRole('button', { name: 'Close' }).last().click();
  for (const approver of ['approver-1', 'approver-2']) {
    await become(tab, approver);
    await approve(tab);
  }
  await expect.poll(() => outcomes().slice(before), { timeout: 60_000 }).toEqual(['planned', 'planned', 'succeeded']);
});

test('planned with one member down: blocked, in words, and nothing to request', async () => {
  tab = await scene.open(DESKTOP);
  const [member] = scene.playground.ring.members;
  if (member === undefined) throw new Error('the ring has no member');
  await member.kill();
  try {
    const fields = await openArguments();
    await fields.getByRole('button', { name: 'Plan', exact: true }).click();
    const blocked = page('Blocked');
    await blocked
      .getByText(/Blocks:/)
      .first()
      .waitFor();
    expect(await blocked.getByRole('button', { name: /Request|Start/ }).count()).toBe(0);
    await shoot(tab, 'form-blocked-light-1280');
  } finally {
    await member.start();
  }
});

test('without a worker the page stays true, and shows the plan once there is one', async () => {
  tab = await scene.open(PHONE);
  const before = outcomes().length;
  await scene.playground.worker.kill();
  const fields = await openArguments();
  await fields.getByRole('checkbox', { name: '--all' }).check();
  await fields.getByRole('button', { name: 'Plan', exact: true }).click();
  const planning = page('Planning');
  await planning.getByText('Planning: changing nothing.').waitFor();
  await shoot(tab, 'form-planning-dark-360');
  await scene.playground.bot.kill();
  await scene.playground.bot.start();
  await scene.playground.worker.start();
  await planning.getByRole('button', { name: 'Look again' }).click();
  await page('Plan').getByRole('button', { name: 'Request this run' }).waitFor({ timeout: 60_000 });
  await expect.poll(() => outcomes().slice(before), { timeout: 30_000 }).toEqual(['planned']);
});

test('Redis frozen on the panel: a command is told that nobody knows, the panel says what that means; then it goes on', async () => {
  tab = await scene.open(DESKTOP);
  const panel = tab.getByRole('region', { name: 'Machines' });
  const redis = panel.locator('[data-machine="redis"]');
  await panel.getByRole('button', { name: 'Freeze redis' }).click();
  await redis.getByText('frozen').waitFor();
  await redis.getByText('nothing new is accepted').waitFor();
  await say(tab, '/kube status prod');
  await tab.locator('.message-ephemeral', { hasText: 'cannot reach its store' }).waitFor();
  await shoot(tab, 'redis-light-1280');
  await panel.getByRole('button', { name: 'Thaw redis' }).click();
  await redis.getByText(/answers in/).waitFor();
  await panel.locator('[data-machine="bot"]').getByText('ready', { exact: true }).waitFor();
  const before = outcomes().length;
  await say(tab, '/kube status prod');
  await expect.poll(() => outcomes().slice(before).at(-1), { timeout: 60_000 }).toBe('succeeded');
});

test('a member is given a crash loop on the panel, which shows it until it is cleared', async () => {
  tab = await scene.open(DESKTOP);
  const { ring, faults } = scene.playground;
  const panel = tab.getByRole('region', { name: 'Machines' });
  const member = panel.locator('[data-member="prod/m-2"]');
  await member.getByText('etcd runs', { exact: true }).waitFor();
  await member.getByText('Faults of m-2').click();
  expect(await member.getByRole('button', { name: 'Node not ready' }).count()).toBe(0);
  await member.getByRole('button', { name: 'Crash loop' }).click();
  await member.getByText('Fault: crash loop.').waitFor();
  await member.getByText('etcd does not run').waitFor();
  expect(faults.of('prod', 'm-2')).toBe('crash-loop');
  expect(ring.member('m-2').output()).toContain('crc mismatch');

  await member.getByRole('button', { name: 'Clear it' }).click();
  await member.getByText('etcd runs', { exact: true }).waitFor();
  await ring.waitHealthy();
  expect(faults.of('prod', 'm-2')).toBeUndefined();
});

test('no tab asked anybody but the workspace for anything, and none complained', async () => {
  tab = await scene.open(DESKTOP);
  expect(scene.outside).toEqual([]);
  expect(scene.complaints).toEqual([]);
});
