import { describe, expect, test, vi } from 'vitest';
import { fillRing } from '../../../playground/fill.ts';
import { become, cutOff, type PageScene, say, shoot } from '../../e2e/page/scene.ts';
import { approve, atMachines, goTo, lastCard, outcomeOf, planned, toHead } from '../../e2e/page/steps.ts';
import { usePage, WIDTHS } from '../../e2e/page/use-page.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const page = usePage();

describe.each(WIDTHS)('at $px px', ({ look, options }) => {
  test('a fault switched on in the middle: the run fails after its first member, the incident opens and closes', async () => {
    await fillRing(page.scene.playground.ring, { megabytes: 40, keep: 0.4 });
    const tab = await page.open(options);
    // Long enough for a person to see the first member done before the second one's turn.
    await planned(page.scene, tab, '/kube defrag prod --all --pause 8s');
    for (const approver of ['approver-1', 'approver-2']) {
      await become(tab, approver);
      await approve(tab);
    }
    await lastCard(tab)
      .getByText(/✔ m-\d/)
      .first()
      .waitFor();
    const [, first] = /✔ (m-\d)/.exec(await lastCard(tab).innerText()) ?? [];
    const follower = await followerOf(page.scene, first);
    await atMachines(tab, async (panel) => {
      const machine = panel.locator(`[data-machine="${follower}"]`);
      await panel.getByRole('button', { name: `Freeze ${follower}` }).click();
      await machine.getByText('frozen').waitFor();
      await machine.getByText('no answer').waitFor();
      await shoot(tab, `machines-${look}`);
    });
    await expect.poll(() => outcomeOf(page.scene), { timeout: 60_000 }).toBe('failed');
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
    await expect.poll(() => outcomeOf(page.scene), { timeout: 30_000 }).toBe('succeeded');
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
  expect(page.scene.outside).toEqual([]);
  expect(page.scene.complaints).toEqual([]);
});
