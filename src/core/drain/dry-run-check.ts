import type { Check } from '../plan.ts';
import type { KubernetesError, KubernetesErrorCode } from '../ports/kubernetes.ts';
import type { DryRunAnswer } from './checks.ts';
import { serverWords } from './server-words.ts';
import { type DrainConsents, type DrainPod, podName } from './view.ts';
import { counted, partsOf, someOf } from './words.ts';

/** It is gone meanwhile, or its namespace goes: nothing is in the way. */
const HARMLESS: ReadonlySet<KubernetesErrorCode> = new Set(['not-found', 'conflict', 'terminating']);
/** Nobody can tell. */
const UNANSWERED: ReadonlySet<KubernetesErrorCode> = new Set([
  'unreachable',
  'unknown-outcome',
  'throttled',
  'server-error',
  'cancelled',
  'too-large',
]);
/** A consent to pass over budgets covers these. */
const BUDGETS: ReadonlySet<KubernetesErrorCode> = new Set(['budget', 'blocked-for-good']);

/** What the server said to a dry run of every eviction: budgets, webhooks and rights, all of it without a change. */
export function dryRunCheck(answers: readonly DryRunAnswer[], { ignoreBudgets }: DrainConsents): Check {
  const refused = answers.flatMap(({ pod, answer }) => {
    return answer.ok || HARMLESS.has(answer.error.code) ? [] : [{ pod, error: answer.error }];
  });
  const silent = refused.filter(({ error }) => UNANSWERED.has(error.code));
  const blocking = refused.filter(({ error }) => {
    return !isCounting(error) && !UNANSWERED.has(error.code) && !(ignoreBudgets && BUDGETS.has(error.code));
  });
  if (refused.length === 0) return check('pass', 'The server would let every pod go', `dry run of ${ofAll(answers)}`);
  if (blocking.length > 0) {
    return check(
      'block',
      'The server would refuse evictions',
      `${blocking.length} of ${ofAll(answers)}: ${listed(blocking)}`,
    );
  }
  if (silent.length > 0) {
    const evidence = `${silent.length} of ${ofAll(answers)} without an answer: ${listed(silent)}`;
    return check('block', 'The server did not answer the dry run', evidence);
  }
  return check(
    'warn',
    'The server would refuse evictions now',
    `${refused.length} of ${ofAll(answers)}: ${listed(refused)}`,
  );
}

function ofAll(answers: readonly DryRunAnswer[]): string {
  return counted(answers.length, 'eviction');
}

/** Pods that were answered the same are named together. */
function listed(refused: readonly { readonly pod: DrainPod; readonly error: KubernetesError }[]): string {
  const same = Map.groupBy(refused, ({ error }) => serverWords(error));
  const words = [...same].map(([why, of]) => `${someOf(of.map(({ pod }) => podName(pod)).toSorted(), 3)}: ${why}`);
  return partsOf(words, 3);
}

function check(verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id: 'dry-run', verdict, title, evidence };
}

/** A budget that was changed just now is counted anew within seconds: the server says when to come back. */
function isCounting({ code, retryAfterMs }: KubernetesError): boolean {
  return code === 'budget' && retryAfterMs !== undefined;
}
