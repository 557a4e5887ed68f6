import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { belongsOn, daemonPlan } from '../../../../../playground/kubernetes/controllers/daemon-plan.ts';
import { fitsNode, placed, tolerates } from '../../../../../playground/kubernetes/controllers/placement.ts';

function node(name: string, spec: object = {}, labels: object = {}): ApiObject {
  const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...labels } };
  return { apiVersion: 'v1', kind: 'Node', metadata, spec, status: { allocatable: { pods: '3' } } };
}

function pod(name: string, spec: object = {}, metadata: object = {}): ApiObject {
  const labels = { app: 'web' };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'a', uid: name, labels, ...metadata }, spec };
}

const CORDON = { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] };
const ROLE = { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] };

test('pods of the same labels are spread', () => {
  const nodes = [node('n-1'), node('n-2'), node('n-3')];
  const there = [pod('p-1', { nodeName: 'n-1' }), pod('other', { nodeName: 'n-2' }, { labels: { app: 'db' } })];
  expect(placed(pod('p-2'), nodes, there)).toEqual({ node: 'n-3' });
  expect(placed(pod('p-3'), nodes, [...there, pod('p-2', { nodeName: 'n-3' })])).toEqual({ node: 'n-2' });
});

test('why no node takes a pod is counted in the words of the scheduler', () => {
  const full = ['a', 'b', 'c'].map((name) => pod(name, { nodeName: 'n-3' }));
  const nodes = [node('n-1', CORDON), node('n-2', ROLE), node('n-3'), node('n-4', ROLE)];
  expect(placed(pod('p'), nodes, full)).toEqual({
    node: null,
    why: '0/4 nodes are available: 1 Too many pods, 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.',
  });
  expect(placed(pod('p'), [], [])).toEqual({ node: null, why: 'no nodes available to schedule pods' });
});

test('a pod that repels its like finds only nodes without them', () => {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const nodes = [node('n-1'), node('n-2')];
  const [one, two] = [pod('p-1', { nodeName: 'n-1' }), pod('p-2', { nodeName: 'n-2' })];
  expect(placed(pod('p', { affinity }), nodes, [one])).toEqual({ node: 'n-2' });
  expect(placed(pod('p', { affinity }), nodes, [one, two])).toMatchObject({ node: null });
});

test.each([
  ['In', ['a', 'b'], true],
  ['In', ['b'], false],
  ['NotIn', ['b'], true],
  ['Exists', [], true],
  ['DoesNotExist', [], false],
])('node affinity: zone %s %j', (operator, values, expected) => {
  const nodeSelectorTerms = [{ matchExpressions: [{ key: 'zone', operator, values }] }];
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
  expect(fitsNode({ affinity }, node('n', {}, { zone: 'a' }))).toBe(expected);
});

test('a toleration without a key is for every taint, one with a value for that value', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoExecute' };
  const cases = [
    { operator: 'Exists' },
    { key: 'k', value: 'v' },
    { key: 'k', value: 'w' },
    { effect: 'NoSchedule', operator: 'Exists' },
  ];
  expect(cases.map((each) => tolerates(each, taint))).toEqual([true, true, false, false]);
});

const SET: ApiObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'a', uid: 'set' },
  spec: {
    template: { spec: { containers: [] } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
  },
};

function daemon(name: string, nodeName: string, hash: string, ready = true): ApiObject {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
  return { ...pod(name, { nodeName }, { labels: { 'controller-revision-hash': hash } }), status };
}

test('daemons tolerate a cordon, but no taint of a role', () => {
  expect(belongsOn(SET, node('n', CORDON))).toEqual({ runs: true, stays: true });
  expect(belongsOn(SET, node('n', ROLE))).toEqual({ runs: false, stays: true });
});

test('every node gets one daemon; what is too much or has no node goes', () => {
  const nodes = [node('n-1'), node('n-2', CORDON), node('n-3', ROLE)];
  const plan = daemonPlan(SET, nodes, [daemon('a', 'n-1', 'x'), daemon('b', 'n-1', 'x')], 'x');
  expect([plan.create, plan.remove.map((each) => each.metadata['name'])]).toEqual([['n-2'], ['b']]);
});

test('old daemons are replaced one at a time, those that do not serve at once', () => {
  const nodes = ['n-1', 'n-2', 'n-3'].map((name) => node(name));
  const serving = nodes.map((each, index) => daemon(`d-${index}`, String(each.metadata['name']), 'old'));
  const first = daemonPlan(SET, nodes, serving, 'new').remove;
  const broken = [daemon('d-0', 'n-1', 'old', false), ...serving.slice(1)];
  const next = daemonPlan(SET, nodes, broken, 'new').remove;
  expect([first, next].map((list) => list.map((each) => each.metadata['name']))).toEqual([['d-0'], ['d-0']]);
});
