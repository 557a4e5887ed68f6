/** A Secret by name, and by uid so that no namesake is deleted. */
export interface SecretRef {
  readonly name: string;
  readonly uid: string;
}

/** The Secrets of exactly one node, or why they cannot be told from those of another one. */
export type NodeSecrets =
  | {
      readonly ok: true;
      readonly delete: readonly SecretRef[];
      /** Names that end like those of the node and follow no pattern that every other node has: left alone. */
      readonly left: readonly string[];
    }
  /** Without a period. */
  | { readonly ok: false; readonly why: string };

/**
 * The three that every version has had.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member*; `pkg/tlshelpers` of the cluster-etcd-operator.
 */
const KNOWN = ['etcd-peer', 'etcd-serving', 'etcd-serving-metrics'] as const;

/** What all certificates of etcd begin with. */
const START = 'etcd-';

/**
 * Finds the Secrets with the certificates of one node. Which there are is learned: a prefix counts when `prefix-other` is there for every
 * other control-plane node, and the three known ones always count. Names are compared whole: `master-1` is not `master-10`. A name that
 * could be of two nodes (`etcd-serving-metrics-cp-1` beside a node `metrics-cp-1`) is ambiguous, and nothing is deleted.
 *
 * @param secrets Secrets of the namespace `openshift-etcd`, of type `kubernetes.io/tls` only
 * @param otherNodes names of all other control-plane nodes
 */
export function nodeSecrets(secrets: readonly SecretRef[], node: string, otherNodes: readonly string[]): NodeSecrets {
  const others = otherNodes.filter((other) => other !== node);
  const prefixes = prefixesOf(secrets, others);
  const own = new Set(prefixes.map((prefix) => `${prefix}-${node}`));
  const found = secrets.filter(({ name }) => own.has(name));
  const shared = found.flatMap(({ name }) => {
    const other = others.find((each) => prefixes.some((prefix) => `${prefix}-${each}` === name));
    return other === undefined ? [] : [`Secret ${name} may be of node ${node} or of node ${other}`];
  });
  if (shared.length > 0) return { ok: false, why: shared.join(', ') };
  const ofOthers = new Set(others.flatMap((other) => prefixes.map((prefix) => `${prefix}-${other}`)));
  const left = secrets
    .filter(({ name }) => name.startsWith(START) && name.endsWith(`-${node}`) && !own.has(name) && !ofOthers.has(name))
    .map(({ name }) => name);
  return { ok: true, delete: found.map(({ name, uid }) => ({ name, uid })).toSorted(byName), left: left.toSorted() };
}

function prefixesOf(secrets: readonly SecretRef[], others: readonly string[]): readonly string[] {
  const names = new Set(secrets.map(({ name }) => name));
  const [first] = others;
  if (first === undefined) return KNOWN;
  const learned = [...names].flatMap((name) => {
    if (!name.startsWith(START) || !name.endsWith(`-${first}`)) return [];
    const prefix = name.slice(0, -first.length - 1);
    return others.every((other) => names.has(`${prefix}-${other}`)) ? [prefix] : [];
  });
  return [...new Set([...KNOWN, ...learned])];
}

function byName(a: SecretRef, b: SecretRef): number {
  return a.name < b.name ? -1 : 1;
}
