import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import {
  addOn,
  checkOf,
  checksOf,
  helmSecret,
  preflightOf,
  QUIET_METRICS,
  wellCluster,
  wellPod,
} from '../../support/preflight/cluster.ts';
import { roomNode, roomPod } from '../../support/preflight/room.ts';

const WORKERS = { leaving: { nodes: ['w-1', 'w-2'], surge: 0, unavailable: 1 }, controlPlane: false };

describe('a pre-flight of a cluster that is well', () => {
  test('every check passes, with what was seen', async () => {
    const fake = wellCluster();
    expect(await checksOf(fake)).toEqual([
      'kubelet-skew pass: 3 kubelets (v1.30.6) with an API server v1.31.4',
      'kube-proxy-skew pass: kube-proxy v1.30.6 with an API server v1.31.4',
      'removed-apis-requested pass: none that 1.31 does not serve was asked for, seen by the one API server that answered, since it began',
      'removed-apis-stored pass: 1.31 serves every API version that 1.30 serves unless told otherwise; nothing had to be opened',
      'capacity pass: no pod has to move',
      'nodes-well pass: 3 nodes ready, without pressure',
      'pods-well pass: 3 pods, each running and ready, or done',
      'webhooks pass: none must answer for pods, nodes and leases',
      'dns pass: Deployment kube-system/coredns: 2 of 2 replicas ready',
      'certificates pass: no client came with a certificate that had less than 7 days left, since the API server began',
      'autoscaler pass: no Deployment of this cluster runs one; one that runs elsewhere, for instance beside Cluster API, is not seen from here',
    ]);
  });

  test('facts are versions, tables and notes are what is worth a word', async () => {
    const { facts, notes, before } = await preflightOf(wellCluster());
    expect({ facts, notes, before }).toEqual({
      facts: { apiServer: 'v1.30.6' },
      notes: ['Not judged: how CoreDNS v1.11.1 goes with v1.31.4. Compare with the tables of its makers.'],
      before: [],
    });
  });

  test('it only reads, and opens no Secret where nothing is removed', async () => {
    const fake = wellCluster();
    await preflightOf(fake);
    const methods = new Set(fake.calls.map(({ method }) => method));
    expect([...methods].toSorted()).toEqual(['eachPage', 'get', 'list', 'metrics', 'version']);
    expect(fake.calls.filter(({ detail }) => detail.includes('secrets'))).toEqual([]);
  });

  test('a node group alone: no API is looked for, and pods have room on what stays', async () => {
    const lines = await checksOf(wellCluster(), WORKERS);
    expect(lines.filter((line) => line.startsWith('removed-'))).toEqual([]);
    expect(lines).toContain(
      'capacity pass: 2 pods of w-1 ask for 2 CPUs and 2.0 GiB memory; 1 node has 3 CPUs and 7.0 GiB memory free',
    );
    expect(lines).toContain('kubelet-skew pass: 3 kubelets (v1.30.6) with an API server v1.30.6');
  });

  test('several groups: each has the room of its own turn, and no group is lent the new nodes of another', async () => {
    const fake = wellCluster();
    for (const name of ['d', 'e']) fake.put(wellPod({ name: `web-${name}`, node: 'w-2', requests: { cpu: '1' } }));
    const first = { nodes: ['cp-1', 'w-1'], surge: 1, unavailable: 0 };
    const other = { nodes: ['w-2'], surge: 0, unavailable: 1 };
    const leaving = { nodes: ['cp-1', 'w-1', 'w-2'], surge: 1, unavailable: 1 };
    const room = async (inTurn: readonly (typeof first)[]) =>
      (await checksOf(fake, { ...WORKERS, leaving, inTurn })).filter((line) => line.startsWith('capacity'));

    expect(await room([first])).toEqual([expect.stringMatching(/^capacity pass: .*w-1/)]);
    expect(await room([first, other])).toEqual([expect.stringMatching(/^capacity warn: 3 pods of w-2/)]);
    expect(await room([{ ...first, nodes: [] }])).toEqual([]);
  });

  test('an upgrade within a minor version looks for no API either', async () => {
    const lines = await checksOf(wellCluster(), { to: 'v1.30.7' });
    expect(lines.filter((line) => line.startsWith('removed-'))).toEqual([]);
  });
});

function managementCluster(version: string): FakeKubernetes {
  const fake = createFakeKubernetes();
  const kind = { apiVersion: `cluster.x-k8s.io/${version}`, kind: 'Machine', resource: 'machines', namespaced: true };
  fake.addKind({ ...kind, subresources: ['status'] });
  return fake;
}

function machine(name: string, node: string, status: JsonObject): JsonObject {
  const labels = { 'cluster.x-k8s.io/control-plane': '' };
  const metadata = { name, namespace: 'clusters', labels };
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata,
    spec: { providerID: `id://${node}` },
    status,
  };
}

describe('a pre-flight finds', () => {
  test('kubelets and kube-proxy that the target leaves behind', async () => {
    const fake = wellCluster();
    fake.put(roomNode({ name: 'w-2', version: 'v1.27.3' }));
    fake.put(addOn('DaemonSet', 'kube-proxy', 'registry:5000/kube-proxy:v1.27.1@sha256:00', { replicas: 3 }));
    expect(await checkOf(fake, 'kubelet-skew')).toBe(
      'block: with v1.31.4: w-2 is 4 minor versions behind the API server (v1.27.3, v1.31.4); 3 are supported; upgrade these nodes first',
    );
    expect(await checkOf(fake, 'kube-proxy-skew')).toBe(
      'block: kube-proxy is 4 minor versions behind the API server (v1.27.1, v1.31.4); 3 are supported; bring it to the version of the control plane first',
    );
    expect(await checkOf(fake, 'kubelet-skew', { ...WORKERS, to: 'v1.30.6' })).toMatch(
      /^pass: .*upgrade w-2 before the minor/,
    );
  });

  test('a kubelet that says no version, a kube-proxy without a tag, and none at all', async () => {
    const fake = wellCluster();
    fake.put(roomNode({ name: 'w-2', version: '' }));
    fake.put(addOn('DaemonSet', 'kube-proxy', 'kube-proxy@sha256:00'));
    expect(await checkOf(fake, 'kubelet-skew')).toBe(
      'block: 2 kubelets (v1.30.6) with an API server v1.31.4; not looked at: w-2, which says no version: wait until the kubelet reports, or delete the Node of a machine that is gone',
    );
    expect(await checkOf(fake, 'kube-proxy-skew')).toMatch(/^block: not looked at: its image has no tag; give /);
    expect(await checkOf(fake, 'kubelet-skew', WORKERS)).toMatch(/^warn: .*not looked at: w-2, /);
    expect(await checkOf(fake, 'kube-proxy-skew', WORKERS)).toMatch(/^warn: not looked at: /);
    fake.put(addOn('DaemonSet', 'kube-proxy', 'kube-proxy:newest'));
    expect(await checkOf(fake, 'kube-proxy-skew')).toMatch(/^block: not looked at: its image has the tag newest, /);
    fake.finish({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'kube-system', name: 'kube-proxy' });
    expect(await checkOf(fake, 'kube-proxy-skew')).toMatch(/^pass: no DaemonSet kube-proxy/);
  });

  test('nodes and pods that are not well, and what they were before', async () => {
    const fake = wellCluster();
    fake.put(roomNode({ name: 'w-2', ready: 'Unknown', spec: { unschedulable: true } }));
    fake.put(
      roomPod({
        name: 'sick',
        node: 'w-1',
        status: {
          phase: 'Running',
          containerStatuses: [{ ready: false, restartCount: 12, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
        },
      }),
    );
    expect(await checkOf(fake, 'nodes-well')).toBe(
      'warn: w-2 does not report any more (kubelet says so); cordoned: w-2; bring it back first',
    );
    expect(await checkOf(fake, 'pods-well')).toBe(
      'warn: 1 of 4 pods is not well already: web/sick (CrashLoopBackOff, 12 restarts)',
    );
    expect((await preflightOf(fake)).before).toEqual([
      {
        title: 'Pods not well before',
        columns: ['Pod', 'Node', 'Why'],
        rows: [['web/sick', 'w-1', 'CrashLoopBackOff, 12 restarts']],
      },
    ]);
  });

  test('a control plane that is not well', async () => {
    const fake = wellCluster();
    fake.put(roomNode({ name: 'cp-1', labels: { 'node-role.kubernetes.io/control-plane': '' }, ready: 'False' }));
    fake.put(
      roomPod({
        name: 'kube-apiserver-cp-1',
        namespace: 'kube-system',
        node: 'cp-1',
        labels: { component: 'kube-apiserver' },
        status: { phase: 'Pending' },
      }),
    );
    expect(await checkOf(fake, 'nodes-well')).toBe('block: cp-1 is not ready (kubelet says so); bring it back first');
    expect(await checkOf(fake, 'pods-well')).toBe(
      'block: 1 of 4 pods is not well already: kube-system/kube-apiserver-cp-1 (Pending); bring it back first',
    );
  });

  test('CoreDNS that would not answer', async () => {
    const fake = wellCluster();
    fake.put(addOn('Deployment', 'coredns', 'coredns:v1.11.1', { replicas: 2, ready: 1 }));
    expect(await checkOf(fake, 'dns')).toMatch(
      /^block: Deployment kube-system\/coredns: 1 of 2 replicas ready; 2 must be/,
    );
    fake.put(addOn('Deployment', 'coredns', 'coredns:v1.11.1', { replicas: 1 }));
    expect(await checkOf(fake, 'dns')).toMatch(
      /^block: .*1 of 1 replica ready: while its node is away nothing answers names/,
    );
    fake.finish({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'kube-system', name: 'coredns' });
    expect(await checkOf(fake, 'dns')).toMatch(/^warn: not looked at: no Deployment in kube-system runs CoreDNS/);
    fake.finish({ apiVersion: 'v1', kind: 'Service', namespace: 'kube-system', name: 'kube-dns' });
    expect(await checkOf(fake, 'dns')).toBe('pass: there is no Service kube-system/kube-dns');
  });

  test('an autoscaler, unless it is stopped', async () => {
    const fake = wellCluster();
    const image = 'registry.k8s.io/autoscaling/cluster-autoscaler:v1.29.0';
    fake.put(addOn('Deployment', 'scaler', image, { replicas: 1 }));
    expect(await checkOf(fake, 'autoscaler')).toBe(
      'warn: cluster-autoscaler v1.29.0 (Deployment kube-system/scaler) is made for 1.29: after the upgrade give it 1.31; stop it for the time if nodes must not come and go',
    );
    fake.put(addOn('Deployment', 'scaler', image, { replicas: 0 }));
    expect(await checkOf(fake, 'autoscaler')).toMatch(/^pass: /);
  });

  test('clients whose certificates end, and machines of this cluster', async () => {
    const fake = wellCluster({ metrics: QUIET_METRICS.replace(' 0', ' 3') });
    for (const name of ['cp-1', 'cp-2']) fake.put(roomNode({ name, spec: { providerID: `id://${name}` } }));
    const management = managementCluster('v1beta2');
    management.put(machine('m-1', 'cp-1', { certificatesExpiryDate: '2026-01-11T03:00:00Z' }));
    management.put(machine('m-2', 'cp-2', { certificatesExpiryDate: '2027-01-11T03:00:00Z' }));
    management.put(machine('m-3', 'cp-of-another-cluster', { certificatesExpiryDate: '2026-01-02T03:00:00Z' }));
    const { checks } = await preflightOf(fake, {}, management);
    expect(checks.find(({ id }) => id === 'certificates')).toMatchObject({
      verdict: 'warn',
      evidence:
        'machine m-1 ends on 2026-01-11, in 10 days; 1 certificate lasts 30 days or more; 3 requests came with a certificate that had less than 7 days left, since the API server began; renew those that do not renew themselves',
    });
  });

  test('a management cluster that does not tell', async () => {
    const management = managementCluster('v1alpha3');
    const { checks } = await preflightOf(wellCluster(), {}, management);
    expect(checks.find(({ id }) => id === 'certificates')?.evidence).toMatch(
      /^not looked at: certificates of machines: the management cluster serves no version of cluster.x-k8s.io that is known; /,
    );
  });

  test('APIs that the target does not serve, in all three places', async () => {
    const fake = wellCluster({
      version: 'v1.31.9',
      metrics:
        'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.32",resource="flowschemas",subresource="",version="v1beta3"} 1',
    });
    const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
    fake.addKind({ apiVersion, kind: 'FlowSchema', resource: 'flowschemas', namespaced: false, subresources: [] });
    const applied = JSON.stringify({ apiVersion: `${apiVersion}beta3`, kind: 'FlowSchema' });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': applied };
    fake.put({ apiVersion, kind: 'FlowSchema', metadata: { name: 'mine', annotations } });
    const manifest = `apiVersion: ${apiVersion}beta3\nkind: FlowSchema\n`;
    fake.put(helmSecret('flows', { name: 'flows', manifest, config: { password: 'hunter2' } }));
    fake.put(helmSecret('broken', {}, 'bm90IGd6aXA='));
    const order = { from: 'v1.31.9', to: 'v1.32.1' };
    const lines = (await checksOf(fake, order)).filter((line) => line.startsWith('removed-'));
    expect(lines.map((line) => line.slice(0, 110))).toEqual(
      [
        'removed-apis-requested block: flowcontrol.apiserver.k8s.io/v1beta3 flowschemas (removed in 1.32), seen by the on',
        'removed-apis-stored block: applied in versions that 1.32 does not serve: mine: flowcontrol.apiserver.k8s.io/v1be',
        'removed-apis-helm warn: web/flows: flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema (use flowcontrol.apiserver.k8s.io/v1): the ne',
      ].map((line) => line.slice(0, 110)),
    );
    expect(lines[2]).toContain('not looked at: web/broken: it is not stored as Helm stores releases');
    expect(JSON.stringify(await preflightOf(fake, order))).not.toContain('hunter2');
    const accepted = await checksOf(fake, { ...order, overRemovedApis: true });
    expect(accepted.filter((line) => line.includes(' block: '))).toEqual([]);
  });

  test('PodSecurityPolicies and sockets of Docker, where they end', async () => {
    const fake = wellCluster({ version: 'v1.24.1' });
    const apiVersion = 'policy/v1beta1';
    fake.addKind({
      apiVersion,
      kind: 'PodSecurityPolicy',
      resource: 'podsecuritypolicies',
      namespaced: false,
      subresources: [],
    });
    fake.put({ apiVersion, kind: 'PodSecurityPolicy', metadata: { name: 'strict' } });
    expect(await checkOf(fake, 'pod-security-policies', { from: 'v1.24.1', to: 'v1.25.0' })).toMatch(
      /^warn: 1 of them: /,
    );
    const volumes = [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }];
    fake.put(wellPod({ name: 'builder', node: 'w-1', spec: { volumes } }));
    expect(await checkOf(fake, 'docker-socket', { from: 'v1.23.1', to: 'v1.24.0' })).toMatch(
      /^warn: web\/builder mounts its socket/,
    );
    expect(await checkOf(fake, 'docker-socket', { from: 'v1.24.1', to: 'v1.25.0' })).toBe('');
  });
});
