import { z } from 'zod';
import { type CallAnswer, clearlyFell, DbSize, judgeDefrag } from '../../src/core/etcd/defrag-outcome.ts';
import type { EtcdErrorCode, EtcdMember, EtcdStatus } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';

/** How often a member is looked at after its turn, ms. */
export const POLL_MS = 1000;

/** How soon a member that refused the first connection is looked at again, ms: a restart is to be seen, not missed. */
const REFUSED_AGAIN_MS = 250;

/** Refused connections that tell a process that ended from a network that failed for a moment. */
const REFUSED_LOOKS = 2;

/**
 * How long an unchanged picture is watched when the call's outcome is unknown and the member's work cannot be seen (no metrics), ms:
 * a node's agent may start a program late.
 */
const LATE_START_MS = 20_000;

/** Polls between two lines of progress. */
const POLLS_PER_WORD = 10;

/** What is stored before the call, so that a successor can judge. */
export const TurnFacts = z.object({ id: z.string(), before: DbSize, leader: z.boolean() });
export type TurnFacts = z.infer<typeof TurnFacts>;

/** What is stored after a turn. */
export const TurnEvidence = z.object({ after: DbSize, tookMs: z.number().int().nullable() });
export type TurnEvidence = z.infer<typeof TurnEvidence>;

/** A turn that was announced and whose outcome is to be seen. */
export interface OpenTurn {
  readonly label: string;
  /** `null`: not known to this worker; it is looked up. */
  readonly member: EtcdMember | null;
  readonly facts: TurnFacts;
  /** What the call answered; `unknown` for a successor. */
  readonly answer: CallAnswer;
}

/**
 * How a turn ended. `silent`: the member did not answer in time, nothing can be told. `wentDown`: it refused connections
 * again and again, so its process had ended.
 */
export type Settled =
  | { readonly kind: 'done' | 'not-done'; readonly text: string; readonly after: DbSize; readonly wentDown: boolean }
  | { readonly kind: 'silent'; readonly text: string };

const REFUSALS: ReadonlySet<EtcdErrorCode> = new Set([
  'unreachable',
  'wrong-member',
  'no-space',
  'corrupt',
  'overloaded',
  'permission',
  'refused',
  'not-available',
]);

/** What an error of the call says about its outcome: a definite refusal (or nothing was sent), or nothing. */
export function answerOf(code: EtcdErrorCode): CallAnswer {
  return REFUSALS.has(code) ? 'refused' : 'unknown';
}

/**
 * Looks at one member until it answers, then judges by its file. Called after success, after every error and by a
 * successor after a crash; it never calls `Defragment`.
 */
export async function settleTurn(
  context: StepContext<'etcd'>,
  turn: OpenTurn,
  answerWithinMs: number,
): Promise<Settled> {
  const { label, facts, answer } = turn;
  const beganMs = context.nowMs();
  let { member } = turn;
  let refused = 0;
  let missed = false;
  let before: Settled['kind'] | null = null;
  let sameSinceMs = 0;
  let lastError = '';
  for (let poll = 0; ; poll += 1) {
    member ??= await findMember(context, facts.id);
    const seen = await lookAt(context, member, facts.id);
    let waitMs = POLL_MS;
    if (seen.kind === 'answers') {
      const after = { size: seen.status.dbSizeBytes, inUse: seen.status.dbSizeInUseBytes };
      const { result, text } = judgeDefrag(facts.before, after, answer);
      const trusted = result === 'done' && (answer === 'ok' || (!seen.busy && clearlyFell(facts.before, after)));
      // What proves nothing by itself counts only when seen twice with nothing under way: the work may just not have begun.
      if (before !== result) sameSinceMs = context.nowMs();
      const mayBeginLate = answer === 'unknown' && seen.hidden;
      const sameMs = context.nowMs() - sameSinceMs;
      const lasting = before === result && !seen.busy && (!mayBeginLate || sameMs >= LATE_START_MS);
      if (trusted || lasting) {
        const seenSame =
          !trusted && mayBeginLate ? `; seen so for ${formatSpan(sameMs)}, because it may begin late` : '';
        const words = `${text}${seenSame}${missed ? '; it could not be reached for a moment' : ''}`;
        return { kind: result, text: words, after, wentDown: refused >= REFUSED_LOOKS };
      }
      before = seen.busy ? null : result;
      lastError = seen.busy ? '' : `${text}; the call may still begin`;
    } else {
      before = null;
      lastError = seen.error;
      missed ||= seen.missed;
      if (seen.refuses) {
        refused += 1;
        if (refused < REFUSED_LOOKS) waitMs = REFUSED_AGAIN_MS;
      }
    }
    const waitedMs = context.nowMs() - beganMs;
    if (waitedMs >= answerWithinMs) return { kind: 'silent', text: silence(label, waitedMs, lastError) };
    if (poll % POLLS_PER_WORD === POLLS_PER_WORD - 1) {
      await context.progress(
        `${label} has not finished for ${formatSpan(waitedMs)}; waiting up to ${formatSpan(answerWithinMs)}.`,
      );
    }
    await context.pause(waitMs);
  }
}

function silence(label: string, waitedMs: number, error: string): string {
  const why = error === '' ? 'it still says it is defragmenting' : error;
  return `${label} did not answer for ${formatSpan(waitedMs)}: ${why}`;
}

type Look =
  /** `hidden`: whether it is at work cannot be seen. */
  | { readonly kind: 'answers'; readonly status: EtcdStatus; readonly busy: boolean; readonly hidden: boolean }
  /** `missed`: no connection came about. `refuses`: no process listens there. */
  | { readonly kind: 'silent'; readonly error: string; readonly missed: boolean; readonly refuses: boolean };

async function lookAt(context: StepContext<'etcd'>, member: EtcdMember | null, id: string): Promise<Look> {
  const { etcd } = context.ports;
  const call = { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal };
  if (member === null) return silent('no member answers with a member list');
  const status = await etcd.status(member, call);
  if (!status.ok) {
    const { code, message, refusesConnections } = status.error;
    return { ...silent(message), missed: code === 'unreachable', refuses: refusesConnections === true };
  }
  if (status.value.memberId !== id) return silent('another member answers at its address');
  const inflight = await etcd.defragInflight(member, call);
  const busy = inflight.ok ? inflight.value : null;
  return { kind: 'answers', status: status.value, busy: busy === true, hidden: busy === null };
}

function silent(error: string): Look & { readonly kind: 'silent' } {
  return { kind: 'silent', error, missed: false, refuses: false };
}

async function findMember(context: StepContext<'etcd'>, id: string): Promise<EtcdMember | null> {
  const list = await context.ports.etcd.members({
    timeoutMs: LOOK_TIMEOUT_MS,
    signal: context.signal,
    linearizable: false,
  });
  return list.ok ? (list.value.members.find((each) => each.id === id) ?? null) : null;
}
