import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import { type BackSigns, expectedBackCheck } from '../../src/core/etcd/diagnosis/expected-back.ts';
import { isControlPlane, type NodeReading, readNode } from '../../src/core/kubernetes/node.ts';
import { readPool } from '../../src/core/openshift/machine-config.ts';
import type { Check } from '../../src/core/plan.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';
import { legible } from '../steps/diagnosis/sources.ts';
import type { CaseBasis, ReplacePlanContext } from './case-plan.ts';

const CALL_MS = 10_000;
/** Cases that nobody waits for a node in: an entry goes, or a member that is well. */
const NEVER: ReadonlySet<ReplaceCase> = new Set(['drop-unstarted', 'drop-learner', 'swap']);
const IN_PLACE: ReadonlySet<ReplaceCase> = new Set(['ocp-pod', 'kubeadm-place']);
const POOL = {
  apiVersion: 'machineconfiguration.openshift.io/v1',
  kind: 'MachineConfigPool',
  namespace: null,
  name: 'master',
} as const;

/** Whether the node of the member is expected back by itself. Reads only; nothing where no node carries it. */
export async function planExpectedBack(
  context: Pick<ReplacePlanContext, 'cluster' | 'signal' | 'nowMs'> & {
    readonly ports: { readonly kubernetes: Pick<KubernetesPort, 'get' | 'list'> };
  },
  { case: id, place, target }: Pick<CaseBasis, 'case' | 'place' | 'target'>,
): Promise<readonly Check[]> {
  const { cluster, ports, signal } = context;
  if (NEVER.has(id) || place.node === null) return [];
  const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name: place.node };
  const isOpenshift = cluster.platform === 'openshift';
  const [node, pool, others] = await Promise.all([
    ports.kubernetes.get(ref, { timeoutMs: CALL_MS, signal }),
    isOpenshift ? readMasterPool(ports.kubernetes, signal) : ('none' as const),
    isOpenshift ? readOthers(ports.kubernetes, place.node, signal) : [],
  ]);
  // One that is gone since is the business of the case.
  if (!node.ok && node.error.code === 'not-found') return [];
  const [reading] = node.ok ? legible([node.value], readNode) : [];
  if (reading === undefined)
    return [
      {
        id: 'expected-back',
        verdict: 'warn',
        title: 'Whether its node is expected back is not known',
        evidence: `node ${place.node} could not be read: ${node.ok ? 'it has not the shape of a Node' : node.error.message}`,
      },
    ];
  return [
    expectedBackCheck({
      node: reading,
      pool: pool !== 'none' && 'why' in others ? { notRead: others.why } : pool,
      others: 'why' in others ? [] : others,
      inPlace: IN_PLACE.has(id),
      behind: target === null,
      tool: isOpenshift ? 'oc' : 'kubectl',
      nowMs: context.nowMs(),
    }),
  ];
}

async function readMasterPool(
  kubernetes: Pick<KubernetesPort, 'get'>,
  signal: AbortSignal,
): Promise<BackSigns['pool']> {
  const got = await kubernetes.get(POOL, { timeoutMs: CALL_MS, signal });
  if (!got.ok && (got.error.code === 'not-found' || got.error.code === 'no-such-kind')) return 'none';
  if (!got.ok) return { notRead: got.error.message };
  try {
    return readPool(got.value);
  } catch {
    return { notRead: 'it has not the shape of a MachineConfigPool' };
  }
}

async function readOthers(
  kubernetes: Pick<KubernetesPort, 'list'>,
  name: string,
  signal: AbortSignal,
): Promise<readonly NodeReading[] | { readonly why: string }> {
  const listed = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Node', namespace: null },
    { timeoutMs: CALL_MS, signal },
  );
  if (!listed.ok) return { why: `the nodes could not be read: ${listed.error.message}` };
  return legible(listed.value.items, readNode).filter((each) => isControlPlane(each) && each.name !== name);
}
