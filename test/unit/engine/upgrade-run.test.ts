import { describe, expect, test } from 'vitest';
import { openGate } from '../../../src/core/run-state.ts';
import { undoRecordsOf } from '../../../src/core/undo-record.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { operator } from '../../support/engine-harness.ts';
import { freezeProd, type RunScene, runScene } from '../../support/run-scene.ts';
import { createToy, type Toy } from '../../support/toy-groups.ts';
import { upgradeParams } from '../../support/upgrade-params.ts';
import { upgradeBy, upgradeScene } from '../../support/upgrade-scene.ts';

/** An upgrade of the toy's groups in the engine. */
interface Scene extends RunScene {
  readonly toy: Toy;
}

async function asked(): Promise<Scene> {
  const toy = createToy(['controlplane', 'v1.31.4', 3], ['a', 'v1.30.6', 2], ['b', 'v1.30.6', 2]);
  const { clock, context } = upgradeScene();
  const { cluster, ports } = context;
  const ask = { runbook: upgradeBy(toy.provider), params: upgradeParams(), policyVerb: 'upgrade all' };
  return { ...(await runScene({ ...ask, clock, cluster, ports })), toy };
}

/** To the gate behind the first group. */
async function toCanary(): Promise<Scene> {
  const scene = await asked();
  expect(openGate(await scene.drive())?.spec).toMatchObject({ id: 'approve', beforeStep: 0 });
  expect(scene.toy.calls).toEqual([]);
  expect(await scene.answer(null)).toMatchObject({ ok: true });
  expect(openGate(await scene.drive())?.spec).toMatchObject({
    id: 'go-on-nodegroup-a',
    kind: 'choice',
    choices: ['Go on'],
  });
  return scene;
}

describe('an upgrade in the engine', () => {
  test('is approved, upgrades the canary, asks, and goes on with the rest', async () => {
    const scene = await toCanary();
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
    expect(await scene.answer('Go on')).toMatchObject({ ok: true });
    const ended = await scene.drive();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4', 'set b v1.31.4']);
    expect(ended.cleanups.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(undoRecordsOf(ended).map((record) => (record.kind === 'group' ? record.group : ''))).toEqual([
      'nodegroup/b',
      'nodegroup/a',
    ]);
  });

  test('that is rejected behind the canary leaves the rest as it is, and the canary as it is now', async () => {
    const scene = await toCanary();
    await scene.answer('errors in web', { verdict: 'reject' });

    expect((await scene.drive()).ended).toMatchObject({ outcome: 'rejected' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
    expect(scene.toy.groups.get('a')?.wanted).toBe('v1.31.4');
  });

  test('that is cancelled in the middle of a roll-out holds it, and says so', async () => {
    const scene = await asked();
    await scene.drive();
    await scene.answer(null);
    scene.toy.stands = true;
    await scene.drive((state) => state.scratch?.note.includes('is replaced') === true);
    await createDesk(scene.deps).cancel({ runId: scene.runId, actor: operator, idempotencyKey: null });
    const ended = await scene.drive();

    expect(ended.ended).toMatchObject({ outcome: 'cancelled' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4', 'pause a']);
    expect(ended.cleanups).toMatchObject([{ status: 'done', summary: 'a is held; a node that is under way ends' }]);
  });

  test('that stands still is held and calls a person', async () => {
    const scene = await asked();
    await scene.drive();
    await scene.answer(null);
    scene.toy.looks.push({ kind: 'stopped', reason: 'roll-stalled', words: 'machine a-9 never joined', tree: [] });

    expect((await scene.drive()).ended).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'roll-stalled',
      note: 'Machine a-9 never joined.',
    });
    expect(scene.toy.groups.get('a')?.paused).toBe(true);
  });

  test('of a cluster that is frozen behind the canary ends there', async () => {
    const scene = await toCanary();
    await freezeProd(scene.harness);
    await scene.answer('Go on');

    expect((await scene.drive()).ended).toMatchObject({ reason: 'cluster-frozen' });
    expect(scene.toy.calls).toEqual(['set a v1.31.4']);
  });
});
