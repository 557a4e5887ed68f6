import { KEPT_MANIFEST, MANIFEST } from '../../jobs/etcd-replace/kubeadm/node-changes.ts';
import { etcdReplace } from '../../jobs/etcd-replace/runbook.ts';
import type { ReplaceSettings } from '../../src/core/cluster-profile.ts';
import { hostOf } from '../../src/core/etcd/peer-url.ts';
import { NODE_SHELL_NAMESPACE } from '../../src/core/kubernetes/node-shell.ts';
import type { ExecOutcome, KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { createFakeMachine, type FakeMachine } from '../fakes/host-machine.ts';
import { runProgram } from '../fakes/host-programs.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { ROOMY } from './backup-scene.ts';
import { createSmallVault, type SmallVault } from './small-vault.ts';
import { createStepHarness, type HarnessEnd, type RunOptions, type StepHarness } from './step-harness.ts';

const DATA = '/var/lib/etcd';
const BROKEN = `${DATA}/member/wal/broken`;
const FACTS = { service: 'none', dataDirectory: DATA, environmentFile: '/none' };

/** kubeadm's cluster of three in memory: nodes with files, a kubelet that follows them, stacked etcd. */
export interface KubeadmScene {
  readonly harness: StepHarness;
  readonly fake: FakeKubernetes;
  readonly store: SmallVault;
  machine(node: string): FakeMachine;
  /** The kubelet of the node goes on as always; false: it does nothing any more. */
  kubelet(node: string, works: boolean): void;
  /** Makes the node not ready, and ends its etcd. */
  lose(node: string): void;
  plan(name: string): Promise<PlanDraft>;
  run(draft: PlanDraft, how?: RunOptions): Promise<HarnessEnd>;
  members(): readonly string[];
  acts(): readonly string[];
}

/** Makes it; etcd of `cp-2` crash-loops by its data unless `sick` is null. */
export function kubeadmScene({
  sick = 'cp-2',
  replace = {},
}: {
  readonly sick?: string | null;
  readonly replace?: Partial<ReplaceSettings>;
} = {}): KubeadmScene {
  const fake = createFakeKubernetes();
  const machines = new Map<string, FakeMachine>();
  const idle = new Set<string>();
  const store = createSmallVault();
  const harness = createStepHarness({
    runId: 'replace-prod-test',
    etcd: {
      members: ['cp-1', 'cp-2', 'cp-3'].map((name) => ({ name, dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 })),
      leader: 'cp-1',
    },
    replace,
    cluster: { platform: 'kubeadm', etcdAccess: 'tunnel', backups: ROOMY, nodeShell: { image: 'busybox:1.37' } },
    kubernetes: portOf(fake, machines, () => settle()),
    extra: { backups: store.vault },
  });
  const { etcd } = harness;
  function settle(): void {
    for (const [node, machine] of machines) if (!idle.has(node)) follow(harness, fake, node, machine);
  }
  for (const name of ['kube-system', NODE_SHELL_NAMESPACE, 'drydock-node-shell'])
    fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const { name, peerUrls } of etcd.ring.members) {
    const machine = createFakeMachine(FACTS, {});
    machines.set(name, machine);
    fake.put(nodeObject(name, hostOf(peerUrls[0] ?? '') ?? '', true));
    machine.write(MANIFEST, manifestOf(name, peerUrls[0] ?? ''));
    machine.entries.set('/etc/kubernetes', { directory: true });
    machine.entries.set(`${DATA}/member`, { directory: true });
    machine.write(`${DATA}/member/snap/db`, 'data');
    machine.service.pid = 1;
    fake.put(podObject(name, true));
  }
  if (sick !== null) {
    machines.get(sick)?.write(BROKEN, 'cut');
    settle();
  }
  const machineOf = (node: string): FakeMachine => {
    const found = machines.get(node);
    if (found === undefined) throw new Error(`there is no node ${node}`);
    return found;
  };
  return {
    harness,
    fake,
    store,
    machine: machineOf,
    kubelet: (node, works) => void (works ? idle.delete(node) : idle.add(node)),
    lose(node) {
      idle.add(node);
      etcd.kill(node);
      fake.put(nodeObject(node, hostOf(etcd.member(node).peerUrls[0] ?? '') ?? '', false));
    },
    plan: async (name) =>
      await harness.plan(etcdReplace, {
        target: { kind: 'member', name },
        backup: null,
        overHealthy: false,
        peerUrl: null,
        by: 'T0HOME/U0OPERATOR',
      }),
    run: async (draft, how = {}) => await harness.run(etcdReplace, draft.steps, how),
    members: () =>
      etcd.ring.members.map(
        ({ name, id, isLearner }) => `${name === '' ? id : name} ${isLearner ? 'learner' : 'voter'}`,
      ),
    acts: () => harness.acts.map(({ action, observed }) => `${action} ${observed?.result ?? 'open'}`),
  };
}

/** What the kubelet does with the manifest and the data that it finds. */
function follow({ etcd }: StepHarness, fake: FakeKubernetes, node: string, machine: FakeMachine): void {
  const manifest = machine.read(MANIFEST);
  const own = etcd.ring.members.find(({ name }) => name === node);
  if (manifest === null) {
    machine.service.pid = null;
    if (own?.health === 'up') etcd.kill(node);
    if (fake.read(podRef(node)) !== null) fake.finish(podRef(node));
    return;
  }
  const broken = machine.has(BROKEN);
  machine.service.pid = broken ? null : 1;
  fake.put(podObject(node, !broken));
  if (broken) {
    if (own?.health === 'up') etcd.kill(node);
    return;
  }
  if (!machine.has(`${DATA}/member`)) {
    machine.entries.set(`${DATA}/member`, { directory: true });
    machine.write(`${DATA}/member/snap/db`, 'data');
    const url = /--initial-advertise-peer-urls=(\S+)/.exec(manifest)?.[1] ?? '';
    const waiting = etcd.ring.members.find(({ name, peerUrls }) => name === '' && peerUrls.includes(url));
    if (waiting !== undefined && manifest.includes('--initial-cluster-state=existing'))
      etcd.startAdded(waiting.id, node);
  }
}

/** Node shells start at once and go at once; their programs are those of the node. */
function portOf(fake: FakeKubernetes, machines: ReadonlyMap<string, FakeMachine>, settle: () => void): KubernetesPort {
  const nodeOfShell = (name: string): string => {
    const pod = fake.read({ apiVersion: 'v1', kind: 'Pod', namespace: NODE_SHELL_NAMESPACE, name });
    const spec: unknown = pod?.['spec'];
    return typeof spec === 'object' && spec !== null && 'nodeName' in spec ? String(spec.nodeName) : '';
  };
  fake.programs({
    exec: ({ pod, argv, stdin }) => {
      const machine = machines.get(nodeOfShell(pod.name));
      const [, , ...program] = argv;
      const outcome =
        machine === undefined ? null : (crictl(machine, program) ?? runProgram(machine, program, stdin ?? undefined));
      settle();
      return {
        ok: true,
        value: outcome ?? { exitCode: 127, stdout: new Uint8Array(), stderr: new TextEncoder().encode('not found') },
      };
    },
  });
  return {
    ...fake.port,
    create: async (object, options) => {
      const answer = await fake.port.create(object, options);
      if (answer.ok && answer.value.kind === 'Pod')
        fake.put({
          ...JSON.parse(JSON.stringify(answer.value)),
          status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] },
        });
      return answer;
    },
    delete: async (ref, options) => {
      const answer = await fake.port.delete(ref, options);
      if (answer.ok && ref.kind === 'Pod') fake.finish(ref);
      return answer;
    },
  };
}

/** The container runs as long as the process does. */
function crictl(machine: FakeMachine, [program]: readonly string[]): ExecOutcome | null {
  if (program !== 'crictl') return null;
  const stdout = new TextEncoder().encode(machine.service.pid === null ? '' : '0123456789abcdef\n');
  return { exitCode: 0, stdout, stderr: new Uint8Array() };
}

function podRef(node: string) {
  return { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', name: `etcd-${node}` } as const;
}

function podObject(node: string, runs: boolean) {
  const waiting = { waiting: { reason: 'CrashLoopBackOff' } };
  const containerStatuses = [
    {
      name: 'etcd',
      ready: runs,
      restartCount: runs ? 0 : 7,
      state: runs ? { running: {} } : waiting,
      lastState: runs ? {} : { terminated: { exitCode: 1 } },
    },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `etcd-${node}`, namespace: 'kube-system', labels: { component: 'etcd', tier: 'control-plane' } },
    spec: { nodeName: node, containers: [{ name: 'etcd', image: 'etcd' }] },
    status: { phase: 'Running', containerStatuses },
  };
}

function nodeObject(name: string, address: string, ready: boolean) {
  const since = '2026-01-01T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown', lastTransitionTime: since }],
      nodeInfo: { kubeletVersion: 'v1.36.2' },
    },
  };
}

/** As kubeadm writes it. */
function manifestOf(name: string, peerUrl: string): string {
  return [
    'apiVersion: v1',
    'kind: Pod',
    'spec:',
    '  containers:',
    '  - command:',
    '    - etcd',
    `    - --data-dir=${DATA}`,
    `    - --initial-advertise-peer-urls=${peerUrl}`,
    `    - --initial-cluster=${name}=${peerUrl}`,
    `    - --name=${name}`,
    '    image: registry.k8s.io/etcd:3.5.16-0',
    '',
  ].join('\n');
}

/** Where the manifest is meanwhile. */
export { KEPT_MANIFEST, MANIFEST };
