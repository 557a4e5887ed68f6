import type { KubernetesError, KubernetesErrorCode, KubernetesResult } from '../ports/kubernetes.ts';
import type { Asked, Cursor } from './cursor.ts';
import { serverWords } from './server-words.ts';
import type { DrainPod } from './view.ts';

/** First pause after a refusal, ms; doubled with each further one in a row, up to the longest. */
const BUDGET_AGAIN_MS = 1_000;
const AGAIN_MS = 5_000;
const LONGEST_MS = 60_000;
/** How long a call without a certain answer may still take effect at the server, ms. Source: kube-apiserver ends a write after 34 s. */
const UNSURE_MS = 35_000;
/** A definite refusal that comes so often in a row does not pass by itself. */
const REFUSALS_THAT_STAY = 5;

/** The pod that was meant is gone; another may have its name. Where the next look still shows it, a webhook chose the code of its refusal. */
const GONE: ReadonlySet<KubernetesErrorCode> = new Set(['not-found', 'conflict']);
/** It may have taken effect. */
const UNSURE: ReadonlySet<KubernetesErrorCode> = new Set(['unknown-outcome', 'server-error', 'cancelled']);
/** Nothing was sent, or the server takes nothing now: all evictions pause. */
const PAUSING: ReadonlySet<KubernetesErrorCode> = new Set(['unreachable', 'throttled']);
/** A refusal that passes by itself. */
const PASSING: ReadonlySet<KubernetesErrorCode> = new Set(['budget', 'terminating']);
/** A refusal that never does. */
const FOR_GOOD: ReadonlySet<KubernetesErrorCode> = new Set([
  'blocked-for-good',
  'forbidden',
  'unauthorized',
  'not-configured',
  'no-such-kind',
]);

/** Whether nobody knows if a call with this answer has taken effect, or will. */
export function isUnsure(answer: KubernetesResult<unknown>): boolean {
  return !answer.ok && UNSURE.has(answer.error.code);
}

/** Takes the answer to an eviction, or to a delete, of a pod into the cursor. Hand over the answer of the port as it came. */
export function evictionSeen(cursor: Cursor, pod: DrainPod, answer: KubernetesResult<unknown>, nowMs: number): Cursor {
  const others = cursor.asked.filter(({ uid }) => uid !== pod.uid);
  const before = cursor.asked.find(({ uid }) => uid === pod.uid);
  const asked = accepted(pod, nowMs);
  if (answer.ok) return { ...cursor, asked: [...others, asked], evicted: cursor.evicted + 1, movedMs: nowMs };
  const { error } = answer;
  if (isUnsure(answer)) {
    return { ...cursor, asked: [...others, { ...asked, answer: 'unsure', words: serverWords(error) }] };
  }
  if (PAUSING.has(error.code)) {
    const pauseMs = Math.max(error.retryAfterMs ?? 0, error.code === 'throttled' ? BUDGET_AGAIN_MS : AGAIN_MS);
    return { ...cursor, asked: others, holdMs: Math.max(cursor.holdMs, nowMs + pauseMs) };
  }
  const counts = GONE.has(error.code) ? 0 : 1;
  return { ...cursor, asked: [...others, refusedOnce(asked, before, error)], refused: cursor.refused + counts };
}

function accepted({ uid, namespace, name, node }: DrainPod, nowMs: number): Asked {
  const pod = { uid, namespace, name, node };
  const plain = { words: '', refusals: 0, hopeless: false } as const;
  return { ...pod, atMs: nowMs, answer: 'accepted', againMs: nowMs + UNSURE_MS, ...plain };
}

function refusedOnce(asked: Asked, before: Asked | undefined, error: KubernetesError): Asked {
  const { code, retryAfterMs = 0 } = error;
  const refusals = (before?.answer === 'refused' ? before.refusals : 0) + 1;
  const first = code === 'budget' ? BUDGET_AGAIN_MS : AGAIN_MS;
  const pauseMs = Math.max(retryAfterMs, Math.min(first * 2 ** (refusals - 1), LONGEST_MS));
  const hopeless = FOR_GOOD.has(code) || (!PASSING.has(code) && refusals >= REFUSALS_THAT_STAY);
  return { ...asked, answer: 'refused', againMs: asked.atMs + pauseMs, words: serverWords(error), refusals, hopeless };
}
