import type { NodeReading } from '../kubernetes/node.ts';
import { isSameVersion } from '../kubernetes/version.ts';
import { type GroupMark, isIn } from './node-mark.ts';

/** A node that people replace or upgrade, and the group it belongs to. */
export interface Awaited {
  readonly node: { readonly name: string; readonly uid: string };
  readonly mark: GroupMark;
  /** Target with its `v`. */
  readonly to: string;
  /** uids of the nodes of the group when the plan was made. */
  readonly known: readonly string[];
}

/** What was seen of it. Words without a period. */
export type ComeBack =
  /** The same node at the target: it may take pods again. */
  | { readonly kind: 'upgraded'; readonly words: string }
  /** It is gone, and another one stands in its place. */
  | { readonly kind: 'replaced'; readonly words: string }
  | { readonly kind: 'not-yet'; readonly words: string };

/**
 * Whether a drained node came back at the target, or another one in its place. A node that was not there when the plan was made counts once: as
 * many of them must be ready at the target as known ones are gone.
 */
export function comeBack(awaited: Awaited, nodes: readonly NodeReading[]): ComeBack {
  const { node, to } = awaited;
  const same = nodes.find(({ uid }) => uid === node.uid);
  if (same !== undefined) return sameNode(same, to);
  const members = nodes.filter((each) => isIn(each, awaited.mark));
  const present = new Set(nodes.map(({ uid }) => uid));
  const gone = awaited.known.filter((uid) => !present.has(uid)).length;
  const fresh = members.filter(({ uid }) => !awaited.known.includes(uid));
  const there = fresh.filter((each) => isThere(each, to));
  if (there.length >= gone)
    return {
      kind: 'replaced',
      words: `${node.name} is gone; ${there.map(({ name }) => name).join(', ')} is ready at ${to}`,
    };
  const waiting = fresh.filter((each) => !isThere(each, to)).map((each) => `${each.name}: ${why(each, to)}`);
  const few = there.map(({ name }) => name).join(', ');
  const so = there.length === 0 ? 'no new node has come yet' : `${few} came, and ${gone - there.length} more must come`;
  const seen = waiting.length === 0 ? so : waiting.join('; ');
  return { kind: 'not-yet', words: `${node.name} is gone; ${seen}` };
}

function sameNode(node: NodeReading, to: string): ComeBack {
  return node.ready === 'yes' && isSameVersion(node.kubeletVersion, to)
    ? { kind: 'upgraded', words: `${node.name} is ready at ${to}` }
    : { kind: 'not-yet', words: `${node.name}: ${why(node, to)}` };
}

function isThere(node: NodeReading, to: string): boolean {
  return node.ready === 'yes' && !node.cordoned && isSameVersion(node.kubeletVersion, to);
}

function why(node: NodeReading, to: string): string {
  if (!isSameVersion(node.kubeletVersion, to)) return `at ${node.kubeletVersion}, not at ${to}`;
  if (node.ready !== 'yes') return node.why === '' ? 'not ready' : `not ready (${node.why})`;
  return 'cordoned';
}
