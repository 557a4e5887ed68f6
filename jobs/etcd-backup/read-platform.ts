import {
  type EncryptionReading,
  kubeadmEncryption,
  openshiftEncryption,
} from '../../src/core/backup/encryption-state.ts';
import type { Platform } from '../../src/core/cluster-profile.ts';
import type { KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';

/** What a manifest wants to know of the cluster above the ring. */
export interface PlatformReading {
  /** Version of the API server; `null`: not seen, or there is none. */
  readonly version: string | null;
  /** Uid of `kube-system`; `null` as above. */
  readonly uid: string | null;
  /** `null`: a bare ring. */
  readonly encryption: EncryptionReading | null;
  /** What could not be read, as sentences. */
  readonly unseen: readonly string[];
}

type Reader = Pick<KubernetesPort, 'version' | 'get' | 'list'>;

const CALL_MS = 10_000;
const HOLDERS = ['KubeAPIServer', 'OpenShiftAPIServer', 'Authentication'] as const;

/** Reads it. An API server that is away is no reason to have no backup: what could not be read is said. */
export async function readPlatform(
  kubernetes: Reader,
  platform: Platform,
  signal: AbortSignal,
): Promise<PlatformReading> {
  if (platform === 'etcd') return { version: null, uid: null, encryption: null, unseen: [] };
  const call = { timeoutMs: CALL_MS, signal };
  const [version, home, encryption] = await Promise.all([
    kubernetes.version(call),
    kubernetes.get({ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' }, call),
    platform === 'openshift' ? readOpenshift(kubernetes, call) : readApiServers(kubernetes, call),
  ]);
  return {
    version: version.ok ? version.value.gitVersion : null,
    uid: home.ok ? home.value.metadata.uid : null,
    encryption,
    unseen: [
      ...(version.ok ? [] : [`The version of Kubernetes could not be read: ${version.error.message}.`]),
      ...(home.ok ? [] : [`Namespace kube-system could not be read: ${home.error.message}.`]),
    ],
  };
}

async function readOpenshift(
  kubernetes: Reader,
  call: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<EncryptionReading> {
  const refs: readonly ObjectRef[] = [
    { apiVersion: 'config.openshift.io/v1', kind: 'APIServer', namespace: null, name: 'cluster' },
    ...HOLDERS.map((kind) => ({ apiVersion: 'operator.openshift.io/v1', kind, namespace: null, name: 'cluster' })),
  ];
  const [wanted, ...holders] = await Promise.all(
    refs.map(async (ref) => {
      const got = await kubernetes.get(ref, call);
      return { name: ref.kind, object: got.ok ? got.value : null, unread: got.ok ? [] : [got.error.message] };
    }),
  );
  const reading = openshiftEncryption(wanted?.object ?? null, holders);
  const unread = new Set([...(wanted?.unread ?? []), ...holders.flatMap((each) => each.unread)]);
  if (reading.kind !== 'unknown' || unread.size === 0) return reading;
  return { kind: 'unknown', why: `${reading.why}: ${[...unread].join('; ')}` };
}

async function readApiServers(
  kubernetes: Reader,
  call: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<EncryptionReading> {
  const pods = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', labelSelector: 'component=kube-apiserver' },
    call,
  );
  return pods.ok ? kubeadmEncryption(pods.value.items) : { kind: 'unknown', why: pods.error.message };
}
