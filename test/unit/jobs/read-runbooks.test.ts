import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runbooks } from '../../../jobs/index.ts';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import type { FakeEtcd } from '../../fakes/etcd.ts';
import { createStepHarness, type HarnessOptions } from '../../support/step-harness.ts';

const READS = ['status', 'members', 'alarms'] as const;

function runbookOf(id: string) {
  const found = runbooks.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no runbook ${id}`);
  return found;
}

async function reportOf(id: string, disturb: (etcd: FakeEtcd) => void = () => undefined, options: HarnessOptions = {}) {
  const harness = createStepHarness(options);
  disturb(harness.etcd);
  const draft = await harness.plan(runbookOf(id), {});
  const end = await harness.run(runbookOf(id), draft.steps);
  const { report } = z.object({ report: StateReport }).parse(harness.outputs.at(-1));
  return { harness, draft, end, report };
}

test('every runbook has its own id, and a step kind means the same in all of them', () => {
  const steps = new Set(runbooks.flatMap((each) => each.steps));

  expect(runbooks.map((each) => each.id)).toEqual([
    'status',
    'members',
    'alarms',
    'backups',
    'nodegroups',
    'etcd-defrag',
    'etcd-backup',
    'etcd-drill',
    'etcd-replace',
    'drain',
    'uncordon',
    'upgrade',
    'undo',
  ]);
  expect(new Set([...steps].map(({ kind }) => kind)).size).toBe(steps.size);
  expect(runbooks.filter((each) => new Set(each.steps).size !== each.steps.length)).toEqual([]);
});

test.each(['nodegroups', 'drain', 'uncordon'])(
  '%s opens no way to etcd: looking at nodes needs no right for that',
  (id) => {
    const { needs, steps } = runbookOf(id);

    expect([...needs, ...steps.flatMap((step) => step.needs)].filter((port) => port === 'etcd')).toEqual([]);
  },
);

describe.each(READS)('%s', (id) => {
  test('is one reading step without lock, gate or check', async () => {
    const { draft, end } = await reportOf(id);

    expect(draft.steps.map((each) => each.risk)).toEqual(['read']);
    expect([draft.gates, draft.checks, runbookOf(id).locks('prod', {})]).toEqual([[], [], []]);
    expect(draft.identity).toBe('e00d12ba52a76879');
    expect(end.kind).toBe('done');
  });

  test('changes nothing', async () => {
    const { harness } = await reportOf(id);

    expect(
      harness.etcd.calls.filter((call) => /defragment|compact|disarm|moveLeader|put|deleteKey/.test(call.method)),
    ).toEqual([]);
  });

  test('a healthy ring is reported healthy', async () => {
    expect((await reportOf(id)).report).toMatchObject({ healthy: true });
  });

  test('a ring that does not answer is a report, not a failure', async () => {
    const { draft, end, report } = await reportOf(id, (etcd) => {
      for (const { name } of etcd.ring.members) etcd.kill(name);
    });

    expect(end.kind).toBe('done');
    expect(draft.identity).not.toBe('');
    expect(report.healthy).toBe(false);
    expect(report.summary).toContain('does not answer');
  });

  test.each([
    ['access-refused', 'The cluster refuses Drydock'],
    ['access-unusable', 'The access to the cluster cannot be used'],
  ] as const)('%s is told as that, and not as a ring that does not answer', async (code, words) => {
    const { end, report } = await reportOf(id, undefined, {
      wrap: () => createNoAccess('add `create` on `pods/exec`', code),
    });

    expect(end.kind).toBe('done');
    expect(report.healthy).toBe(false);
    expect(report.summary).toBe(`The etcd ring of prod could not be read. ${words}: add \`create\` on \`pods/exec\`.`);
    expect(JSON.stringify(report)).not.toContain('does not answer');
  });

  test('a ring without quorum is told as such', async () => {
    const { report } = await reportOf(id, (etcd) => {
      etcd.kill('m-2');
      etcd.freeze('m-3');
    });

    expect(report).toMatchObject({ healthy: false, summary: 'The ring has no quorum: it takes no writes.' });
  });

  test('a CORRUPT alarm is never healthy', async () => {
    expect((await reportOf(id, (etcd) => etcd.raise('m-1', 'CORRUPT'))).report.healthy).toBe(false);
  });

  test('what has no etcd of ours and nothing else to show is refused', async () => {
    const platform = id === 'status' ? 'etcd' : 'gke';
    const harness = createStepHarness({ cluster: { platform, etcdAccess: null } });
    const draft = await harness.plan(runbookOf(id), {});

    expect(draft.checks).toMatchObject([{ id: 'applicable', verdict: 'block' }]);
  });

  test('takes no parameters', () => {
    expect(runbookOf(id).parseParams({})).toEqual({});
    expect(runbookOf(id).parseParams({ all: true })).toBeNull();
  });
});

test('status: sizes, roles and a silent member', async () => {
  const { report } = await reportOf('status', (etcd) => etcd.kill('m-3'), { etcd: { leader: 'm-2' } });

  expect(report.tables[0]?.rows).toEqual([
    ['m-1', 'follower', '3.5.16', '100 MiB', '30.0 MiB (30 %)', '5 %'],
    ['m-2', 'leader', '3.5.16', '100 MiB', '30.0 MiB (30 %)', '5 %'],
    ['m-3', 'silent', '?', '?', '?', '?'],
  ]);
  expect(report.summary).toBe('The ring is not healthy: 2 of 3 voters answer; m-3: status: no connection.');
});

test('members: ids, terms and how far each is', async () => {
  const { report } = await reportOf('members', (etcd) => void (etcd.member('m-3').lag = 12n), {
    etcd: { members: [{}, {}, {}, { isLearner: true }] },
  });

  expect(report.tables[0]?.rows.map((row) => [row[0], row[3], row[7]])).toEqual([
    ['m-1', 'leader', '0'],
    ['m-2', 'follower', '0'],
    ['m-3', 'follower', '12'],
    ['m-4', 'learner', '0'],
  ]);
});

test('alarms: each entry, what it means, what to do', async () => {
  const { report } = await reportOf('alarms', (etcd) => etcd.raise('m-2', 'NOSPACE'));

  expect(report).toMatchObject({ healthy: false, summary: 'One alarm is active.' });
  expect(report.tables[0]?.rows).toEqual([['m-2', 'NOSPACE', 'over its quota: writes are refused on the whole ring']]);
  expect(report.notes.join(' ')).toContain('/kube defrag');
});
