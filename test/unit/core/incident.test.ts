import { describe, expect, test } from 'vitest';
import {
  closedByOthers,
  Incident,
  incidentInWords,
  isNewCause,
  nextIncident,
  runsOf,
} from '../../../src/core/incident.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { outcomeOf } from '../../../src/core/reasons.ts';
import type { RunEvent } from '../../../src/core/run-event.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import {
  at,
  decided,
  defragmented,
  eventAt,
  GATE_OPENED,
  PLANNED,
  REQUESTED,
  SAMPLE_REPORT,
  samplePlan,
  sampleRequest,
  stateOf,
} from '../../support/sample-run.ts';

const BEGUN: readonly RunEvent[] = [
  REQUESTED,
  PLANNED,
  GATE_OPENED,
  ...decided(20, 'approve', null),
  eventAt(21, { type: 'step-started', index: 0, attempt: 1 }),
];
const READS = samplePlan({ steps: samplePlan().steps.slice(1), locks: [] });

function ended(seconds: number, reason: EndReason): RunEvent {
  return eventAt(seconds, {
    type: 'ended',
    outcome: outcomeOf(reason),
    reason,
    note: 'n',
    stepsDone: 0,
    stepsPlanned: 2,
  });
}

/** A run that changes something and ends for this reason. */
function run(id: string, seconds: number, reason: EndReason): RunState {
  return stateOf([...BEGUN, ...defragmented(22, 'etcd-1'), ended(seconds, reason)], null, id);
}

/** A run that ends with a report. */
function reporting(id: string, seconds: number, healthy: boolean, reads = false): RunState {
  const report = { ...SAMPLE_REPORT, at: new Date(Date.UTC(2026, 10, 21, 10, 0, seconds)).toISOString(), healthy };
  const plan = reads ? { ...PLANNED, plan: READS } : PLANNED;
  const done = reads ? [0] : [0, 1];
  const steps = done.map((index) => eventAt(seconds, { type: 'step-done', index, output: report, note: '' }));
  return stateOf([REQUESTED, plan, ...steps, ended(seconds, 'done')], null, id);
}

function failedOnce(): Incident {
  const incident = nextIncident(null, run('r-1', 50, 'member-silent'));
  if (incident === null) throw new Error('no incident');
  return incident;
}

describe('an incident opens', () => {
  test.each(['member-unhealthy', 'step-failed', 'member-silent', 'cleanup-failed'] as const)('%s', (reason) => {
    const incident = nextIncident(null, run('r-1', 50, reason));

    expect(incident).toMatchObject({ id: 'r-1', cluster: 'prod', work: null, closed: null, cause: { reason } });
    expect(incident?.cause.done).toEqual([
      'Done: 0 of 2 steps. In the unfinished one: defragment of etcd-1 done.',
      'Left as it was: etcd-2, etcd-3.',
    ]);
  });

  test.each(['done', 'rejected', 'gate-expired', 'cancelled', 'plan-drifted', 'check-blocked'] as const)(
    'not with %s',
    (reason) => {
      const acts = reason === 'done' ? defragmented(22, 'etcd-1') : [];
      expect(nextIncident(null, stateOf([...BEGUN, ...acts, ended(50, reason)], null, 'r-1'))).toBeNull();
    },
  );

  test.each(['cancelled', 'plan-drifted'] as const)('with %s after a call that nobody verified', (reason) => {
    const incident = nextIncident(null, run('r-1', 50, reason));

    expect(incident).toMatchObject({ id: 'r-1', cause: { reason, unhealthy: null } });
    expect(incident?.cause.done[0]).toBe(
      'Not verified: no report on prod since the last call, defragment on etcd-1. Look with `/kube status prod`.',
    );
    const closed = nextIncident(incident, reporting('r-2', 90, true, true));
    expect(closed?.closed).toMatchObject({ run: 'r-2' });
    expect(closed === null ? [] : incidentInWords(closed).join(' ')).not.toContain('Not verified');
  });

  test('not with a cancelled run whose report is newer than its last call, nor when no call was made', () => {
    const report = eventAt(30, {
      type: 'step-done',
      index: 1,
      output: { ...SAMPLE_REPORT, at: at(30) },
      note: '',
    });
    const verified = [...BEGUN, ...defragmented(22, 'etcd-1'), report, ended(50, 'cancelled')];
    const refused = eventAt(24, {
      type: 'observed',
      index: 0,
      item: 'etcd-1',
      action: 'defragment',
      result: 'not-done',
      note: '',
      evidence: null,
    });
    const [intent = refused] = defragmented(22, 'etcd-1');

    expect(nextIncident(null, stateOf(verified, null, 'r-1'))).toBeNull();
    expect(nextIncident(null, stateOf([...BEGUN, intent, refused, ended(50, 'cancelled')], null, 'r-1'))).toBeNull();
  });

  test('when a run that changed something leaves the cluster unhealthy, not when one only looked', () => {
    expect(nextIncident(null, reporting('r-1', 60, false))?.cause.unhealthy).toBe(SAMPLE_REPORT.summary);
    expect(nextIncident(null, reporting('r-1', 60, false, true))).toBeNull();
  });

  test('not while a run goes on', () => {
    expect(nextIncident(null, stateOf(BEGUN))).toBeNull();
  });
});

describe('an open incident', () => {
  test('tells the phase of the run that works on the cluster, without steps', () => {
    const waiting = nextIncident(failedOnce(), stateOf([REQUESTED, PLANNED, GATE_OPENED], null, 'r-2'));
    const running = nextIncident(waiting, stateOf(BEGUN, null, 'r-2'));
    const further = nextIncident(running, stateOf([...BEGUN, ...defragmented(22, 'etcd-1')], null, 'r-2'));

    expect(waiting?.work).toEqual({ run: 'r-2', runbook: 'etcd-defrag', words: 'waiting for approver' });
    expect(running?.work?.words).toBe('running');
    expect(further).toBe(running);
  });

  test('stays with the first of two runs, and with nobody when that one ends without a result', () => {
    const worked = nextIncident(failedOnce(), stateOf(BEGUN, null, 'r-2'));

    expect(nextIncident(worked, stateOf(BEGUN, null, 'r-3'))).toBe(worked);
    const cancelled = stateOf([...BEGUN, ended(70, 'cancelled')], null, 'r-2');
    expect(nextIncident(worked, cancelled)).toMatchObject({ work: null, closed: null, cause: { run: 'r-1' } });
  });

  test('takes the newest cause when the following run fails too, and stays the same incident', () => {
    const worked = nextIncident(failedOnce(), stateOf(BEGUN, null, 'r-2'));
    const again = nextIncident(worked, run('r-2', 90, 'quorum-at-risk'));

    expect(again).toMatchObject({ id: 'r-1', work: null, cause: { run: 'r-2', reason: 'quorum-at-risk' } });
  });

  test.each([true, false])('is closed by a later report of a healthy cluster (only reading: %s)', (reads) => {
    const closed = nextIncident(failedOnce(), reporting('r-2', 90, true, reads));

    expect(closed?.closed).toMatchObject({ run: 'r-2', summary: SAMPLE_REPORT.summary });
  });

  test('is not closed by a report that is not of the cluster', () => {
    const good = reporting('r-9', 60, true, true);
    const steps = good.steps.map((step) =>
      step.status === 'done'
        ? { ...step, output: { report: { ...SAMPLE_REPORT, of: 'backups', at: good.ended?.at ?? '' } } }
        : step,
    );

    expect(nextIncident(failedOnce(), good)?.closed).not.toBeNull();
    expect(nextIncident(failedOnce(), { ...good, steps })?.closed).toBeNull();
  });

  test('is not closed by a report from before, nor by an unhealthy one, nor by a success without a report', () => {
    expect(nextIncident(failedOnce(), reporting('r-2', 40, true))?.closed).toBeNull();
    expect(nextIncident(failedOnce(), reporting('r-2', 90, false, true))?.closed).toBeNull();
    expect(nextIncident(failedOnce(), run('r-2', 90, 'done'))?.closed).toBeNull();
  });
});

/** A run of this runbook that only reads, ends for this reason, and reports on backups (`of`), on the cluster, or on nothing. */
function about(id: string, seconds: number, runbook: string, reason: EndReason, healthy: boolean | null, of = true) {
  const report = { ...SAMPLE_REPORT, at: at(seconds), healthy: healthy === true, ...(of ? { of: 'backups' } : {}) };
  const step = eventAt(seconds, { type: 'step-done', index: 0, output: report, note: '' });
  const requested = eventAt(0, { type: 'requested', request: sampleRequest({ runbook }) });
  const plan = { ...PLANNED, plan: READS };
  return stateOf([requested, plan, ...(healthy === null ? [] : [step]), ended(seconds, reason)], null, id);
}

describe('what went wrong with backups', () => {
  const damaged = about('drill-1', 50, 'etcd-drill', 'backup-damaged', null);

  test('is over when the same runbook says so, and not when somebody looks at the cluster', () => {
    const open = nextIncident(null, damaged);
    const looked = nextIncident(open, reporting('status-1', 60, true, true));
    const backedUp = nextIncident(looked, about('backup-1', 70, 'etcd-backup', 'done', true, false));

    expect(looked).toMatchObject({ closed: null, cause: { run: 'drill-1' } });
    expect(backedUp).toMatchObject({ closed: null, cause: { run: 'drill-1' } });
    expect(nextIncident(backedUp, about('drill-2', 80, 'etcd-drill', 'done', false))?.closed).toBeNull();
    expect(nextIncident(backedUp, about('drill-2', 80, 'etcd-drill', 'done', true))?.closed?.run).toBe('drill-2');
  });

  test('is over with a good backup, also when the ring is not as it should be after it', () => {
    const open = nextIncident(null, about('backup-1', 50, 'etcd-backup', 'backups-unavailable', null));

    expect(nextIncident(open, about('backup-2', 60, 'etcd-backup', 'backup-damaged', true, false))?.closed).toBeNull();
    expect(nextIncident(open, about('backup-2', 60, 'etcd-backup', 'done', false, false))?.closed?.run).toBe(
      'backup-2',
    );
  });

  test('in a run of backups is over with any good one, also when an old backup is damaged; that one is damaged is not', () => {
    const failed = nextIncident(null, about('backups-1', 50, 'backups', 'backups-unavailable', null));
    const listed = about('backups-2', 60, 'backups', 'done', false);
    const bad = nextIncident(null, about('backups-1', 50, 'backups', 'backup-damaged', null));

    expect(nextIncident(failed, listed)?.closed?.run).toBe('backups-2');
    expect(nextIncident(bad, listed)?.closed).toBeNull();
    expect(nextIncident(bad, about('backups-3', 70, 'backups', 'done', true))?.closed?.run).toBe('backups-3');
  });

  test('and is seen late, in an incident that is open for something else, is over by what was seen before', () => {
    const open = failedOnce();
    const late = nextIncident(open, damaged);
    const good = about('drill-2', 80, 'etcd-drill', 'done', true);
    if (late === null) throw new Error('no incident');
    expect(late).toMatchObject({ id: 'r-1', also: [{ run: 'r-1' }] });

    expect([isNewCause(open, late, 'drill-1'), isNewCause(late, late, 'drill-1')]).toEqual([true, false]);
    expect(closedByOthers(late, 'drill-1', [good])).toMatchObject({ closed: null, cause: { run: 'r-1' }, also: [] });
    expect(closedByOthers(late, 'drill-1', [about('drill-0', 40, 'etcd-drill', 'done', true)])).toBe(late);
  });

  test('says nothing of the cluster: a good backup closes nothing else', () => {
    expect(nextIncident(failedOnce(), about('backup-1', 90, 'etcd-backup', 'done', true, false))?.closed).toBeNull();
  });

  test('and trouble of the cluster are both to be over, each by what sees it', () => {
    const both = nextIncident(nextIncident(null, damaged), run('r-2', 70, 'member-silent'));
    expect(both).toMatchObject({ id: 'drill-1', cause: { run: 'r-2' }, also: [{ run: 'drill-1' }] });
    expect(both === null ? [] : incidentInWords(both).join(' ')).toContain('Also not over: drill-1. ');
    expect(both === null ? [] : runsOf(both)).toEqual(['r-2', 'drill-1']);
    const healthy = nextIncident(both, reporting('status-1', 80, true, true));
    expect(healthy).toMatchObject({ closed: null, cause: { run: 'drill-1' }, also: [] });
    const drilled = nextIncident(both, about('drill-2', 80, 'etcd-drill', 'done', true));
    expect(drilled).toMatchObject({ closed: null, cause: { run: 'r-2' }, also: [] });
    expect(nextIncident(drilled, reporting('status-1', 90, true, true))?.closed?.run).toBe('status-1');
  });

  test('is an incident of its own when it is seen late, after the cluster was healthy again', () => {
    const closed = nextIncident(failedOnce(), reporting('r-2', 90, true));

    expect(nextIncident(closed, about('drill-1', 80, 'etcd-drill', 'backup-damaged', null))).toMatchObject({
      id: 'drill-1',
      closed: null,
    });
  });
});

test('a run is judged once: looked at again it changes nothing, also after the incident is closed', () => {
  const first = failedOnce();
  const closed = nextIncident(first, reporting('r-2', 90, true));

  expect(nextIncident(first, run('r-1', 50, 'member-silent'))).toBe(first);
  expect(nextIncident(closed, run('r-1', 50, 'member-silent'))).toBe(closed);
  expect(nextIncident(closed, reporting('r-2', 90, true))).toBe(closed);
  expect(nextIncident(closed, run('r-0', 45, 'step-failed'))?.closed).not.toBeNull();
});

test('after it was closed the next failure opens another', () => {
  const closed = nextIncident(failedOnce(), reporting('r-2', 90, true));
  const next = nextIncident(closed, run('r-3', 120, 'step-failed'));

  expect(next).toMatchObject({ id: 'r-3', closed: null });
  expect(next?.judged).toEqual(['r-1', 'r-2', 'r-3']);
});

test('its words say what happened, what was done and what is next; it survives the store', () => {
  const worked = nextIncident(failedOnce(), stateOf(BEGUN, null, 'r-2'));

  expect(incidentInWords(failedOnce())[0]).toBe(
    'A member did not answer in time after its turn. No further member was touched.',
  );
  expect(incidentInWords(failedOnce()).at(-1)).toMatch(/^Next: /);
  const closed = { run: 'status-prod-2222', summary: 'healthy', at: failedOnce().openedAt };
  expect(incidentInWords({ ...failedOnce(), closed }).join(' ')).not.toContain('Next:');
  expect(Incident.parse(JSON.parse(JSON.stringify(worked)))).toEqual(worked);
  expect(worked === null ? [] : runsOf(worked)).toEqual(['r-1', 'r-2']);
});
