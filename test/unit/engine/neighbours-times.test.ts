import { describe, expect, it } from 'vitest';
import { openGate } from '../../../src/core/run-state.ts';
import { createControlScene } from '../../support/control-scene.ts';
import { approver, operator } from '../../support/engine-harness.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import { createScriptedScene } from '../../support/scripted-runbook.ts';
import { VALVE_SCHEDULE } from '../../support/valve-schedule.ts';

const HOUR_MS = 3_600_000;
const LOCK = 'cluster/prod/valves';

describe('what users of other tools suffer from: times and locks that are only announced', () => {
  it('incidentbot: a freeze refuses what is asked, and ends what was approved before it', async () => {
    const scene = createControlScene();
    const runId = await scene.harness.start([LOCK]);
    await scene.harness.drive(runId);
    await scene.harness.approve(runId);
    await scene.as('U0ANA').freeze('prod', '4h', 'holiday');

    expect(await scene.harness.ask([LOCK])).toMatchObject({ kind: 'refused', reason: 'cluster-frozen' });
    const state = await scene.harness.drive(runId);
    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-frozen' });
    expect(state.steps.map(({ status }) => status)).toEqual(['pending']);
  });

  it('branch-deploy: a lock stays over runs and restarts, says who holds it and why, and only its own mark lifts it', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').lock('prod', 'investigating latency');
    const [first, second] = [await scene.harness.start([LOCK]), await scene.harness.start([LOCK])];
    for (const runId of [first, second]) {
      const { ended, plan } = await scene.harness.drive(runId, `process-of-${runId}-`);
      expect(ended).toMatchObject({ outcome: 'blocked', reason: 'locked-by-hand' });
      const evidence = plan?.checks.find(({ id }) => id === 'lock-by-hand')?.evidence;
      expect(evidence).toMatch(/<@U0ANA> by hand since .*: investigating latency$/);
    }

    expect(await scene.as('U0BEN').unlock('prod', 'of another lock')).toMatchObject({ ok: false });
    expect(await scene.as('U0BEN').locks()).toHaveLength(1);
  });

  it('BullMQ schedulers: a time that passed while nothing ran is reported, and not run on return', async () => {
    const scene = createControlScene([HOUR_MS, 24 * HOUR_MS]);
    expect(await scene.as(operator.user).schedule(VALVE_SCHEDULE)).toMatchObject({ ok: true });
    await scene.harness.clock.advance(3 * HOUR_MS);
    await scene.keep();

    expect(await scene.store.list({ cluster: null, limit: 10 })).toEqual([]);
    expect(scene.told).toHaveLength(1);
    expect(await scene.audited()).toContain('schedule-missed');
  });
});

describe('what users of other tools suffer from: a stolen account that approves', () => {
  it('Teleport: a press alone does not approve the worst: the name of the cluster is typed', async () => {
    const typed = sampleDraftGate({ id: 'typed', kind: 'typed', beforeStep: 0, expect: 'prod' });
    const { harness } = createScriptedScene({ risks: ['irreversible'], gates: [typed] });
    const runId = await harness.start([LOCK]);
    for (let gate = openGate(await harness.drive(runId)); gate?.spec.id !== 'typed'; ) {
      expect(await harness.approve(runId)).toMatchObject({ ok: true });
      gate = openGate(await harness.drive(runId));
    }
    const hash = (await harness.state(runId)).planHash ?? '';
    const press = { runId, gate: 'typed', hash, actor: approver, verdict: 'approve', idempotencyKey: null } as const;

    for (const note of [null, '', 'Prod', 'stage'])
      expect(await harness.desk.vote({ ...press, note })).toMatchObject({ ok: false });
    expect((await harness.state(runId)).steps[0]?.status).toBe('pending');
    expect(await harness.desk.vote({ ...press, note: 'prod' })).toMatchObject({ ok: true, settled: 'approved' });
  });
});
