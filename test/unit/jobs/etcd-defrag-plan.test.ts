import { describe, expect, test } from 'vitest';
import { etcdDefrag } from '../../../jobs/etcd-defrag/runbook.ts';
import type { FakeEtcd } from '../../fakes/etcd.ts';
import { BY_RULE, blocking, defragScene, warning } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';
import { createStepHarness } from '../../support/step-harness.ts';

const full = { dbSizeBytes: 100 * MIB, dbSizeInUseBytes: 90 * MIB };
const quiet = { version: '3.5.23', freeDiskBytes: 10_000 * MIB };

/** Plans after the ring was disturbed. */
async function planOn(disturb: (etcd: FakeEtcd) => void, options: Parameters<typeof createStepHarness>[0] = {}) {
  const harness = createStepHarness(options);
  disturb(harness.etcd);
  return await harness.plan(etcdDefrag, BY_RULE);
}

test('a healthy, fragmented ring: nothing blocks or warns, two steps, one forecast each', async () => {
  const { draft } = await defragScene({ etcd: { members: [quiet, quiet, quiet], version: '3.5.23' } });

  expect(draft.checks.filter((each) => each.verdict !== 'pass')).toEqual([]);
  expect(draft.steps.map((each) => [each.kind, each.risk, each.items])).toEqual([
    ['etcd.defragment@1', 'disruptive', ['m-1', 'm-2', 'm-3']],
    ['etcd.verify-ring@1', 'read', []],
  ]);
  expect(draft.forecast).toHaveLength(2);
  expect(draft.forecast[0]).toContain(
    'answers nothing for about 1.0 s: m-2, then m-3, then m-1 (leader now); the ring of 3 keeps 2 voters each time and needs 2',
  );
  expect(draft.before[0]?.rows).toHaveLength(3);
});

test('planning changes nothing', async () => {
  const { harness } = await defragScene();
  const changing = new Set(['defragment', 'compact', 'disarm', 'moveLeader', 'put', 'deleteKey']);

  expect(harness.etcd.calls.filter((call) => changing.has(call.method))).toEqual([]);
  expect(harness.acts).toEqual([]);
});

test('facts and steps carry no measurement: other sizes, another leader, the same plan', async () => {
  const small = await defragScene({ etcd: { leader: 'm-1' } });
  const large = await defragScene({
    etcd: {
      leader: 'm-3',
      members: [1, 2, 3].map((each) => ({ dbSizeBytes: each * 900 * MIB, dbSizeInUseBytes: each * MIB })),
    },
  });

  expect(large.draft.facts).toEqual(small.draft.facts);
  expect(large.draft.steps).toEqual(small.draft.steps);
  expect(large.draft.identity).toBe(small.draft.identity);
});

test('nothing selected: no steps, and a reason for each member', async () => {
  const { draft } = await defragScene({ etcd: { members: [full, full, full] } });

  expect(draft.steps).toEqual([]);
  expect(blocking(draft)).toEqual([]);
  expect(draft.notes).toContain('m-1, m-2, m-3 are left as they are: 90 % of 100 MiB in use, 5 % of the quota used.');
});

test('some selected: the others are told with their reason', async () => {
  const { draft } = await defragScene({ etcd: { members: [{}, full, {}] } });

  expect(draft.steps[0]?.items).toEqual(['m-1', 'm-3']);
  expect(draft.notes.filter((note) => note.startsWith('m-2 is left'))).toHaveLength(1);
});

describe('what was asked for is what is planned', () => {
  const etcd = { members: [full, full, full] };

  test('--all', async () => {
    const all = (await defragScene({ etcd }, { all: true })).draft;
    expect(all.steps[0]?.items).toEqual(['m-1', 'm-2', 'm-3']);
    expect(all.notes).toContain('Selected: m-1, m-2, m-3 (all members were asked for).');
  });

  test('member/m-2', async () => {
    expect((await defragScene({ etcd }, { members: ['m-2'] })).draft.steps[0]?.items).toEqual(['m-2']);
  });

  test('a member that is not there', async () => {
    expect(blocking((await defragScene({ etcd }, { members: ['m-9'] })).draft)).toEqual(['member-names']);
  });

  test('--pause and --move-leader', async () => {
    const { draft } = await defragScene({}, { pauseMs: 5000, moveLeader: true });

    expect(draft.steps[0]?.input).toMatchObject({ pauseMs: 5000, moveLeader: true });
    expect(draft.steps[0]?.summary).toContain('5.0 s apart');
  });

  test('parameters of another shape are refused', () => {
    expect(etcdDefrag.parseParams({ ...BY_RULE, members: [] })).toEqual(BY_RULE);
    expect(etcdDefrag.parseParams({ ...BY_RULE, force: true })).toBeNull();
    expect(etcdDefrag.parseParams({ ...BY_RULE, pauseMs: -1 })).toBeNull();
    expect(etcdDefrag.parseParams({})).toBeNull();
  });
});

describe('what blocks', () => {
  test.each([
    ['a silent member', (etcd: FakeEtcd) => etcd.freeze('m-3'), ['members-answer', 'quorum']],
    ['a dead member', (etcd: FakeEtcd) => etcd.kill('m-3'), ['members-answer', 'quorum']],
    ['CORRUPT', (etcd: FakeEtcd) => etcd.raise('m-2', 'CORRUPT'), ['corrupt']],
    [
      'a defragmentation by somebody else',
      (etcd: FakeEtcd) => void etcd.defragmentElsewhere('m-2'),
      ['members-answer', 'other-defrag', 'quorum'],
    ],
    ['another process at an address', (etcd: FakeEtcd) => etcd.answerAs('m-3', 'abc'), ['members-answer', 'quorum']],
    ['a member far behind', (etcd: FakeEtcd) => void (etcd.member('m-3').lag = 5000n), ['caught-up', 'quorum']],
    ['a downgrade', (etcd: FakeEtcd) => void (etcd.member('m-3').downgrading = true), ['downgrade']],
    ['mixed minors', (etcd: FakeEtcd) => void (etcd.member('m-3').version = '3.6.6'), ['one-minor']],
    [
      'a faulty version',
      (etcd: FakeEtcd) => etcd.ring.members.forEach((each) => void (each.version = '3.5.4')),
      ['version-gate'],
    ],
    ['too little disk space', (etcd: FakeEtcd) => void (etcd.member('m-1').freeDiskBytes = 35 * MIB), ['disk']],
  ])('%s', async (_, disturb, ids) => {
    const draft = await planOn(disturb);

    expect(blocking(draft)).toEqual(ids);
    expect(draft.steps).toEqual([]);
    expect(draft.identity).not.toBe('');
  });

  test('T6: a learner', async () => {
    const { draft } = await defragScene({ etcd: { members: [{}, {}, {}, { isLearner: true }] } });

    expect(blocking(draft)).toEqual(['learners']);
  });

  test('a ring that does not answer at all', async () => {
    const draft = await planOn((etcd) => {
      for (const { name } of etcd.ring.members) etcd.kill(name);
    });

    expect(draft.checks).toMatchObject([{ id: 'reachable', verdict: 'block', title: 'Cluster unreachable' }]);
    expect(draft.identity).toBe('');
  });

  test('a ring without quorum', async () => {
    const draft = await planOn((etcd) => {
      etcd.kill('m-2');
      etcd.kill('m-3');
    });

    expect(draft.checks).toMatchObject([{ id: 'reachable', verdict: 'block', title: 'The ring has no quorum' }]);
  });

  test('a cluster whose etcd is not ours', async () => {
    const managed = await defragScene({ cluster: { platform: 'eks', etcdAccess: null } });
    const unset = await defragScene({ cluster: { etcdAccess: null } });

    expect([...blocking(managed.draft), ...blocking(unset.draft)]).toEqual(['applicable', 'applicable']);
    expect(managed.harness.etcd.calls).toEqual([]);
  });

  test.each(['exec', 'tunnel'] as const)('a ring that is reached by %s is planned as any other', async (etcdAccess) => {
    const { draft } = await defragScene({ cluster: { platform: 'kubeadm', etcdAccess } });

    expect(blocking(draft)).toEqual([]);
    expect(draft.steps.length).toBeGreaterThan(0);
  });
});

describe('what warns', () => {
  test('what cannot be seen, and faults of the version', async () => {
    const hidden = { showsMetrics: false };
    const { draft } = await defragScene({ etcd: { members: [hidden, hidden, hidden], version: '3.4.23' } });

    expect(warning(draft)).toEqual(['other-defrag', 'version-gate', 'disk', 'quota']);
    expect(draft.notes.join(' ')).toContain('default of 2.0 GiB is assumed');
  });

  test('a member that does not answer is told as not seen, not as empty', async () => {
    const draft = await planOn((etcd) => etcd.freeze('m-3'));
    const quota = draft.checks.find((each) => each.id === 'quota')?.evidence;

    expect(quota).toContain('m-3 not seen');
    expect(quota).toMatch(/m-1 \d+ % of/);
  });

  test.each([
    [1, 'it is the only member: the API is unavailable meanwhile'],
    [2, 'the ring of 2 has no quorum meanwhile: the API is unavailable'],
  ])('a ring of %i: an outage, and for how long', async (count, words) => {
    const { draft } = await defragScene({
      etcd: { members: Array.from({ length: count }, () => quiet), version: '3.5.23' },
    });
    const check = draft.checks.find((each) => each.id === 'quorum');

    expect(check).toMatchObject({ verdict: 'warn', title: 'The API will be unavailable' });
    expect(check?.evidence).toContain('about 1.0 s while m-1 has its turn');
    expect(draft.forecast[0]).toContain(words);
    expect(draft.steps[0]?.risk).toBe('disruptive');
  });

  test('a turn that liveness probes may not survive', async () => {
    const { draft } = await defragScene({
      etcd: { members: [{ dbSizeBytes: 20 * 1024 * MIB, dbSizeInUseBytes: 7 * 1024 * MIB }] },
    });

    expect(draft.checks.find((each) => each.id === 'duration')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('m-1 about 1 min 10 s'),
    });
  });
});

describe('NOSPACE', () => {
  test('plans the order that clears it, over all members', async () => {
    const draft = await planOn((etcd) => etcd.raise('m-2', 'NOSPACE'), { etcd: { members: [full, full, full] } });

    expect(blocking(draft)).toEqual([]);
    expect(warning(draft)).toContain('nospace');
    expect(draft.steps.map((each) => [each.kind, each.risk])).toEqual([
      ['etcd.compact@1', 'disruptive'],
      ['etcd.defragment@1', 'disruptive'],
      ['etcd.disarm@1', 'reversible'],
      ['etcd.write-probe@1', 'reversible'],
      ['etcd.verify-ring@1', 'read'],
    ]);
    expect(draft.steps[1]?.items).toEqual(['m-1', 'm-2', 'm-3']);
    expect(draft.forecast).toHaveLength(5);
  });

  test('is not cleared by one member alone', async () => {
    const harness = createStepHarness();
    harness.etcd.raise('m-2', 'NOSPACE');

    expect(blocking(await harness.plan(etcdDefrag, { ...BY_RULE, members: ['m-2'] }))).toEqual(['member-names']);
  });
});

test('the ring is locked, not the whole cluster', () => {
  expect(etcdDefrag.locks('prod', BY_RULE)).toEqual(['cluster/prod/etcd']);
});
