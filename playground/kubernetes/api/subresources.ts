import type { ServedKind } from './kinds.ts';

/** How discovery announces a subresource. */
export interface Announced {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const PART_VERBS = ['get', 'patch', 'update'];
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];

const OWN: Readonly<Record<string, Announced>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: PART_VERBS },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  log: { kind: 'Pod', verbs: ['get'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
};

/** What discovery says of a subresource; those without a kind of their own are a part of their object. */
export function subresourceOf(kind: ServedKind, name: string): Announced {
  if (name === 'proxy') return { kind: `${kind.kind}ProxyOptions`, verbs: PROXY_VERBS };
  return OWN[name] ?? { kind: kind.kind, verbs: PART_VERBS };
}
