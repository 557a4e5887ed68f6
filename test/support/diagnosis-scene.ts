import { members as membersRunbook } from '../../jobs/members/runbook.ts';
import { StateReport } from '../../src/core/state-report.ts';
import type { FakeEtcd } from '../fakes/etcd.ts';
import { createFakeHosts, FAKE_HOST_FACTS, type FakeHosts } from '../fakes/hosts.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { createStepHarness, type StepHarness } from './step-harness.ts';

/** A ring, what carries it, and `/kube members` on it. */
export interface DiagnosisScene {
  readonly harness: StepHarness;
  readonly etcd: FakeEtcd;
  readonly kubernetes: FakeKubernetes;
  readonly hosts: FakeHosts;
  /** Runs `members`, and answers its report. */
  report(): Promise<StateReport>;
}

const NODES = ['cp-1', 'cp-2', 'cp-3'] as const;

/** Long before anything that a test does. */
const LONG_AGO = '1969-12-31T00:00:00Z';

/** How a node and its etcd pod are. */
export interface NodeSketch {
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly since?: string;
  /** `status` of the container etcd; `null`: there is no pod. */
  readonly etcd?: object | null;
}

/** Puts a node of the control plane and its etcd pod, well unless told otherwise. */
export function putNode(
  kubernetes: FakeKubernetes,
  name: string,
  { ready = 'True', since = LONG_AGO, etcd = {} }: NodeSketch = {},
): void {
  const address = `10.0.0.1${name.slice(-1)}`;
  kubernetes.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: {
      addresses: [{ type: 'InternalIP', address }],
      conditions: [{ type: 'Ready', status: ready, message: '', lastTransitionTime: since }],
    },
  });
  const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', name: `etcd-${name}` };
  if (etcd === null) {
    kubernetes.finish(pod);
    return;
  }
  kubernetes.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod.name, namespace: pod.namespace, labels: { component: 'etcd', tier: 'control-plane' } },
    spec: { nodeName: name },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'etcd', ready: true, restartCount: 0, state: { running: {} }, ...etcd }],
    },
  });
}

/** A kubeadm cluster of three control-plane nodes, each with a member of its name; all are well. */
export function kubeadmScene(): DiagnosisScene {
  const kubernetes = createFakeKubernetes();
  for (const name of NODES) putNode(kubernetes, name);
  const members = NODES.map((name) => ({ name }));
  const harness = createStepHarness({
    etcd: { members },
    kubernetes: kubernetes.port,
    cluster: { platform: 'kubeadm', etcdAccess: 'tunnel' },
  });
  return sceneOf(harness, kubernetes, createFakeHosts());
}

/** A bare ring of three members, each on a host that lets us in; all are well. */
export function ringScene(): DiagnosisScene {
  const hosts = createFakeHosts();
  for (const at of [11, 12, 13]) hosts.add(`10.0.0.${at}`).start();
  const harness = createStepHarness({
    cluster: { platform: 'etcd', hosts: FAKE_HOST_FACTS },
    extra: { hosts: hosts.port },
  });
  return sceneOf(harness, createFakeKubernetes(), hosts);
}

function sceneOf(harness: StepHarness, kubernetes: FakeKubernetes, hosts: FakeHosts): DiagnosisScene {
  return {
    harness,
    etcd: harness.etcd,
    kubernetes,
    hosts,
    async report() {
      const draft = await harness.plan(membersRunbook, {});
      const end = await harness.run(membersRunbook, draft.steps);
      if (end.kind !== 'done') throw new Error(end.note);
      return StateReport.parse(Object(harness.outputs.at(-1)).report);
    },
  };
}

/** The conditions in a report, by member. */
export function conditionsIn({ tables }: StateReport): Readonly<Record<string, string>> {
  const rows = tables[0]?.rows ?? [];
  return Object.fromEntries(rows.map((row) => [row[0] ?? '', row[2] ?? '']));
}
