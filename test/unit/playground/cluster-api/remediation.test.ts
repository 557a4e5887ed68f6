import { describe, expect, test } from 'vitest';
import {
  type JudgedMachine,
  keepsQuorum,
  type RemediationWorld,
  remediationTurn,
} from '../../../../playground/cluster-api/remediation.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

function machine(node: string, change: Partial<JudgedMachine> = {}): JudgedMachine {
  return {
    name: `m-${node}`,
    createdMs: NOW - 100_000 + Number(node.slice(-1)),
    deleting: false,
    node,
    handedOver: false,
    memberHealthy: true,
    replaced: null,
    ...change,
  };
}

const SICK = { handedOver: true, memberHealthy: false };

function world(change: Partial<RemediationWorld> = {}): RemediationWorld {
  const machines = change.machines ?? [machine('cp-1'), machine('cp-2', SICK), machine('cp-3')];
  return {
    initialized: true,
    inProgress: null,
    machines,
    members: machines.flatMap(({ node }) => (node === null ? [] : [{ name: node, isLearner: false }])),
    rules: { maxRetry: null, retryMs: 0, healthyMs: 3_600_000 },
    nowMs: NOW,
    ...change,
  };
}

test('the sick machine is remediated, the newest healthy one is to lead', () => {
  expect(remediationTurn(world())).toMatchObject({
    kind: 'remediate',
    machine: 'm-cp-2',
    leader: 'm-cp-3',
    note: { machine: 'm-cp-2', timestamp: '2026-11-22T10:00:00Z', retryCount: 0 },
  });
});

test('nobody is, when nobody was handed over, or the one is being deleted', () => {
  expect(remediationTurn(world({ machines: [machine('cp-1'), machine('cp-2')] }))).toEqual({ kind: 'nothing' });
  expect(remediationTurn(world({ machines: [machine('cp-1'), machine('cp-2', { ...SICK, deleting: true })] }))).toEqual(
    { kind: 'nothing' },
  );
});

const NOTE = { machine: 'old', timestamp: '2026-11-22T09:50:00Z', retryCount: 1 };

describe('it is deferred', () => {
  test.each([
    ['the only machine', { machines: [machine('cp-1', SICK)] }, 'CannotBeRemediated', 'no further replica'],
    [
      'one without a node beside it',
      { machines: [machine('cp-1'), machine('cp-2', SICK), machine('cp-3', { node: null })] },
      'RemediationDeferred',
      'provisioned',
    ],
    [
      'one being deleted beside it',
      { machines: [machine('cp-1'), machine('cp-2', SICK), machine('cp-3', { deleting: true })] },
      'RemediationDeferred',
      'deleted',
    ],
    [
      'a learner',
      {
        members: [
          { name: 'cp-1', isLearner: false },
          { name: 'new', isLearner: true },
        ],
      },
      'RemediationDeferred',
      'learner',
    ],
    [
      'a second sick member',
      { machines: [machine('cp-1'), machine('cp-2', SICK), machine('cp-3', { memberHealthy: false })] },
      'CannotBeRemediated',
      'quorum',
    ],
    [
      'a retry too soon',
      {
        machines: [machine('cp-1'), machine('cp-2', { ...SICK, replaced: NOTE }), machine('cp-3')],
        rules: { maxRetry: null, retryMs: 900_000, healthyMs: 3_600_000 },
      },
      'RemediationDeferred',
      'retry period',
    ],
    [
      'too many tries',
      {
        machines: [machine('cp-1'), machine('cp-2', { ...SICK, replaced: NOTE }), machine('cp-3')],
        rules: { maxRetry: 1, retryMs: 0, healthyMs: 3_600_000 },
      },
      'CannotBeRemediated',
      'maxRetry 1',
    ],
  ])('%s', (_what, change, reason, words) => {
    const turn = remediationTurn(world(change));
    expect(turn).toMatchObject({
      kind: 'defer',
      machine: expect.stringContaining('m-cp-'),
      said: { type: 'OwnerRemediated', status: 'False', reason },
    });
    expect(JSON.stringify(turn)).toContain(words);
  });
});

test('a further try counts on, one after a healthy hour begins anew', () => {
  const again = [machine('cp-1'), machine('cp-2', { ...SICK, replaced: NOTE }), machine('cp-3')];
  expect(remediationTurn(world({ machines: again }))).toMatchObject({ note: { retryCount: 2 } });
  const rules = { maxRetry: 1, retryMs: 0, healthyMs: 60_000 };
  expect(remediationTurn(world({ machines: again, rules }))).toMatchObject({ note: { retryCount: 0 } });
});

test('one remediation at a time; a note that its new machine outlived is forgotten', () => {
  expect(remediationTurn(world({ inProgress: { ...NOTE, timestamp: '2026-11-22T09:59:59Z' } }))).toEqual({
    kind: 'nothing',
  });
  expect(remediationTurn(world({ inProgress: NOTE }))).toEqual({ kind: 'forget-note' });
});

test.each([
  [3, 1, true],
  [3, 2, false],
  [5, 1, true],
  [5, 2, true],
  [5, 3, false],
])('%i members of which %i are sick, one of them to go: %s', (count, sick, keeps) => {
  const machines = Array.from({ length: count }, (_, at) => machine(`cp-${at + 1}`, { memberHealthy: at >= sick }));
  const members = machines.map(({ node }) => ({ name: node ?? '', isLearner: false }));
  expect(keepsQuorum(machines, members, 'cp-1')).toBe(keeps);
});

test('a member without a machine counts as sick', () => {
  const machines = [machine('cp-1'), machine('cp-2', SICK)];
  const members = ['cp-1', 'cp-2', 'stray'].map((name) => ({ name, isLearner: false }));
  expect(keepsQuorum(machines, members, 'cp-2')).toBe(false);
});
