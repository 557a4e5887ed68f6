import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TopologyWorld, topologyTurn } from '../../../../playground/cluster-api/topology-plan.ts';

const FROM = 'v1.30.6';
const TO = 'v1.31.4';

type Deployment = TopologyWorld['deployments'][number];

function deployment(name: string, change: Partial<Deployment> = {}): Deployment {
  return { name, given: FROM, upgrading: false, deferred: false, held: false, ...change };
}

function world(change: Partial<TopologyWorld> = {}): TopologyWorld {
  return {
    version: TO,
    plane: { given: FROM, actual: FROM },
    deployments: [deployment('md-0'), deployment('md-1')],
    ...change,
  };
}

const UP = { given: TO, actual: TO };

function versions(given: TopologyWorld): readonly string[] {
  const turn = topologyTurn(given);
  return [turn.plane, ...turn.deployments.map(({ version }) => version)];
}

test('with nothing to do everything keeps its version, and it says that it is done', () => {
  const given = world({ plane: UP, deployments: [deployment('md-0', { given: TO })] });

  expect(versions(given)).toEqual([TO, TO]);
  expect(topologyTurn(given).said).toMatchObject({ status: 'True', reason: 'ReconcileSucceeded' });
});

test('the control plane goes first, and deployments wait until all its machines have the version', () => {
  expect(versions(world())).toEqual([TO, FROM, FROM]);
  expect(versions(world({ plane: { given: TO, actual: FROM } }))).toEqual([TO, FROM, FROM]);
  expect(topologyTurn(world({ plane: { given: TO, actual: FROM } })).said).toMatchObject({
    status: 'False',
    reason: 'ClusterUpgrading',
    message:
      'Cluster is upgrading to v1.31.4\n  * KubeadmControlPlane upgrading to version v1.31.4\n  * MachineDeployments md-0, md-1 pending upgrade to version v1.31.4',
  });
});

test('it does not begin while something else is still rolled', () => {
  expect(versions(world({ plane: { given: FROM, actual: 'v1.29.1' } }))).toEqual([FROM, FROM, FROM]);
  const busy = [deployment('md-0', { upgrading: true }), deployment('md-1')];
  expect(versions(world({ deployments: busy }))).toEqual([FROM, FROM, FROM]);
});

test('deployments follow one after another', () => {
  expect(versions(world({ plane: UP }))).toEqual([TO, TO, FROM]);
  const first = deployment('md-0', { given: TO, upgrading: true });
  expect(versions(world({ plane: UP, deployments: [first, deployment('md-1')] }))).toEqual([TO, TO, FROM]);
  const over = deployment('md-0', { given: TO });
  expect(versions(world({ plane: UP, deployments: [over, deployment('md-1')] }))).toEqual([TO, TO, TO]);
});

test('a deferred one is passed over, a held one holds all after it; then it says that people are waited for', () => {
  const deferred = [deployment('md-0', { deferred: true }), deployment('md-1')];
  const held = [deployment('md-0', { held: true }), deployment('md-1')];

  expect(versions(world({ plane: UP, deployments: deferred }))).toEqual([TO, FROM, TO]);
  expect(versions(world({ plane: UP, deployments: held }))).toEqual([TO, FROM, FROM]);
  expect(topologyTurn(world({ plane: UP, deployments: held })).said).toMatchObject({
    reason: 'MachineDeploymentsUpgradeDeferred',
    old: { reason: 'MachineDeploymentsUpgradeDeferred' },
  });
});

test('at most one deployment is rolled at a time, and never before the control plane', () => {
  const any = fc.record({
    given: fc.constantFrom(FROM, TO),
    upgrading: fc.boolean(),
    deferred: fc.boolean(),
    held: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(any, { maxLength: 5 }),
      fc.record({ given: fc.constantFrom(FROM, TO), actual: fc.constantFrom(FROM, TO) }),
      (parts, plane) => {
        const deployments = parts.map((part, index) => deployment(`md-${index}`, part));
        const turn = topologyTurn(world({ plane, deployments }));
        const begun = turn.deployments.filter(({ version }, index) => version !== deployments[index]?.given);
        const running = deployments.filter(({ upgrading }) => upgrading).length;

        expect(begun.length).toBeLessThanOrEqual(running === 0 && plane.given === TO && plane.actual === TO ? 1 : 0);
        expect(begun.every(({ version }) => version === TO)).toBe(true);
      },
    ),
  );
});
