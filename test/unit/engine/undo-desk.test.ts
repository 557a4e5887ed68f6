import { describe, expect, it } from 'vitest';
import { operator } from '../../support/engine-harness.ts';
import { createScene } from '../../support/engine-scene.ts';

const origin = { channel: 'C0', threadTs: null };
const undo = {
  actor: operator,
  order: {
    runbook: 'valve-turn',
    cluster: 'prod',
    params: { valves: ['a'] },
    dryRun: false,
    waitForLock: false,
    undoes: 'valve',
  },
  command: 'undo',
  policyVerb: 'status',
  origin,
  text: '/kube undo valve-prod-0001',
  idempotencyKey: 'trigger-1',
} as const;
const rule = { clusters: ['prod'], commands: ['valve'] };

describe('a run that takes another one back', () => {
  it('is stored with what it takes back, and planned again with it', async () => {
    const scene = createScene();
    const { policy } = scene.harness;
    const require = { ...policy.defaultApprovals, required: 2 };
    scene.harness.policy = { ...policy, rules: [...policy.rules, { ...rule, require }] };
    const dry = { ...undo, order: { ...undo.order, dryRun: true } };
    const first = await scene.harness.desk.request(dry);
    const runId = first.kind === 'refused' ? '' : first.runId;
    const state = await scene.harness.drive(runId);

    expect(state.request).toMatchObject({ policyVerb: 'status', undoes: 'valve', requires: { required: 2 } });
    expect(state.plan?.gates[0]?.approvals).toMatchObject({ required: 2 });
    const again = await scene.harness.desk.planAgain({ runId, actor: operator, origin, idempotencyKey: 'again' });
    const next = await scene.harness.drive(again.kind === 'refused' ? '' : again.runId);
    expect(next.request).toMatchObject({ undoes: 'valve' });
    expect(next.plan?.gates[0]?.approvals).toMatchObject({ required: 2 });
  });

  it('is refused where what it takes back is forbidden, and cannot be approved once it is', async () => {
    const scene = createScene();
    const first = await scene.harness.desk.request(undo);
    const runId = first.kind === 'refused' ? '' : first.runId;
    await scene.harness.drive(runId);
    const { policy } = scene.harness;
    scene.harness.policy = { ...policy, rules: [...policy.rules, { ...rule, deny: ['*'] }] };

    expect(await scene.harness.desk.request({ ...undo, idempotencyKey: 'trigger-2' })).toMatchObject({
      kind: 'refused',
      reason: 'denied',
      why: expect.stringContaining('rule 2 forbids valve on prod'),
    });
    expect(await scene.harness.approve(runId)).toMatchObject({ ok: false, reason: 'requester-not-permitted' });
  });
});
