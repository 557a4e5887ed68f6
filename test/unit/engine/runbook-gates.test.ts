import { describe, expect, it } from 'vitest';
import { openGate, type RunState } from '../../../src/core/run-state.ts';
import { approver, operator, secondApprover, stranger } from '../../support/engine-harness.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import {
  createScriptedScene,
  driftAndPlanAgain,
  type Script,
  type ScriptedScene,
  scriptedRunbook,
} from '../../support/scripted-runbook.ts';

const LOCK = 'cluster/prod/valves';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const watch = { kind: 'scripted.watch@1', input: { host: 'm-4' } } as const;
const host = sampleDraftGate({ id: 'host', title: 'Build a host', expiresMs: 12 * HOUR_MS, watch });

/** A scene of two steps with a gate between them, brought to that gate. */
async function atGate(over: Partial<Script> = {}): Promise<{ readonly scene: ScriptedScene; readonly runId: string }> {
  const scene = createScriptedScene({ risks: ['disruptive', 'disruptive'], gates: [host], ...over });
  const runId = await scene.harness.start([LOCK]);
  await scene.harness.drive(runId);
  await scene.harness.approve(runId);
  const state = await scene.harness.drive(runId);
  expect(openGate(state)?.spec.id).toBe(over.gates?.[0]?.id ?? 'host');
  return { scene, runId };
}

/** One wake-up of the run, as the sweep would give it when it is due. */
async function wake({ harness }: ScriptedScene, runId: string, worker = 'next'): Promise<RunState> {
  await harness.through(harness.engine(worker).advance(runId, new AbortController().signal));
  return await harness.state(runId);
}

/** When the run is due next, ms from now; it is parked. */
async function dueIn({ harness }: ScriptedScene, runId: string, most = 24 * HOUR_MS): Promise<number> {
  const fromMs = harness.clock.nowMs();
  for (let ms = 0; ms <= most; ms += MINUTE_MS)
    if ((await harness.store.due(fromMs + ms, 100, 5000)).includes(runId)) return ms;
  return Infinity;
}

describe('a continue gate', () => {
  it.each([
    ['an approver', approver],
    ['who asked', operator],
  ])('is answered by %s', async (_who, actor) => {
    const { scene, runId } = await atGate();

    expect(await scene.harness.approve(runId, actor)).toMatchObject({ ok: true, settled: 'approved' });
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it('is answered by nobody else', async () => {
    const { scene, runId } = await atGate();

    expect(await scene.harness.approve(runId, stranger)).toMatchObject({ ok: false, reason: 'not-an-approver' });
  });

  it('is answered also when the requester may not ask for such a run any more: nothing new is approved', async () => {
    const { scene, runId } = await atGate();
    const { policy } = scene.harness;
    scene.harness.policy = { ...policy, rules: [] };
    expect(await scene.harness.approve(runId)).toMatchObject({ ok: true, settled: 'approved' });

    scene.harness.policy = policy;
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it('is over after its own time, not after that of the policy', async () => {
    const { scene, runId } = await atGate();
    await scene.harness.clock.advance(12 * HOUR_MS - MINUTE_MS);
    expect((await wake(scene, runId)).ended).toBeNull();
    await scene.harness.clock.advance(MINUTE_MS);

    expect((await wake(scene, runId)).ended).toMatchObject({ outcome: 'expired' });
  });

  it('reminds at half of its time', async () => {
    const { scene, runId } = await atGate();
    await scene.harness.clock.advance(6 * HOUR_MS);

    expect((await wake(scene, runId)).gates.at(-1)?.remindedAt).not.toBeNull();
  });

  it('is asked anew after a drift with the same plan', async () => {
    const { scene, runId } = await atGate();
    await scene.harness.approve(runId);
    const { before, next } = await driftAndPlanAgain(scene, runId);
    expect(before.ended?.reason).toBe('plan-drifted');

    expect(next.planHash).toBe(before.planHash);
    expect(next.gates.map(({ spec, settled }) => [spec.id, settled?.verdict])).toEqual([
      ['approve', 'approved'],
      ['host', undefined],
    ]);
  });
});

describe('a continue gate with a watch', () => {
  it('is looked at every so often, and goes on by itself when it is seen, with nobody as its answer', async () => {
    const { scene, runId } = await atGate();
    let looks = 0;
    scene.script.look = () => {
      looks += 1;
      return looks < 3 ? null : { seen: 'node m-4 is Ready' };
    };
    for (const look of [1, 2]) {
      expect(openGate(await wake(scene, runId))?.spec.id).toBe('host');
      expect(looks).toBe(look);
      expect(await dueIn(scene, runId)).toBe(MINUTE_MS);
      await scene.harness.clock.advance(MINUTE_MS);
    }
    const ended = await wake(scene, runId);

    expect(ended.gates.at(-1)?.settled).toMatchObject({
      verdict: 'approved',
      by: [],
      note: null,
      observed: 'node m-4 is Ready',
    });
    expect(ended.ended?.outcome).toBe('succeeded');
    const told = (await scene.store.auditEntries(0, 500)).find(
      ({ entry }) => entry.action === 'decision' && entry.detail['gate'] === 'host',
    );
    expect(told?.entry.detail).toMatchObject({ by: [], observed: 'node m-4 is Ready' });
  });

  it('gives the watch what the steps before it left, and the ports it names', async () => {
    const { scene, runId } = await atGate({ verify: () => ({ kind: 'done', output: { id: '91bc' }, note: '' }) });
    const seen: unknown[] = [];
    scene.script.look = ({ outputs, cluster, ports }) => {
      seen.push(outputs, cluster.name, Object.hasOwn(ports, 'etcd'));
      return null;
    };
    await wake(scene, runId);

    expect(seen).toEqual([[{ id: '91bc' }, null], 'prod', true]);
  });

  it.each<[string, Script['look']]>([
    ['throws', () => Promise.reject(new Error('no route to host'))],
    ['never answers', async () => await new Promise<never>(() => undefined)],
    ['answers nothing', () => ({ seen: ' ' })],
  ])('a look that %s saw nothing; people can answer', async (_how, look) => {
    const { scene, runId } = await atGate({ look });
    expect(openGate(await wake(scene, runId))?.spec.id).toBe('host');
    expect(await dueIn(scene, runId)).toBe(MINUTE_MS);

    expect(await scene.harness.approve(runId)).toMatchObject({ ok: true });
    expect((await scene.harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });

  it.each(['approve', 'reject', 'cancel'] as const)('who says %s during a look was first', async (word) => {
    const { scene, runId } = await atGate();
    const { harness, script } = scene;
    script.look = async () => {
      script.look = () => null;
      if (word === 'cancel') await harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });
      else await harness[word](runId, secondApprover);
      return { seen: 'node m-4 is Ready' };
    };
    const { gates, ended } = await wake(scene, runId);

    expect(gates.at(-1)?.settled?.observed).toBeUndefined();
    expect(ended?.outcome).toBe({ approve: 'succeeded', reject: 'rejected', cancel: 'cancelled' }[word]);
  });

  it('a worker that stops, or lost its lease, settles nothing', async () => {
    const { scene, runId } = await atGate();
    const stopping = new AbortController();
    scene.script.look = () => {
      stopping.abort();
      return { seen: 'node m-4 is Ready' };
    };
    const { harness } = scene;

    expect(await harness.through(harness.engine('stops').advance(runId, stopping.signal))).toBe('shutdown');
    expect(openGate(await harness.state(runId))?.spec.id).toBe('host');
    scene.script.look = () => null;
    expect(openGate(await wake(scene, runId))?.spec.id).toBe('host');
  });

  it('what is seen is cut to a line', async () => {
    const { scene, runId } = await atGate();
    scene.script.look = () => ({ seen: 'x'.repeat(5000) });

    expect((await wake(scene, runId)).gates.at(-1)?.settled?.observed).toHaveLength(300);
  });

  it('a worker that does not know the watch leaves the gate to people', async () => {
    const { scene, runId } = await atGate();
    scene.script.look = () => ({ seen: 'node m-4 is Ready' });
    const [runbook] = scene.runbooks;
    if (runbook !== undefined) scene.runbooks[0] = { ...runbook, watches: [] };
    expect(openGate(await wake(scene, runId))?.spec.id).toBe('host');
    expect(await dueIn(scene, runId)).toBe(6 * HOUR_MS);

    expect(await scene.harness.approve(runId)).toMatchObject({ ok: true });
  });

  it('a worker with an older runbook comes back soon and leaves it to a newer one', async () => {
    const { scene, runId } = await atGate();
    scene.script.look = () => ({ seen: 'node m-4 is Ready' });
    const [newer] = scene.runbooks;
    scene.runbooks[0] = { ...scriptedRunbook(scene.script), version: 0 };
    expect(openGate(await wake(scene, runId))?.spec.id).toBe('host');
    expect(await dueIn(scene, runId)).toBeLessThanOrEqual(MINUTE_MS);
    if (newer !== undefined) scene.runbooks[0] = newer;
    await scene.harness.clock.advance(MINUTE_MS);

    expect((await wake(scene, runId)).ended?.outcome).toBe('succeeded');
  });
});

describe('a decision without people that stands in the store', () => {
  it.each([
    ['a typed gate', sampleDraftGate({ id: 'typed', kind: 'typed', expect: 'cp-2' })],
    ['a gate without a watch', sampleDraftGate({ id: 'plain' })],
  ])('counts for nothing at %s', async (_what, gate) => {
    const { scene, runId } = await atGate({ gates: [gate] });
    const { harness, store } = scene;
    const state = await harness.state(runId);
    const forged = {
      v: 1 as const,
      at: harness.clock.nowIso(),
      type: 'gate-settled' as const,
      gate: gate.id,
      hash: state.planHash ?? '',
      verdict: 'approved' as const,
      by: [],
      note: null,
      observed: 'trust me',
    };
    const writer = { kind: 'other', idempotencyKey: null } as const;
    await store.append(runId, {
      writer,
      seen: state.version,
      events: [forged],
      audit: [],
      dueMs: harness.clock.nowMs(),
    });
    const { ended, steps } = await harness.drive(runId);

    expect([ended?.reason, steps.at(-1)?.status]).toEqual(['approval-unconfirmed', 'pending']);
  });
});

describe('two typed gates before one step', () => {
  const member = sampleDraftGate({ id: 'member', kind: 'typed', expect: 'cp-2 8e9e' });
  const machine = sampleDraftGate({ id: 'machine', kind: 'typed', expect: 'master-2' });

  it('the first stands while the second is asked, however long that takes within its time', async () => {
    const { scene, runId } = await atGate({ risks: ['disruptive', 'irreversible'], gates: [member, machine] });
    const { harness } = scene;
    await harness.approve(runId);
    expect(openGate(await harness.drive(runId))?.spec.id).toBe('machine');
    // The second was opened later than the first, so together they stand longer than each alone.
    await harness.clock.advance(29 * MINUTE_MS);
    await harness.approve(runId);
    await harness.clock.advance(29 * MINUTE_MS);

    expect((await harness.drive(runId)).ended?.outcome).toBe('succeeded');
  });
});
