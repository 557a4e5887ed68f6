import { type ClusterReading, MOST_UNWELL } from '../../src/core/kubernetes/cluster-reading.ts';
import { sortPods } from '../../src/core/kubernetes/cluster-report.ts';
import { type NodeReading, readNode } from '../../src/core/kubernetes/node.ts';
import { detectPlatform, PLATFORM_GROUPS } from '../../src/core/kubernetes/platform.ts';
import { type PodReading, readPod } from '../../src/core/kubernetes/pod.ts';
import type {
  KubernetesError,
  KubernetesErrorCode,
  KubernetesPort,
  KubernetesResult,
} from '../../src/core/ports/kubernetes.ts';

/** What a look at a cluster asks of its API server. */
export type ClusterLook = Pick<KubernetesPort, 'version' | 'get' | 'list' | 'eachPage' | 'groupVersions'>;

/**
 * A reading, or why there is none. `refuses`: the server answers, but not to us. `unusable`: the access cannot be used as it is set up;
 * nothing was asked. A number: the status of HTTP that came instead of an answer.
 */
export type SeenCluster =
  | { readonly ok: true; readonly reading: ClusterReading }
  | { readonly ok: false; readonly why: string; readonly how: 'silent' | 'refuses' | 'unusable' | number };

const CALL_MS = 10_000;
/** Pods of large clusters come in pages, and only what is told of them is kept. */
const PODS_MS = 30_000;

/** Looks at a cluster once. What only a part of it refuses is noted; without version and nodes there is no reading. */
export async function readCluster(kubernetes: ClusterLook, signal: AbortSignal): Promise<SeenCluster> {
  const call = { timeoutMs: CALL_MS, signal };
  const unseen: string[] = [];
  function orNote<T, E>(result: KubernetesResult<T>, what: string, otherwise: E): T | E {
    if (result.ok) return result.value;
    unseen.push(`${what}: ${result.error.message}`);
    return otherwise;
  }
  const [version, nodes, home] = await Promise.all([
    kubernetes.version(call),
    kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, call),
    kubernetes.get({ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' }, call),
  ]);
  if (!version.ok) return unread(version.error);
  if (!nodes.ok) return unread(nodes.error);
  const pods = await readPods(kubernetes, signal);
  const sorted = orNote(pods, 'pods', NO_PODS);
  const read = nodes.value.items.map(readNode);
  const { gitVersion } = version.value;
  const detected = await detect(kubernetes, read, gitVersion, signal);
  unseen.push(...detected.unseen);
  return {
    ok: true,
    reading: {
      version: gitVersion,
      identity: orNote(home, 'namespace kube-system', null)?.metadata.uid ?? '',
      nodes: read,
      ...sorted,
      podsSeen: pods.ok,
      detected: detected.platform,
      unseen,
    },
  };
}

const HOW: Partial<Record<KubernetesErrorCode, 'refuses' | 'unusable'>> = {
  forbidden: 'refuses',
  unauthorized: 'refuses',
  // A 403 that is not about rights: something before the server, or a policy of its own.
  refused: 'refuses',
  'not-configured': 'unusable',
};

function unread({ code, message, status }: KubernetesError): SeenCluster {
  return { ok: false, why: message, how: HOW[code] ?? status ?? 'silent' };
}

type Pods = Pick<ClusterReading, 'controlPlane' | 'unwell' | 'unwellCount' | 'podCount'>;
const NO_PODS: Pods = { controlPlane: [], unwell: [], unwellCount: 0, podCount: 0 };

async function readPods(kubernetes: ClusterLook, signal: AbortSignal): Promise<KubernetesResult<Pods>> {
  const controlPlane: PodReading[] = [];
  const unwell: PodReading[] = [];
  let unwellCount = 0;
  let podCount = 0;
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: null };
  const read = await kubernetes.eachPage(query, { timeoutMs: PODS_MS, signal }, (items) => {
    const sorted = sortPods(items.map(readPod));
    controlPlane.push(...sorted.controlPlane);
    unwell.push(...sorted.unwell.slice(0, Math.max(0, MOST_UNWELL - unwell.length)));
    unwellCount += sorted.unwell.length;
    podCount += items.length;
  });
  return read.ok ? { ok: true, value: { controlPlane, unwell, unwellCount, podCount } } : read;
}

/** What cannot be read is not taken for "not there" without a word: the platform may be another one then. */
async function detect(kubernetes: ClusterLook, nodes: readonly NodeReading[], version: string, signal: AbortSignal) {
  const call = { timeoutMs: CALL_MS, signal };
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'kubeadm-config' };
  const [kubeadm, ...served] = await Promise.all([
    kubernetes.get(ref, call),
    ...PLATFORM_GROUPS.map(async (group) => ({ group, versions: await kubernetes.groupVersions(group, call) })),
  ]);
  const groups = served.flatMap(({ group, versions }) => (versions.ok && versions.value.length > 0 ? [group] : []));
  const failures = [kubeadm, ...served.map(({ versions }) => versions)].flatMap((result) =>
    result.ok || result.error.code === 'not-found' ? [] : [`what the cluster runs on: ${result.error.message}`],
  );
  return {
    platform: detectPlatform({ nodes, groups, kubeadmConfig: kubeadm.ok, version }),
    unseen: [...new Set(failures)],
  };
}
