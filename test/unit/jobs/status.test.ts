import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { status } from '../../../jobs/status/runbook.ts';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import { createNoKubernetes } from '../../../src/adapters/kubernetes/no-access.ts';
import type { ClusterProfile } from '../../../src/core/cluster-profile.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { StateReport } from '../../../src/core/state-report.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { createStepHarness } from '../../support/step-harness.ts';

interface NodeFacts {
  readonly name: string;
  readonly role?: string;
  readonly version?: string;
  readonly ready?: string;
  readonly cordoned?: boolean;
  readonly pressure?: string;
}

function nodeOf({
  name,
  role,
  version = 'v1.36.2',
  ready = 'True',
  cordoned = false,
  pressure,
}: NodeFacts): JsonObject {
  const labels: JsonObject = role === undefined ? {} : { [`node-role.kubernetes.io/${role}`]: '' };
  const pressed = pressure === undefined ? [] : [{ type: pressure, status: 'True', message: '' }];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: cordoned ? { unschedulable: true } : {},
    status: {
      conditions: [
        ...pressed,
        { type: 'Ready', status: ready, message: ready === 'True' ? '' : 'Kubelet stopped posting node status.' },
      ],
      nodeInfo: { kubeletVersion: version },
    },
  };
}

function podOf(namespace: string, name: string, labels: JsonObject, state: JsonObject, restarts = 0): JsonObject {
  const ready = state['running'] !== undefined;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { nodeName: 'cp-1' },
    status: { phase: 'Running', containerStatuses: [{ ready, restartCount: restarts, state }] },
  };
}

function kubeadm(...nodes: readonly NodeFacts[]): FakeKubernetes {
  const fake = createFakeKubernetes();
  for (const node of nodes) fake.put(nodeOf(node));
  fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'kubeadm-config' } });
  fake.put(podOf('kube-system', 'kube-apiserver-cp-1', { component: 'kube-apiserver' }, { running: {} }));
  return fake;
}

const CP: NodeFacts = { name: 'cp-1', role: 'control-plane' };

async function reportOn(fake: FakeKubernetes, cluster: Partial<Pick<ClusterProfile, 'platform' | 'etcdAccess'>>) {
  const harness = createStepHarness({ kubernetes: fake.port, cluster });
  const draft = await harness.plan(status, {});
  const end = await harness.run(status, draft.steps);
  const output = harness.outputs[0];
  const report = typeof output === 'object' && output !== null && 'report' in output ? output['report'] : null;
  return { draft, end, report: StateReport.parse(report) };
}

const HERE = { platform: 'kubeadm', etcdAccess: 'exec' } as const;

describe('status of a cluster with an API server', () => {
  test('nodes, control plane and etcd are told together, the cluster by the uid of kube-system', async () => {
    const fake = kubeadm(CP, { name: 'w-10', cordoned: true }, { name: 'w-2' });
    const home = fake.read({ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' });
    const { draft, report } = await reportOn(fake, HERE);

    expect(draft.identity).toBe(home?.metadata.uid);
    expect(report.healthy).toBe(true);
    expect(report.summary).toBe('3 of 3 nodes are ready, Kubernetes v1.36.2. 3 of 3 members are healthy, m-1 leads.');
    expect(report.tables.map(({ title }) => title)).toEqual(['Nodes', 'Control plane', 'etcd members', 'Alarms']);
    expect(report.tables[0]?.rows).toEqual([
      ['cp-1', 'control plane', 'v1.36.2', 'yes', 'yes', 'none'],
      ['w-2', 'worker', 'v1.36.2', 'yes', 'yes', 'none'],
      ['w-10', 'worker', 'v1.36.2', 'yes', 'no, cordoned', 'none'],
    ]);
    expect(report.notes).toContain('Cordoned, so they take no new pods: w-10.');
  });

  test('what is wrong comes first and is named: node, pressure, control-plane pod, skew', async () => {
    const fake = kubeadm(
      CP,
      { name: 'w-1', ready: 'Unknown' },
      { name: 'w-2', pressure: 'DiskPressure' },
      { name: 'w-3', version: 'v1.32.0' },
    );
    fake.put(
      podOf(
        'kube-system',
        'kube-scheduler-cp-1',
        { component: 'kube-scheduler' },
        { waiting: { reason: 'CrashLoopBackOff' } },
        12,
      ),
    );
    const { report } = await reportOn(fake, HERE);

    expect(report.healthy).toBe(false);
    expect(report.summary).toContain('1 node not ready: w-1, and 3 more.');
    expect(report.notes).toEqual(
      expect.arrayContaining([
        'w-2 is under pressure: disk',
        'kube-scheduler-cp-1: CrashLoopBackOff, 12 restarts',
        'the kubelet of w-3 is 4 minor versions behind the API server (v1.32.0, v1.36.2); 3 are supported',
        'w-1: Kubelet stopped posting node status.',
      ]),
    );
    expect(report.tables[0]?.rows.map(([name, , , ready]) => [name, ready])).toContainEqual(['w-1', 'does not report']);
  });

  test("users' pods that do not run are told and counted, but do not make the cluster ill", async () => {
    const fake = kubeadm(CP);
    for (let at = 0; at < 25; at += 1)
      fake.put(podOf('shop', `web-${at}`, {}, { waiting: { reason: 'ImagePullBackOff' } }));
    const { report } = await reportOn(fake, HERE);
    const table = report.tables.find(({ title }) => title.startsWith('Pods'));

    expect(report.healthy).toBe(true);
    expect(table?.title).toBe('Pods that do not run, 20 of 25');
    expect(table?.rows[0]).toEqual(['shop', 'web-0', 'cp-1', 'ImagePullBackOff']);
  });

  test('a platform that is not what the configuration says is told first', async () => {
    const fake = kubeadm(CP);
    const { report } = await reportOn(fake, { platform: 'openshift', etcdAccess: 'exec' });

    expect(report.notes[0]).toBe(
      'The configuration says openshift, but this looks like kubeadm: it has the ConfigMap kube-system/kubeadm-config. Drydock goes by the configuration.',
    );
  });

  test('a platform that could not be seen is said not to have been', async () => {
    const fake = kubeadm(CP);
    for (let at = 0; at < 5; at += 1)
      fake.fail({ method: 'groupVersions', error: { code: 'forbidden', message: 'no discovery', status: 403 } });
    const { report } = await reportOn(fake, HERE);

    expect(report.notes.join('\n')).toContain('what the cluster runs on: no discovery');
  });

  test('where the provider runs etcd the rest is told all the same', async () => {
    const { report, draft } = await reportOn(kubeadm(CP), { platform: 'gke', etcdAccess: null });

    expect(draft.checks).toEqual([]);
    expect(report.summary).toBe('1 of 1 nodes are ready, Kubernetes v1.36.2.');
    expect(report.notes).toContain('etcd is not looked at: the provider of gke runs etcd and shows nothing of it.');
  });

  test('an API server that does not answer is a report, and etcd is told beside it', async () => {
    const fake = kubeadm(CP);
    for (let at = 0; at < 5; at += 1)
      fake.fail({ method: 'version', error: { code: 'unreachable', message: 'connection refused' } });
    const { report, end } = await reportOn(fake, HERE);

    expect(end.kind).toBe('done');
    expect(report.healthy).toBe(false);
    expect(report.summary).toBe(
      'The API server of prod does not answer: connection refused. 3 of 3 members are healthy, m-1 leads.',
    );
  });

  test('pods that may not be listed: the control plane was not seen, so the cluster is not called healthy', async () => {
    const fake = kubeadm(CP);
    fake.forbid({ verb: 'list', resource: 'pods' });
    const { report } = await reportOn(fake, HERE);

    expect(report.healthy).toBe(false);
    expect(report.summary).toMatch(/^The pods were not seen, so nothing is known of the control plane\./);
  });

  test.each(['kubeadm', 'openshift'] as const)(
    'a control-plane node of %s without its kube-apiserver or etcd is a trouble',
    async (platform) => {
      const fake = kubeadm(CP, { name: 'cp-2', role: 'control-plane' });
      fake.put(podOf('kube-system', 'etcd-cp-1', { component: 'etcd' }, { running: {} }));
      const { report } = await reportOn(fake, { platform, etcdAccess: 'exec' });

      expect(report.healthy).toBe(false);
      expect(report.summary).toContain('There is no pod of kube-apiserver on cp-2, and 1 more.');
      expect(report.notes).toContain('there is no pod of etcd on cp-2');
    },
  );

  test.each(['forbidden', 'unauthorized', 'refused'] as const)(
    'an API server that answers %s refuses Drydock',
    async (code) => {
      const fake = kubeadm(CP);
      for (let at = 0; at < 5; at += 1) fake.fail({ method: 'version', error: { code, message: 'not for you' } });
      const { report } = await reportOn(fake, HERE);

      expect(report.healthy).toBe(false);
      expect(report.summary).toMatch(/^The API server of prod refuses Drydock: not for you\./);
    },
  );

  test.each([
    ['throttled', 429],
    ['server-error', 500],
    ['server-error', 503],
    ['unknown-outcome', 504],
  ] as const)('an API server that answers %s (%i) does answer: what it said is told', async (code, answer) => {
    const fake = kubeadm(CP);
    const error = { code, status: answer, message: 'get path /version: not now' };
    for (let at = 0; at < 5; at += 1) fake.fail({ method: 'version', error });
    const { report } = await reportOn(fake, HERE);

    expect(report.healthy).toBe(false);
    expect(report.summary).toMatch(
      new RegExp(`^The API server of prod answers with an error \\(${answer}\\): get path /version: not now\\.`),
    );
  });

  test('an access that cannot be used is told as that, once, also where etcd is reached through it', async () => {
    const message = 'kubeconfig /etc/prod has no context prod-admin; it has none';
    const harness = createStepHarness({
      cluster: HERE,
      kubernetes: createNoKubernetes(message),
      wrap: () => createNoAccess(`List of the etcd pods: ${message}`, 'access-unusable'),
    });
    const draft = await harness.plan(status, {});
    await harness.run(status, draft.steps);
    const report = StateReport.parse(z.object({ report: z.unknown() }).parse(harness.outputs[0]).report);

    expect(draft.checks).toEqual([]);
    expect(report.healthy).toBe(false);
    expect(report.summary).toBe(`The access to prod cannot be used: ${message}.`);
    expect(report.notes).toEqual([
      'Nothing of nodes and pods could be read.',
      'Nothing of etcd could be read: it is reached in the same way.',
    ]);
  });

  test('a huge cluster is told by its nodes that are not well, twenty of them, and a count', async () => {
    const healthy = Array.from({ length: 500 }, (_, at): NodeFacts => ({ name: `a-${at}`, cordoned: true }));
    const ill = Array.from(
      { length: 500 },
      (_, at): NodeFacts => ({ name: `z-${at}`, ready: 'Unknown', pressure: 'DiskPressure', version: 'v1.20.0' }),
    );
    const { report } = await reportOn(kubeadm(CP, ...healthy, ...ill), HERE);
    const [nodes] = report.tables;

    expect(nodes?.title).toBe('Nodes, 20 of 1001');
    expect(nodes?.rows.map(([name]) => name)).toEqual(Array.from({ length: 20 }, (_, at) => `z-${at}`));
    expect(report.summary).toContain('500 nodes not ready: z-0, ');
    expect(report.summary).toContain(' and 480 more');
    expect(report.notes).toEqual(
      expect.arrayContaining([
        '480 more nodes under pressure',
        '480 more nodes that are not ready',
        '480 more kubelets whose version does not fit',
      ]),
    );
    expect(JSON.stringify(report).length).toBeLessThan(16_000);
  });

  test('what may not be read is said', async () => {
    const fake = kubeadm(CP);
    fake.forbid({ verb: 'list', resource: 'pods' });
    const { report } = await reportOn(fake, HERE);

    expect(report.notes.join(' ')).toMatch(/Could not be read: pods: .*list/);
  });
});
