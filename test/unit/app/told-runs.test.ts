import { describe, expect, test } from 'vitest';
import { tellRuns } from '../../../src/app/told-runs.ts';
import type { AuditEntry } from '../../../src/core/audit.ts';
import type { RunStore } from '../../../src/core/ports/run-store.ts';
import type { Log } from '../../../src/core/ports/runtime.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { eventAt, SAMPLE_RUN, sampleRequest, type Told } from '../../support/sample-run.ts';

function told(): { readonly runs: RunStore; readonly lines: unknown[] } {
  const lines: unknown[] = [];
  const log: Log = {
    info: (_message, data) => void lines.push(data),
    warn: () => undefined,
    error: () => undefined,
    with: () => log,
  };
  return { runs: tellRuns(createFakeRunStore(createFakeClock()), log), lines };
}

const ENTRY: AuditEntry = {
  v: 1,
  at: '2026-11-21T10:00:00.000Z',
  action: 'refusal',
  actor: { team: 'T1', user: 'U0STRANGER' },
  cluster: 'prod',
  run: null,
  reason: 'not-permitted',
  detail: { text: '/kube defrag prod' },
};

async function append(runs: RunStore, seen: number, event: Told): Promise<void> {
  await runs.append(SAMPLE_RUN, {
    writer: { kind: 'other', idempotencyKey: null },
    seen,
    events: [eventAt(1, event)],
    audit: [{ ...ENTRY, action: 'step', run: SAMPLE_RUN }],
  });
}

describe('tellRuns', () => {
  test('tells every stored event with run, cluster and step, and nothing that was not stored', async () => {
    const { runs, lines } = told();
    const event = eventAt(0, { type: 'requested', request: sampleRequest() });
    const run = {
      id: SAMPLE_RUN,
      cluster: 'prod',
      runbook: 'etcd-defrag',
      idempotencyKey: 'k',
      event,
      audit: [],
      nowMs: 0,
    };

    await runs.create(run);
    await runs.create(run);
    const version = (await runs.read(SAMPLE_RUN))?.version ?? 0;
    await append(runs, version, {
      type: 'intent',
      index: 1,
      item: 'm-1',
      action: 'defragment',
      facts: { key: 'canary' },
    });
    await append(runs, version, { type: 'step-done', index: 1, output: null, note: '' });

    expect(lines).toEqual([
      { run: SAMPLE_RUN, cluster: 'prod', event: 'requested' },
      { run: SAMPLE_RUN, cluster: 'prod', event: 'intent', step: 1, item: 'm-1', action: 'defragment' },
    ]);
  });

  test('tells refusals with who and why', async () => {
    const { runs, lines } = told();

    await runs.audit([ENTRY]);

    expect(lines).toEqual([
      { run: null, cluster: 'prod', action: 'refusal', user: 'U0STRANGER', reason: 'not-permitted' },
    ]);
    expect(await runs.auditEntries(0, 10)).toHaveLength(1);
  });
});
