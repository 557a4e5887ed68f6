import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drainTimeoutOf } from '../../../../../src/core/cluster-api/upgrade/drain-timeout.ts';
import { readDeploymentOwner, readPlaneOwner } from '../../../../../src/core/cluster-api/upgrade/owner.ts';
import { readTopology } from '../../../../../src/core/cluster-api/upgrade/topology.ts';
import { readUpgradeMachine } from '../../../../../src/core/cluster-api/upgrade/view.ts';
import { drainEndChecks } from '../../../../../src/core/drain/drain-end.ts';
import { formatDuration } from '../../../../../src/core/duration.ts';
import type { Check } from '../../../../../src/core/plan.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';

function object(kind: string, version: 'v1beta1' | 'v1beta2', spec: object): KubernetesObject {
  const metadata = { name: 'one', namespace: 'prod', uid: 'u-1', resourceVersion: '1' };
  return { apiVersion: `cluster.x-k8s.io/${version}`, kind, metadata, spec };
}

const OLD = { nodeDrainTimeout: '10m0s' };
const NEW = { deletion: { nodeDrainTimeoutSeconds: 600 } };
const TEN_MINUTES = 600_000;

describe('the time that a drain may take', () => {
  test.each([
    ['KubeadmControlPlane', 'v1beta1', { machineTemplate: OLD }],
    ['KubeadmControlPlane', 'v1beta2', { machineTemplate: { spec: NEW } }],
    ['MachineDeployment', 'v1beta1', { template: { spec: OLD } }],
    ['MachineDeployment', 'v1beta2', { template: { spec: NEW } }],
    ['Machine', 'v1beta1', OLD],
    ['Machine', 'v1beta2', NEW],
  ] as const)('of %s in %s', (kind, version, spec) => {
    expect(drainTimeoutOf(object(kind, version, spec))).toBe(TEN_MINUTES);
  });

  test.each([
    {},
    { deletion: {} },
    { deletion: { nodeDrainTimeoutSeconds: 0 } },
    { deletion: { nodeDrainTimeoutSeconds: null } },
    { nodeDrainTimeout: '0s' },
    { nodeDrainTimeout: '' },
    { nodeDrainTimeout: null },
  ])('is none where nothing or 0 is set: %j', (spec) => {
    expect(drainTimeoutOf(object('Machine', 'v1beta2', spec))).toBeNull();
  });

  test('is the shortest where it cannot be read: what is set is never taken for nothing', () => {
    expect(drainTimeoutOf(object('Machine', 'v1beta1', { nodeDrainTimeout: '100us' }))).toBe(1);
  });

  test('as durations and as seconds is the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 864_000 }), (seconds) => {
        const old = object('Machine', 'v1beta1', { nodeDrainTimeout: formatDuration(seconds * 1000) });
        const next = object('Machine', 'v1beta2', { deletion: { nodeDrainTimeoutSeconds: seconds } });
        expect(drainTimeoutOf(old)).toBe(seconds * 1000);
        expect(drainTimeoutOf(next)).toBe(seconds * 1000);
      }),
    );
  });

  test('is read of owners, machines and topologies of both versions', () => {
    expect(readPlaneOwner(object('KubeadmControlPlane', 'v1beta1', { machineTemplate: OLD })).drainMs).toBe(
      TEN_MINUTES,
    );
    expect(readDeploymentOwner(object('MachineDeployment', 'v1beta2', { template: { spec: NEW } })).drainMs).toBe(
      TEN_MINUTES,
    );
    expect(readUpgradeMachine(object('Machine', 'v1beta2', NEW)).drainMs).toBe(TEN_MINUTES);
    for (const times of [OLD, NEW]) {
      const workers = { machineDeployments: [{ name: 'md-0', ...times }, { name: 'md-1' }] };
      const topology = { class: 'quick', version: 'v1.30.6', controlPlane: times, workers };
      expect(readTopology(object('Cluster', 'v1beta2', { topology }))).toMatchObject({
        drainMs: TEN_MINUTES,
        deployments: [{ drainMs: TEN_MINUTES }, { drainMs: null }],
      });
    }
  });
});

function check(id: string, verdict: Check['verdict']): Check {
  return { id, verdict, title: id, evidence: '' };
}

describe('a drain that ends by itself', () => {
  const END = { afterMs: TEN_MINUTES, words: 'Cluster API takes it' };
  const verdicts = (checks: readonly Check[], ends = [END]): readonly string[] =>
    drainEndChecks(ends, checks).map(({ verdict }) => verdict);

  test('is nothing to tell where none is set', () => {
    expect(drainEndChecks([], [check('budgets', 'block')])).toEqual([]);
  });

  test('blocks where a budget lets nothing go, is not counted, or two hold one pod', () => {
    expect(verdicts([check('budgets', 'block')])).toEqual(['block']);
    expect(verdicts([check('budgets', 'warn')])).toEqual(['block']);
    expect(verdicts([check('budgets', 'pass'), check('two-budgets', 'block')])).toEqual(['block']);
    expect(verdicts([check('reachable', 'block')])).toEqual(['block']);
  });

  test('warns where budgets let go, or no node leaves', () => {
    expect(verdicts([check('budgets', 'pass'), check('budget-turns', 'warn')])).toEqual(['warn']);
    expect(verdicts([])).toEqual(['warn']);
    expect(drainEndChecks([END], [])[0]?.evidence).toMatch(/^Cluster API takes it\. .*Take the setting away/);
  });

  test('at once blocks also where budgets let pods go in turns', () => {
    const now = [{ ...END, afterMs: 0 }];
    expect(verdicts([check('budgets', 'pass'), check('budget-turns', 'warn')], now)).toEqual(['block']);
    expect(verdicts([check('budgets', 'pass')], now)).toEqual(['warn']);
  });
});
