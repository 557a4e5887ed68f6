import { etcdBackup } from '../../jobs/etcd-backup/runbook.ts';
import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import type { VaultSettings } from '../../src/core/backup/vault-settings.ts';
import type { BackupVault } from '../../src/core/ports/backup-vault.ts';
import type { ExecOutcome, KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { createFakeBackupVault, type FakeBackupVault } from '../fakes/backup-vault.ts';
import type { FakeExec, FakeKubernetes } from '../fakes/kubernetes.ts';
import { ROOMY } from './backup-scene.ts';
import { createFakeClock } from './fake-clock.ts';
import { shellCluster } from './shell-cluster.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';
import { tarGzOf } from './tar-sample.ts';

/** What no word of a run may ever hold. */
export const SECRET = 'obviously-no-real-key';
export const IMAGE = 'registry.example.com/busybox:1.37';
const OPERATORS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const NAMES = {
  kubeadm: ['admin.conf', 'kubelet.conf', 'manifests', 'pki'],
  openshift: [
    'etcd-pod-9',
    'etcd-pod-10',
    'kube-apiserver-pod-7',
    'kube-controller-manager-pod-7',
    'kube-scheduler-pod-8',
  ],
} as const;

/** What a scene may be given. */
export interface StaticSceneOptions {
  readonly platform?: 'kubeadm' | 'openshift';
  /** `null`: none is configured. */
  readonly image?: string | null;
  readonly settings?: Partial<VaultSettings>;
  /** Arguments of the API server on the node; default none. */
  readonly flags?: readonly string[];
  /** OpenShift: what is asked for, and done; default nothing, ever. `identity`: values were decrypted. */
  readonly encryption?: string;
  readonly wrap?: (vault: BackupVault) => BackupVault;
}

/** A ring of which m-2 gives the backup, a node m-2 with a control plane, and a vault. */
export interface StaticScene {
  readonly harness: StepHarness;
  readonly kubernetes: FakeKubernetes;
  readonly vault: FakeBackupVault;
  readonly draft: PlanDraft;
  /** Arguments of what ran on the node, in order. */
  readonly ran: readonly (readonly string[])[];
  /** Changes what the next program of that name answers. Several wait in turn. */
  readonly answer: (program: 'ls' | 'tar', outcome: KubernetesResult<ExecOutcome>) => void;
  readonly run: () => Promise<HarnessEnd>;
  /** The manifest of the newest good backup. */
  readonly manifest: () => Promise<BackupManifest>;
}

/** What a program printed, and how it ended. */
export function ended(exitCode: number, stdout: Uint8Array | string = '', stderr = ''): KubernetesResult<ExecOutcome> {
  return { ok: true, value: { exitCode, stdout: bytesOf(stdout), stderr: bytesOf(stderr) } };
}

function bytesOf(text: Uint8Array | string): Uint8Array {
  return typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

/** Plans a backup with static files; everything after the plan may still be disturbed. */
export async function staticScene(options: StaticSceneOptions = {}): Promise<StaticScene> {
  const { platform = 'kubeadm', image = IMAGE, settings = {}, wrap = (vault) => vault } = options;
  const clock = createFakeClock();
  const vault = createFakeBackupVault(clock, { settings });
  const kubernetes = shellCluster();
  furnish(kubernetes, options);
  const ran: (readonly string[])[] = [];
  const waiting: { readonly program: string; readonly outcome: KubernetesResult<ExecOutcome> }[] = [];
  kubernetes.programs({
    exec: ({ argv }: FakeExec) => {
      const [chroot, root, program, ...args] = argv;
      if (chroot !== 'chroot' || root !== '/host') return ended(127, '', 'not on the node');
      ran.push([program ?? '', ...args]);
      const at = waiting.findIndex((each) => each.program === program);
      const [next] = at < 0 ? [] : waiting.splice(at, 1);
      if (next !== undefined) return next.outcome;
      return program === 'ls' ? ended(0, `${NAMES[platform].join('\n')}\n`) : ended(0, archiveOf(args));
    },
  });
  const harness = createStepHarness({
    clock,
    etcd: { members: [{}, {}, {}].map(() => ({ dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 })) },
    cluster: { platform, backups: ROOMY, nodeShell: image === null ? null : { image } },
    kubernetes: kubernetes.port,
    extra: { backups: wrap(vault) },
  });
  const draft = await harness.plan(etcdBackup, { member: null, note: null, by: 'T0HOME/U0OPERATOR' });
  return {
    harness,
    kubernetes,
    vault,
    draft,
    ran,
    answer: (program, outcome) => void waiting.push({ program, outcome }),
    run: async () => await harness.run(etcdBackup, draft.steps),
    manifest: async () => await newest(vault),
  };
}

/** As tar would: a file below, or at, each path that it is told. */
function archiveOf(args: readonly string[]): Uint8Array {
  const paths = args.slice(args.indexOf('-C') + 2);
  return tarGzOf(Object.fromEntries(paths.map((path) => [/\.\w+$/.test(path) ? path : `${path}/file`, SECRET])));
}

function furnish(
  kubernetes: FakeKubernetes,
  { platform = 'kubeadm', flags = [], encryption = '' }: StaticSceneOptions,
): void {
  const ready = [{ type: 'Ready', status: 'True' }];
  kubernetes.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'm-2' }, status: { conditions: ready } });
  kubernetes.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  if (platform === 'kubeadm') {
    putApiServer(kubernetes, flags);
    return;
  }
  const [config, operator] = ['config.openshift.io/v1', 'operator.openshift.io/v1'];
  const said: Readonly<Record<string, string>> = { '': 'EncryptionDisabled', identity: 'DecryptionCompleted' };
  const reason = said[encryption] ?? 'EncryptionCompleted';
  const kinds = {
    APIServer: 'apiservers',
    KubeAPIServer: 'kubeapiservers',
    OpenShiftAPIServer: 'openshiftapiservers',
    Authentication: 'authentications',
  };
  for (const [kind, resource] of Object.entries(kinds)) {
    const apiVersion = kind === 'APIServer' ? config : operator;
    kubernetes.addKind({ apiVersion, kind, resource, namespaced: false, subresources: ['status'] });
    const status = { conditions: [{ type: 'Encrypted', status: 'True', reason }] };
    kubernetes.put({
      apiVersion,
      kind,
      metadata: { name: 'cluster' },
      spec: { encryption: { type: encryption } },
      status,
    });
  }
  kubernetes.addKind({
    apiVersion: config,
    kind: 'ClusterOperator',
    resource: 'clusteroperators',
    namespaced: false,
    subresources: ['status'],
  });
  for (const name of OPERATORS) putOperator(kubernetes, name);
}

/** The API server of kubeadm on that node, with these arguments. */
export function putApiServer(kubernetes: FakeKubernetes, flags: readonly string[]): void {
  const volumeMounts = [{ name: 'enc', mountPath: '/etc/kubernetes/enc' }];
  kubernetes.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kube-apiserver-m-2', namespace: 'kube-system', labels: { component: 'kube-apiserver' } },
    spec: {
      nodeName: 'm-2',
      containers: [{ name: 'kube-apiserver', command: ['kube-apiserver', ...flags], volumeMounts }],
      volumes: [{ name: 'enc', hostPath: { path: '/etc/kubernetes/enc' } }],
    },
  });
}

/** An operator that is well but for these conditions. */
export function putOperator(
  kubernetes: FakeKubernetes,
  name: string,
  statuses: Readonly<Record<string, string>> = {},
): void {
  const all = { Available: 'True', Degraded: 'False', Progressing: 'False', ...statuses };
  const conditions = Object.entries(all).map(([type, status]) => ({ type, status, reason: 'AsTold' }));
  kubernetes.put({
    apiVersion: 'config.openshift.io/v1',
    kind: 'ClusterOperator',
    metadata: { name },
    status: { conditions },
  });
}

async function newest(vault: BackupVault): Promise<BackupManifest> {
  const listed = await vault.list({ signal: new AbortController().signal });
  const manifest = listed.ok ? listed.value.find(({ state }) => state === 'good')?.manifest : null;
  if (manifest === null || manifest === undefined) throw new Error('there is no good backup');
  return manifest;
}
