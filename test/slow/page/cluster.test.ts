import type { Page as Tab } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { allCards } from '../../../playground/demo/sightings.ts';
import { fillRing } from '../../../playground/fill.ts';
import { become, cutOff, DESKTOP, PHONE, say, shoot } from '../../e2e/page/scene.ts';
import { approve, atMachines, goTo, lastCard, outcomeOf, planned, toHead } from '../../e2e/page/steps.ts';
import { usePage, WIDTHS } from '../../e2e/page/use-page.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const LONG_MS = 120_000;
const FILL = { megabytes: 40, keep: 0.4 };

/**
 * What `npm run demo -- --window 90s` starts, with less data. A kubelet that starts a member again and again waits longer each time,
 * longer than a run does: here it does not.
 */
const page = usePage({ fill: FILL, edgeOpensInMs: 90_000, cluster: { backOff: { first: 500, longest: 500 } } });

/** The run that waits for its window while the others are walked, and when it opens. */
let waiting: { readonly run: string; readonly opensMs: number } | undefined;

test('a run outside its window waits, and its card says until when', async () => {
  const tab = await page.open(DESKTOP);
  await planned(page.scene, tab, '/kube defrag edge --all');
  await lastCard(tab).getByText('Waits for the maintenance window, then starts by itself').waitFor();
  await become(tab, 'approver-1');
  await approve(tab);
  await lastCard(tab)
    .getByText(/^Waits for its window: opens .* UTC, starts by itself$/)
    .waitFor({ timeout: LONG_MS });
  const card = await lastCard(tab).innerText();
  expect(card).toContain('Nothing was changed yet, and no lock is held.');
  const [, opens = ''] = /opens \w+ (.*) UTC, starts/.exec(card) ?? [];
  waiting = {
    run: allCards(page.scene.playground.workspace).at(-1)?.run ?? '',
    opensMs: Date.parse(`${opens} UTC`),
  };
  for (const [look, options] of [['light-1280', DESKTOP] as const, ['dark-360', PHONE] as const]) {
    const seen = await page.open(options);
    await toHead(seen);
    expect(await cutOff(seen)).toEqual([]);
    await shoot(seen, `window-${look}`);
  }
});

/** Waits until so many members are done, as the card says. Answers the others, the leader last. */
async function done(tab: Tab, count: number): Promise<{ readonly done: readonly string[]; readonly next: string }> {
  await expect
    .poll(async () => marked(await lastCard(tab).innerText()).length, { timeout: LONG_MS })
    .toBeGreaterThanOrEqual(count);
  const names = marked(await lastCard(tab).innerText());
  const { ring } = page.scene.playground;
  const leader = (await ring.leader()).name;
  const left = ring.members.map(({ name }) => name).filter((name) => !names.includes(name));
  return { done: names, next: left.find((name) => name !== leader) ?? leader };
}

/** Waits until the last card has these words. @throws Error with what it showed one after another, when it never has them. */
async function shown(tab: Tab, words: RegExp): Promise<void> {
  const heads = new Set<string>();
  async function look(): Promise<string> {
    const card = await lastCard(tab).innerText();
    heads.add(card.split('\n').slice(4, 8).join(' | '));
    return card;
  }
  try {
    await expect.poll(look, { timeout: LONG_MS }).toMatch(words);
  } catch (error) {
    throw new Error(`The card never had ${words}, but:\n${[...heads].join('\n')}`, { cause: error });
  }
}

function marked(card: string): readonly string[] {
  return [...card.matchAll(/✔ (cp-\d)/g)].map(([, name = '']) => name);
}

describe.each(WIDTHS)('static pods, at $px px', ({ look, options }) => {
  test('one member is killed and comes back, one freezes: the card says what it waits for, then what was left alone', async () => {
    await fillRing(page.scene.playground.ring, FILL);
    const tab = await page.open(options);
    // Long enough for a person to switch a fault on before the next member's turn.
    await planned(page.scene, tab, '/kube defrag prod --all --pause 20s');
    await toHead(tab);
    expect(await cutOff(tab)).toEqual([]);
    await shoot(tab, `cluster-plan-${look}`);
    for (const approver of ['approver-1', 'approver-2']) {
      await become(tab, approver);
      await approve(tab);
    }

    const { next: killed } = await done(tab, 1);
    const before = page.scene.playground.cluster?.node(killed).etcd.pid();
    await atMachines(tab, async (panel) => {
      await panel.getByRole('button', { name: `Kill ${killed}` }).click();
      await expect
        .poll(() => page.scene.playground.cluster?.node(killed).etcd.pid() ?? before, { timeout: LONG_MS })
        .not.toBe(before);
      await panel.locator(`[data-machine="${killed}"]`).getByText('healthy', { exact: true }).waitFor();
    });
    const { done: two, next: leader } = await done(tab, 2);
    expect(two).toContain(killed);
    const frozen = two.find((name) => name !== killed) ?? '';
    await atMachines(tab, async (panel) => {
      await panel.getByRole('button', { name: `Freeze ${frozen}` }).click();
      const machine = panel.locator(`[data-machine="${frozen}"]`);
      await machine.getByText('frozen').waitFor();
      await machine.getByText('no answer').waitFor();
      await shoot(tab, `machines-${look}`);
    });
    await shown(tab, new RegExp(`Waiting, the ring is not healthy: 2 of 3 voters answer; .*${frozen}`));
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `cluster-waiting-${look}`);
    await expect.poll(() => outcomeOf(page.scene), { timeout: LONG_MS }).toBe('failed');
    await lastCard(tab).getByText('No further member was touched.').first().waitFor();
    const card = await lastCard(tab).innerText();
    expect(marked(card).toSorted()).toEqual([...two].toSorted());
    expect(card).toContain(`Left as it was: ${leader}.`);
    expect(await cutOff(tab)).toEqual([]);
    await toHead(tab);
    await shoot(tab, `fault-${look}`);
    await closeIncident(tab, frozen, look);
  });
});

/** Walks from the open incident over the member that is thawed and a look at the cluster to the closed one. */
async function closeIncident(tab: Tab, frozen: string, look: string): Promise<void> {
  await goTo(tab, 'incidents');
  const incident = lastCard(tab);
  await incident.getByText('Open', { exact: true }).waitFor();
  expect(await incident.innerText()).toContain(frozen);
  expect(await cutOff(tab)).toEqual([]);
  await toHead(tab);
  await shoot(tab, `incident-${look}`);
  await atMachines(tab, async (panel) => {
    // A kubelet ends what has not answered for about two minutes, and starts it anew: then there is nothing to thaw.
    await panel
      .getByRole('button', { name: `Thaw ${frozen}` })
      .click({ timeout: 5000 })
      .catch(() => undefined);
    await panel
      .locator(`[data-machine="${frozen}"]`)
      .getByText('healthy', { exact: true })
      .waitFor({ timeout: LONG_MS });
  });
  await become(tab, 'operator');
  await goTo(tab, 'ops');
  await say(tab, '/kube status prod');
  await expect.poll(() => outcomeOf(page.scene), { timeout: LONG_MS }).toBe('succeeded');
  await lastCard(tab)
    .getByText(/3 of 3 nodes are ready.* 3 of 3 members are healthy/)
    .first()
    .waitFor();
  expect(await cutOff(tab)).toEqual([]);
  await toHead(tab);
  await shoot(tab, `cluster-status-${look}`);
  await goTo(tab, 'incidents');
  await incident.getByText('Closed', { exact: true }).waitFor({ timeout: LONG_MS });
  await toHead(tab);
  await shoot(tab, `incident-closed-${look}`);
}

test('the run that waited has started by itself when its window opened', async () => {
  const { workspace } = page.scene.playground;
  expect(waiting).toMatchObject({ run: expect.stringMatching(/^defrag-edge-/), opensMs: expect.any(Number) });
  await expect
    .poll(() => allCards(workspace).find(({ run }) => run === waiting?.run)?.outcome, { timeout: LONG_MS })
    .toBe('succeeded');
  expect(Date.now()).toBeGreaterThan(waiting?.opensMs ?? Number.POSITIVE_INFINITY);
});

/** Gives a command and waits until its run has ended. */
async function ran(tab: Tab, line: string): Promise<string | undefined> {
  const { workspace } = page.scene.playground;
  const before = allCards(workspace).length;
  await say(tab, line);
  await expect.poll(() => allCards(workspace)[before]?.outcome, { timeout: LONG_MS }).toBeDefined();
  return allCards(workspace)[before]?.outcome;
}

test('a bit of the newest backup is flipped on the panel: the drill fails, and panel and cards say so at both widths', async () => {
  const tab = await page.open(DESKTOP);
  expect(await ran(tab, '/kube backup prod')).toBe('succeeded');
  const [{ id } = { id: '' }] = await page.scene.playground.backups.list();
  await atMachines(tab, async (panel) => {
    const backup = panel.locator(`[data-backup="${id}"]`);
    await backup.getByText('never drilled').waitFor();
    await panel.getByRole('button', { name: 'Flip a bit in the newest' }).click();
    await backup.getByText('One bit of its snapshot is flipped.').waitFor();
  });
  expect(await ran(tab, `/kube drill prod backup/${id}`)).toBe('failed');
  expect(await ran(tab, '/kube backups prod')).toBe('succeeded');
  for (const { options } of WIDTHS) {
    const seen = await page.open(options);
    await lastCard(seen).getByText(`${id} is damaged: its drill failed`, { exact: false }).first().waitFor();
    await seen.getByText(`${id} failed its drill`, { exact: false }).first().waitFor();
    expect(await cutOff(seen)).toEqual([]);
    await atMachines(seen, async (panel) => {
      await panel.locator(`[data-backup="${id}"]`).getByText('damaged', { exact: true }).waitFor();
      await panel.getByRole('button', { name: 'Take the store away' }).waitFor();
      expect(await cutOff(seen)).toEqual([]);
    });
  }
});

test('no tab asked anybody but the workspace for anything, and none complained', () => {
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
