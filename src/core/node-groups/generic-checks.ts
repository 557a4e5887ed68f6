import type { DrainNode } from '../drain/view.ts';
import { compareVersions, parseVersion } from '../kubernetes/version.ts';
import type { Check } from '../plan.ts';
import { bears, type NodeMark } from './node-mark.ts';

/** What a look at a cluster tells of a group whose machines somebody else owns. */
export interface GenericLook {
  readonly nodes: readonly DrainNode[];
  /** Versions of the API servers that were seen: the one that answered, and those of the pods that tell. */
  readonly servers: readonly string[];
  /** What could not be read, in words; empty: nothing. */
  readonly unread: readonly string[];
}

/** Taints by which others say that they take a node away. Source: cluster-autoscaler, Karpenter, cloud-provider. */
const LEAVING = {
  ToBeDeletedByClusterAutoscaler: 'cluster-autoscaler takes it away',
  'karpenter.sh/disrupted': 'Karpenter takes it away',
  'karpenter.sh/disruption': 'Karpenter takes it away',
  'node.cloudprovider.kubernetes.io/shutdown': 'its machine is shut down',
} as const;
/** Taints of a node that is not whole yet. Source: cloud-provider, Karpenter. */
const COMING = {
  'node.cloudprovider.kubernetes.io/uninitialized': 'it is being set up',
  'karpenter.sh/unregistered': 'it is being set up',
} as const;

/** What speaks against an upgrade by others, as far as nodes tell: whether they are well, whether somebody changes the group, and the API servers. */
export function genericChecks({ nodes, servers, unread }: GenericLook, mark: NodeMark, to: string): readonly Check[] {
  const members = nodes.filter((node) => bears(node, mark));
  return [wellCheck(members), changingCheck(members), serverCheck(servers, unread, to)];
}

function wellCheck(nodes: readonly DrainNode[]): Check {
  const id = 'generic-nodes';
  const words = nodes.flatMap(({ name, pressures }) =>
    pressures.length === 0 ? [] : [`${name}: ${pressures.join(', ')}`],
  );
  return words.length === 0
    ? { id, verdict: 'pass', title: 'No node of the group is short of anything', evidence: `${nodes.length} looked at` }
    : { id, verdict: 'warn', title: 'Nodes of the group are short of something', evidence: words.join('; ') };
}

function changingCheck(nodes: readonly DrainNode[]): Check {
  const id = 'generic-changing';
  const words = nodes.flatMap((node) => {
    const why = changeOf(node);
    return why === null ? [] : [`${node.name}: ${why}`];
  });
  const seen = 'no node of it is being deleted, taken away or set up; roll-outs that nodes do not tell of are not seen';
  return words.length === 0
    ? { id, verdict: 'pass', title: 'Nobody is seen changing the group', evidence: seen }
    : {
        id,
        verdict: 'block',
        title: 'Somebody is changing the group',
        evidence: `${words.join('; ')}. Wait until that is over`,
      };
}

function changeOf({ deletedAt, taints }: DrainNode): string | null {
  if (deletedAt !== null) return 'it is being deleted';
  const all: Readonly<Record<string, string>> = { ...LEAVING, ...COMING };
  return (
    taints.map(({ key }) => (Object.hasOwn(all, key) ? all[key] : undefined)).find((why) => why !== undefined) ?? null
  );
}

/** A worker is never newer than any API server that it may talk to. Source: Kubernetes' version skew policy. */
function serverCheck(servers: readonly string[], unread: readonly string[], to: string): Check {
  const id = 'generic-servers';
  const target = parseVersion(to);
  const known = [...new Set(servers)].flatMap((text) => {
    const parsed = parseVersion(text);
    return parsed === null ? [] : [{ text, parsed }];
  });
  const below = known.filter(({ parsed }) => target !== null && compareVersions(parsed, target) < 0);
  const named = known.map(({ text }) => text).join(', ');
  const untold = unread.length === 0 ? '' : `; could not be read: ${unread.join(', ')}`;
  if (below.length > 0) {
    const evidence = `API servers at ${named}${untold}; bring every one of them to ${to} first`;
    return { id, verdict: 'block', title: `Nodes at ${to} would be above an API server`, evidence };
  }
  if (known.length === 0 || unread.length > 0) {
    const evidence = `${named === '' ? 'none told its version' : `at ${named}`}${untold}`;
    return { id, verdict: 'warn', title: 'Not every API server was looked at', evidence };
  }
  return { id, verdict: 'pass', title: `No API server is seen below ${to}`, evidence: `at ${named}` };
}
