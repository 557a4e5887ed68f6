import type { Json } from '../../src/core/json.ts';
import type { KubernetesError, KubernetesErrorCode, KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { sentence } from '../../src/core/sentence.ts';
import type { StepContext } from '../../src/core/step.ts';

/** What a look at the object of a change found. `why`: without a period. */
export type ChangeLook =
  | { readonly is: 'done'; readonly note: string }
  | { readonly is: 'not-done'; readonly note: string }
  /** `reason`: how a run ends that waited for this in vain; absent: `access-refused`. */
  | { readonly is: 'unread'; readonly reason?: EndReason; readonly why: string }
  /** It is as nobody foresaw, and waiting does not mend that. */
  | { readonly is: 'odd'; readonly reason: EndReason; readonly why: string };

/**
 * One announced call to an API server. Its own preconditions (uid, tests of a patch, a fixed name) make a second one harmless, so that one
 * that had no effect is made once more.
 */
export interface ObjectChange {
  readonly item: string;
  readonly action: string;
  readonly facts: Json;
  /** Whether it has taken effect. Asked before the call too: what somebody else has done is not done again. */
  look(): Promise<ChangeLook>;
  call(signal: AbortSignal): Promise<KubernetesResult<unknown>>;
}

/** What came of it. `wait`: nothing is open, and it is to be tried again. Notes are sentences. */
export type Changed =
  | { readonly kind: 'done'; readonly note: string }
  | { readonly kind: 'wait'; readonly reason: EndReason; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/** How long the effect of a call without a certain answer is looked for, ms. */
const LOOK_FOR_MS = 60_000;
/** How long an API server that does not answer is asked, ms: with one of two voters restarting it is away for some minutes. */
const ASK_FOR_MS = 5 * 60_000;
const LOOK_EVERY_MS = 5000;
/** A call without effect is made so often in all. */
const MOST_CALLS = 2;
/** Refused because somebody else changed the object meanwhile: that many times more. */
const MOST_CONFLICTS = 5;

/**
 * Makes a change, or settles the open call of an earlier worker for it.
 *
 * @param before done right before the call is announced, when the look said that it is to be made; nothing where it is not
 */
export async function makeChange(
  context: StepContext<never>,
  change: ObjectChange,
  before: () => Promise<void> = nothing,
): Promise<Changed> {
  const { open } = context;
  if (open !== null && isOf(open, change)) return await settle(context, change, null);
  const seen = await change.look();
  if (seen.is === 'done') return doneOf(seen.note);
  if (seen.is === 'odd') return { kind: 'stop', reason: seen.reason, note: sentence(seen.why) };
  if (seen.is === 'unread') return { kind: 'wait', reason: seen.reason ?? 'access-refused', note: sentence(seen.why) };
  await before();
  const result = await context.act(
    { item: change.item, action: change.action, facts: change.facts },
    async (signal) => await change.call(signal),
  );
  return await settle(context, change, result);
}

async function nothing(): Promise<void> {
  await Promise.resolve();
}

/** Whether an announced call is the one of a change. */
export function isOf(
  act: { readonly item: string; readonly action: string },
  change: Pick<ObjectChange, 'item' | 'action'>,
): boolean {
  return act.item === change.item && act.action === change.action;
}

/** `result` null: an earlier worker made the call, and nobody knows its answer. */
async function settle(
  context: StepContext<never>,
  change: ObjectChange,
  result: KubernetesResult<unknown> | null,
): Promise<Changed> {
  const error = result === null || result.ok ? null : result.error;
  const isSure = result !== null && (result.ok || answerOf(result.error.code) !== 'unknown');
  const seen = await lookUntilSure(context, change, isSure);
  const words = error === null ? '' : ` The API server answered: ${error.message}.`;
  if (seen.is === 'done') {
    await context.observed({ result: 'done', note: seen.note, evidence: null });
    return doneOf(seen.note);
  }
  const what = `${change.action} of ${change.item}`;
  if (error !== null && answerOf(error.code) !== 'unknown') {
    await context.observed({ result: 'not-done', note: 'the call was refused or never sent', evidence: null });
    return refused(context, change, error);
  }
  if (seen.is === 'unread') {
    await context.observed({ result: 'unknown', note: seen.why, evidence: null });
    return { kind: 'stop', reason: 'outcome-unknown', note: `After ${what}: ${sentence(seen.why)}${words}` };
  }
  if (seen.is === 'odd') {
    await context.observed({ result: 'unknown', note: seen.why, evidence: null });
    return { kind: 'stop', reason: seen.reason, note: `After ${what}: ${sentence(seen.why)}${words}` };
  }
  const isAnswered = result?.ok === true;
  await context.observed({ result: 'not-done', note: seen.note, evidence: null });
  if (isAnswered || callsOf(context, change) >= MOST_CALLS) {
    const why = isAnswered ? 'The API server took it' : 'It was made more than once';
    return { kind: 'stop', reason: 'call-without-effect', note: `${why}, but ${seen.note} (${what}).${words}` };
  }
  return { kind: 'wait', reason: 'call-without-effect', note: `${sentence(seen.note)}${words}` };
}

async function lookUntilSure(context: StepContext<never>, change: ObjectChange, isSure: boolean): Promise<ChangeLook> {
  const beganMs = context.nowMs();
  for (;;) {
    const seen = await change.look();
    const settles = seen.is === 'done' || seen.is === 'odd' || (seen.is === 'not-done' && isSure);
    const limitMs = seen.is === 'unread' ? ASK_FOR_MS : LOOK_FOR_MS;
    if (settles || context.nowMs() - beganMs >= limitMs) return seen;
    await context.pause(LOOK_EVERY_MS);
  }
}

function refused(context: StepContext<never>, change: ObjectChange, error: KubernetesError): Changed {
  const note = `${change.action} of ${change.item}: ${error.message.replace(/\.$/, '')}.`;
  const answer = answerOf(error.code);
  if (answer === 'later' || (answer === 'changed' && callsOf(context, change) <= MOST_CONFLICTS))
    return { kind: 'wait', reason: refusalOf(error.code), note };
  return { kind: 'stop', reason: answer === 'changed' ? 'plan-drifted' : refusalOf(error.code), note };
}

function callsOf(context: StepContext<never>, change: ObjectChange): number {
  return context.acts.filter((act) => isOf(act, change)).length;
}

function doneOf(note: string): Changed {
  return { kind: 'done', note: sentence(note) };
}

const ANSWERS: Partial<Record<KubernetesErrorCode, 'later' | 'changed' | 'unknown'>> = {
  'unknown-outcome': 'unknown',
  'server-error': 'unknown',
  cancelled: 'unknown',
  unreachable: 'later',
  throttled: 'later',
  'no-space': 'later',
  conflict: 'changed',
  'already-exists': 'changed',
};

/** What an error says of the change: refused for good, for now, because the object is another one by now, or nothing. */
function answerOf(code: KubernetesErrorCode): 'refused' | 'later' | 'changed' | 'unknown' {
  return ANSWERS[code] ?? 'refused';
}

const ACCESS: ReadonlySet<KubernetesErrorCode> = new Set([
  'forbidden',
  'unauthorized',
  'not-configured',
  'unreachable',
]);

/** The reason of a call that was refused or never sent. */
function refusalOf(code: KubernetesErrorCode): 'access-refused' | 'api-refused' {
  return ACCESS.has(code) ? 'access-refused' : 'api-refused';
}
