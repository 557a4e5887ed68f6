import { z } from 'zod';
import { readDrainNode } from '../../../src/core/drain/read-objects.ts';
import { type GenericLook, genericChecks } from '../../../src/core/node-groups/generic-checks.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { GroupPlanContext, UpgradeOrder } from '../provider.ts';

const CALL_MS = 10_000;
const LIST_MS = 20_000;
/** Label of the static pods of API servers. Source: kubeadm. Managed control planes show none. */
const API_SERVERS = 'component=kube-apiserver';

const Containers = z.looseObject({
  spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
});

/** What nodes and API servers say against an upgrade of the group by whoever owns its machines. Reads only. */
export async function preflightGroup(
  context: GroupPlanContext,
  { mark }: NodeGroup,
  { to }: UpgradeOrder,
): Promise<readonly Check[]> {
  if (mark === undefined || mark === null) return [];
  const seen = await look(context);
  return 'unseen' in seen ? [seen.unseen] : genericChecks(seen, mark, to);
}

async function look({ ports, signal }: GroupPlanContext): Promise<GenericLook | { readonly unseen: Check }> {
  const { kubernetes } = ports;
  const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', labelSelector: API_SERVERS };
  const [nodes, version, servers] = await Promise.all([
    kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, { timeoutMs: LIST_MS, signal }),
    kubernetes.version({ timeoutMs: CALL_MS, signal }),
    kubernetes.list(pods, { timeoutMs: LIST_MS, signal }),
  ]);
  if (!nodes.ok) return { unseen: unseenCheck(nodes.error.message) };
  return {
    nodes: nodes.value.items.map(readDrainNode),
    servers: [
      ...(version.ok ? [version.value.gitVersion] : []),
      ...(servers.ok ? servers.value.items.flatMap(versionsIn) : []),
    ],
    unread: [
      ...(version.ok ? [] : [`the version (${version.error.message})`]),
      ...(servers.ok ? [] : [`the pods of the API servers (${servers.error.message})`]),
    ],
  };
}

function unseenCheck(evidence: string): Check {
  return { id: 'reachable', verdict: 'block', title: 'The nodes could not be read', evidence };
}

/** Tags of the images of a pod: `registry.k8s.io/kube-apiserver:v1.31.4`. */
function versionsIn(pod: KubernetesObject): readonly string[] {
  const read = Containers.safeParse(pod);
  if (!read.success) return [];
  return read.data.spec.containers.flatMap(({ image }) => /:(v\d[\w.+-]*)(?:@|$)/.exec(image)?.[1] ?? []);
}
