import { expect, test } from 'vitest';
import {
  type HealthCheck,
  readHealthCheck,
  selectsMachine,
  triggerFor,
} from '../../../../src/core/cluster-api/health-check.ts';
import type { CapiMachine } from '../../../../src/core/cluster-api/machine.ts';
import { SKIP_REMEDIATION } from '../../../../src/core/cluster-api/names.ts';
import { healthCheckObject } from '../../../support/capi-objects.ts';

const MACHINE: CapiMachine = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  namespace: 'prod',
  name: 'm',
  uid: 'u',
  resourceVersion: '1',
  cluster: 'prod',
  isControlPlane: true,
  owner: null,
  labels: { 'cluster.x-k8s.io/control-plane': '', zone: 'a' },
  annotations: {},
  createdAt: '',
  deletingSince: null,
  finalizers: [],
  hooks: ['kcp-cleanup'],
  phase: 'Running',
  providerId: '',
  node: 'cp-2',
  nodeUid: null,
  addresses: [],
  conditions: [],
};

function check(how: 'there' | 'paused' | 'external' = 'there', change: Partial<HealthCheck> = {}): HealthCheck {
  const object = healthCheckObject('cluster.x-k8s.io/v1beta2', how);
  const metadata = { ...Object(object['metadata']), uid: 'check', resourceVersion: '1' };
  return {
    ...readHealthCheck({ ...object, apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineHealthCheck', metadata }),
    ...change,
  };
}

const none = { matchLabels: {}, matchExpressions: [] };

test.each([
  ['a check that selects it', [check()], {}, 'annotation'],
  ['no check', [], {}, 'deletion'],
  ['a paused check', [check('paused')], {}, 'none'],
  ['a check that allows no more', [check('there', { allowed: 0 })], {}, 'none'],
  [
    'a check for other machines',
    [check('there', { selector: { ...none, matchLabels: { zone: 'b' } } })],
    {},
    'deletion',
  ],
  ['a check of another cluster', [check('there', { cluster: 'stage' })], {}, 'deletion'],
  ['a paused check beside one that works', [check('paused'), check()], {}, 'annotation'],
  ['a check of somebody else', [check('external')], {}, 'none'],
  ['no check and no hook', [], { hooks: [] }, 'none'],
  ['a machine to be left alone', [check()], { annotations: { [SKIP_REMEDIATION]: '' } }, 'none'],
])('%s: by %s', (_what, checks, change, by) => {
  expect(triggerFor({ ...MACHINE, ...change }, checks).by).toBe(by);
});

test.each([
  [{ key: 'zone', operator: 'In', values: ['a', 'b'] }, true],
  [{ key: 'zone', operator: 'NotIn', values: ['a'] }, false],
  [{ key: 'none', operator: 'NotIn', values: ['a'] }, true],
  [{ key: 'zone', operator: 'Exists', values: [] }, true],
  [{ key: 'zone', operator: 'DoesNotExist', values: [] }, false],
  [{ key: 'zone', operator: 'Gt', values: ['0'] }, false],
])('selector %j: %s', (expression, fits) => {
  expect(selectsMachine(check('there', { selector: { ...none, matchExpressions: [expression] } }), MACHINE)).toBe(fits);
});

test('an empty selector selects nothing', () => {
  expect(selectsMachine(check('there', { selector: none }), MACHINE)).toBe(false);
});
