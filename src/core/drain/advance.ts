import { classify } from './classify.ts';
import { nodeNamed, podOf, podsOn } from './coverage.ts';
import type { Asked, Cursor } from './cursor.ts';
import { belongsTo } from './owners.ts';
import type { DrainConsents, DrainPod, DrainView } from './view.ts';

/** The cursor before the first look. */
export function begin(nodes: readonly { readonly name: string; readonly uid: string }[], nowMs: number): Cursor {
  return {
    begunMs: nowMs,
    nodes: nodes.map(({ name, uid }) => ({ name, uid, begunMs: null, emptyMs: null, gone: false })),
    asked: [],
    ending: [],
    returned: [],
    newest: {},
    holdMs: 0,
    movedMs: nowMs,
    left: null,
    evicted: 0,
    refused: 0,
  };
}

/** Pods of a node that a drain waits for: to go, or because they may not. None once the node is gone. */
export function leftOn(
  view: DrainView,
  node: Pick<Cursor['nodes'][number], 'name' | 'uid'>,
  consents: DrainConsents,
  nowMs: number,
): readonly DrainPod[] {
  if (nodeNamed(view, node.name)?.uid !== node.uid) return [];
  return podsOn(view, node.name).filter((pod) => classify(pod, { view, consents, nowMs }).kind !== 'skip');
}

/** Takes what a look shows into the cursor: who has gone, who ends, which nodes are empty, who came back. */
export function advance(
  view: DrainView,
  cursor: Cursor,
  { consents }: { readonly consents: DrainConsents },
  nowMs: number,
): Cursor {
  const nodes = cursor.nodes.map((node) => {
    const gone = nodeNamed(view, node.name)?.uid !== node.uid;
    const isEmpty = gone || leftOn(view, node, consents, nowMs).length === 0;
    return { ...node, gone, emptyMs: isEmpty ? (node.emptyMs ?? nowMs) : null };
  });
  const waiting = nodes.flatMap((node) => leftOn(view, node, consents, nowMs));
  const ending = waiting
    .filter(({ deletedAt }) => deletedAt !== null)
    .map(({ uid }) => {
      return cursor.ending.find((each) => each.uid === uid) ?? { uid, sinceMs: nowMs };
    });
  const left = waiting.length;
  const isSame = left === cursor.left && ending.every(({ uid }) => cursor.ending.some((each) => each.uid === uid));
  return {
    ...cursor,
    nodes,
    ending,
    left,
    movedMs: isSame ? cursor.movedMs : nowMs,
    returned: returnedOn(view, cursor, waiting),
    ...settled(view, cursor),
  };
}

/** Evictions whose pod has gone or goes need no watch any more; one without a certain answer has then been taken. */
function settled(view: DrainView, cursor: Cursor): Pick<Cursor, 'asked' | 'evicted'> {
  const isOver = ({ uid }: Asked): boolean => {
    const pod = podOf(view, uid);
    return pod === null || pod.deletedAt !== null;
  };
  const taken = cursor.asked.filter((asked) => asked.answer === 'unsure' && isOver(asked)).length;
  return { asked: cursor.asked.filter((asked) => !isOver(asked)), evicted: cursor.evicted + taken };
}

/** Counts pods that were made after the drain of their node began. */
function returnedOn(view: DrainView, cursor: Cursor, waiting: readonly DrainPod[]): Cursor['returned'] {
  const before = new Map(cursor.returned.map((each) => [keyOf(each), each]));
  const counts = new Map(before);
  for (const pod of waiting) {
    const { node, createdAt } = pod;
    const begun = cursor.newest[node];
    if (begun === undefined || createdAt <= begun) continue;
    const owner = belongsTo(view, pod);
    const key = keyOf({ node, owner });
    if (createdAt <= (before.get(key)?.newest ?? begun)) continue;
    const { times = 0, newest = begun } = counts.get(key) ?? {};
    counts.set(key, { node, owner, times: times + 1, newest: newest < createdAt ? createdAt : newest });
  }
  return [...counts.values()];
}

function keyOf({ node, owner }: { readonly node: string; readonly owner: string }): string {
  return `${node} ${owner}`;
}
