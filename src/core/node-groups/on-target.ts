import { counted } from '../drain/words.ts';
import type { NodeReading } from '../kubernetes/node.ts';
import { isSameVersion } from '../kubernetes/version.ts';
import { type GroupMark, isIn } from './node-mark.ts';

/** Which nodes of a group are where they are to be. */
export interface OnTarget {
  /** What is not as it should be, one node each, without periods; empty: every node is ready at the target. */
  readonly troubles: readonly string[];
  /** What else is worth a look, in sentences. */
  readonly notes: readonly string[];
}

/** What a group is to be. */
export interface GroupTarget {
  readonly mark: GroupMark;
  /** Target with its `v`. */
  readonly to: string;
  /** uids of the nodes of the group when the plan was made. */
  readonly known: readonly string[];
}

/** Looks at every node that bears the mark of a group, whether the plan knew it or not. A cordon is no trouble: somebody made it. */
export function onTarget({ mark, to, known }: GroupTarget, nodes: readonly NodeReading[]): OnTarget {
  const members = nodes.filter((node) => isIn(node, mark)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const troubles = members.flatMap((node) => {
    const why = troubleOf(node, to);
    const came = known.includes(node.uid) ? '' : ', and came after the plan was made';
    return why === null ? [] : [`node ${node.name} is ${why}${came}`];
  });
  const cordoned = members.filter((node) => node.cordoned).map(({ name }) => name);
  const few = known.length - members.length;
  return {
    troubles: members.length === 0 ? ['no node of the group is there'] : troubles,
    notes: [
      ...(cordoned.length === 0 ? [] : [`Cordoned, and left so: ${cordoned.join(', ')}.`]),
      ...(few > 0 && members.length > 0
        ? [`The group has ${counted(members.length, 'node')}, ${few} fewer than when it was planned.`]
        : []),
    ],
  };
}

function troubleOf({ kubeletVersion, ready, why }: NodeReading, to: string): string | null {
  if (!isSameVersion(kubeletVersion, to)) return `at ${kubeletVersion}, not at ${to}`;
  if (ready === 'yes') return null;
  return why === '' ? 'not ready' : `not ready (${why})`;
}

/** Nodes of a group that the plan did not know and that are not at the target, in words without a period. */
export function lateWords(target: GroupTarget, nodes: readonly NodeReading[]): readonly string[] {
  const { mark, to, known } = target;
  return nodes
    .filter((node) => isIn(node, mark) && !known.includes(node.uid) && !isSameVersion(node.kubeletVersion, to))
    .map(({ name, kubeletVersion }) => `node ${name} came at ${kubeletVersion} and is not part of this run`);
}
