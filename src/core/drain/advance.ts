import type { KubernetesResult } from '../ports/kubernetes.ts';
import { classify } from './classify.ts';
import { nodeNamed, podOf, podsOn } from './coverage.ts';
import type { Asked, Cursor } from './cursor.ts';
import { type DrainConsents, type DrainPod, type DrainView, podName } from './view.ts';

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
    returned: returnedOn(cursor, waiting),
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
function returnedOn(cursor: Cursor, waiting: readonly DrainPod[]): Cursor['returned'] {
  const counts = new Map(cursor.returned.map((each) => [`${each.node} ${each.owner}`, each]));
  const before = new Map(counts);
  for (const { node, owner, createdAt, ...pod } of waiting) {
    const newest = cursor.newest[node];
    const of = owner === null ? podName(pod) : `${owner.kind} ${pod.namespace}/${owner.name}`;
    const known = counts.get(`${node} ${of}`) ?? { node, owner: of, times: 0, newest: newest ?? '' };
    const since = before.get(`${node} ${of}`)?.newest ?? newest;
    if (newest === undefined || since === undefined || createdAt <= since) continue;
    const latest = known.newest < createdAt ? createdAt : known.newest;
    counts.set(`${node} ${of}`, { ...known, times: known.times + 1, newest: latest });
  }
  return [...counts.values()];
}

/** When a refused eviction is asked again, ms: the first time, doubled with each further refusal, never longer than the last. */
const AGAIN_MS = 5_000;
const LATEST_MS = 60_000;
/** How long a call without a certain answer may still take effect at the server, ms. */
const UNSURE_MS = 35_000;
/** A definite refusal that comes so often in a row is told as one that does not pass. */
const REFUSALS_THAT_STAY = 5;

/** Takes the answer to an eviction, or to a delete, of a pod into the cursor. Hand over the answer of the port as it came. */
export function evictionSeen(cursor: Cursor, pod: DrainPod, answer: KubernetesResult<unknown>, nowMs: number): Cursor {
  const others = cursor.asked.filter(({ uid }) => uid !== pod.uid);
  const before = cursor.asked.find(({ uid }) => uid === pod.uid);
  const { uid, namespace, name, node } = pod;
  const asked: Asked = {
    ...{ uid, namespace, name, node, atMs: nowMs, answer: 'accepted', againMs: nowMs + UNSURE_MS },
    ...{ words: '', refusals: 0, hopeless: false },
  };
  if (answer.ok) return { ...cursor, asked: [...others, asked], evicted: cursor.evicted + 1, movedMs: nowMs };
  const { code, message, retryAfterMs = 0 } = answer.error;
  switch (code) {
    case 'not-found':
    case 'conflict':
      // The pod that was meant is gone; another may have its name.
      return { ...cursor, asked: others };
    case 'unknown-outcome':
    case 'server-error':
    case 'cancelled':
      return { ...cursor, asked: [...others, { ...asked, answer: 'unsure', words: message }] };
    case 'unreachable':
      return { ...cursor, asked: others, holdMs: Math.max(cursor.holdMs, nowMs + AGAIN_MS) };
    case 'throttled':
      return { ...cursor, asked: others, holdMs: Math.max(cursor.holdMs, nowMs + Math.max(retryAfterMs, 1_000)) };
    default: {
      const refusals = (before?.answer === 'refused' ? before.refusals : 0) + 1;
      const pauseMs = Math.max(retryAfterMs, Math.min(AGAIN_MS * 2 ** (refusals - 1), LATEST_MS));
      const passes = code === 'budget' || code === 'terminating';
      const hopeless = code === 'blocked-for-good' || (!passes && refusals >= REFUSALS_THAT_STAY) || isAccess(code);
      const refused: Asked = {
        ...asked,
        answer: 'refused',
        againMs: nowMs + pauseMs,
        words: message,
        refusals,
        hopeless,
      };
      return { ...cursor, asked: [...others, refused], refused: cursor.refused + 1 };
    }
  }
}

function isAccess(code: string): boolean {
  return code === 'forbidden' || code === 'unauthorized' || code === 'not-configured';
}
