import { z } from 'zod';
import { type CallAnswer, clearlyFell, DbSize, judgeDefrag } from '../../src/core/etcd/defrag-outcome.ts';
import type { EtcdMember, EtcdResult } from '../../src/core/ports/etcd.ts';
import type { StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { gateGraceMs } from '../steps/pass-gate.ts';
import type { WayReason } from './call-error.ts';
import { findMember, isRestarted, lookAt, processStart, silent } from './look-at-member.ts';

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
export const TurnFacts = z.object({
  id: z.string(),
  before: DbSize,
  leader: z.boolean(),
  /** When its process began, s since the epoch; `null`: could not be seen. */
  startedAt: z.number().nullable().default(null),
});
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
 * How a turn ended. `silent`: nothing could be told in time. `wentDown`: its process is another one than
 * before; where that cannot be seen, it refused connections again and again.
 */
export type Settled =
  | { readonly kind: 'done' | 'not-done'; readonly text: string; readonly after: DbSize; readonly wentDown: boolean }
  | {
      readonly kind: 'silent';
      readonly text: string;
      /** `member`: it did not answer, or is at work; `undecided`: it answers, and the call may still begin; else it was not even asked. */
      readonly why: 'member' | 'undecided' | WayReason;
    };

/** A turn of which nothing could be told. */
export type Unsettled = Extract<Settled, { readonly kind: 'silent' }>;

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
  let why: Unsettled['why'] = 'member';
  for (let poll = 0; ; poll += 1) {
    const found: EtcdResult<EtcdMember> =
      member === null ? await findMember(context, facts.id) : { ok: true, value: member };
    if (found.ok) member = found.value;
    const seen = found.ok ? await lookAt(context, found.value, facts.id) : silent(found.error);
    if (seen.kind === 'silent') why = seen.way ?? 'member';
    else why = seen.busy ? 'member' : 'undecided';
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
      if (found.ok && (trusted || lasting)) {
        const watchedMs = !trusted && mayBeginLate ? sameMs : null;
        const process = { refused, missed, start: await processStart(context, found.value) };
        return settledAs(turn, result, { text, after, watchedMs }, process);
      }
      before = seen.busy ? null : result;
      lastError = seen.busy ? 'it still says it is defragmenting' : text;
    } else {
      before = null;
      lastError = seen.error;
      missed ||= seen.missed;
      if (seen.refuses) refused += 1;
      if (seen.refuses && refused < REFUSED_LOOKS) waitMs = REFUSED_AGAIN_MS;
    }
    const waitedMs = context.nowMs() - beganMs;
    if (waitedMs >= patienceMs(context, answer, why, answerWithinMs))
      return { kind: 'silent', text: `${label} ${NOT_TOLD[why](formatSpan(waitedMs))}: ${lastError}`, why };
    if (poll % POLLS_PER_WORD === POLLS_PER_WORD - 1)
      await context.progress(stillWaiting(label, waitedMs, answerWithinMs));
    await context.pause(waitMs);
  }
}

interface SeenFile {
  readonly text: string;
  readonly after: DbSize;
  /** How long the same was seen, because the work may begin late, ms; `null`: that was not needed. */
  readonly watchedMs: number | null;
}

interface SeenProcess {
  /** Looks at which nobody listened there. */
  readonly refused: number;
  readonly missed: boolean;
  /** When it began; `null`: cannot be seen. */
  readonly start: number | null;
}

function settledAs(
  { facts, answer }: OpenTurn,
  kind: 'done' | 'not-done',
  { text, after, watchedMs }: SeenFile,
  process: SeenProcess,
): Settled {
  const restarted = isRestarted(facts.startedAt, process.start);
  const wentDown = restarted ?? process.refused >= REFUSED_LOOKS;
  const words = [
    text,
    ...(watchedMs === null ? [] : [`seen so for ${formatSpan(watchedMs)}, because it may begin late`]),
    ...(process.missed ? ['it could not be reached for a moment'] : []),
    ...(restarted === null && !wentDown && kind === 'not-done' && answer === 'unknown'
      ? ['whether it was restarted meanwhile cannot be seen in this way']
      : []),
  ];
  return { kind, text: words.join('; '), after, wentDown };
}

/** A call that was refused, like all looks after it, leaves nothing to wait for. */
function patienceMs(
  context: StepContext<'etcd'>,
  answer: CallAnswer,
  why: Unsettled['why'],
  answerWithinMs: number,
): number {
  if (why === 'member' || answer !== 'refused') return answerWithinMs;
  return Math.min(answerWithinMs, gateGraceMs(context.cluster.defrag.sampleMs));
}

function stillWaiting(label: string, waitedMs: number, answerWithinMs: number): string {
  return `${label} has not finished for ${formatSpan(waitedMs)}; waiting up to ${formatSpan(answerWithinMs)}.`;
}

const NOT_TOLD = {
  member: (span: string) => `did not answer for ${span}`,
  undecided: (span: string) => `answers, but after ${span} the call may still begin`,
  'access-refused': (span: string) => `could not be looked at for ${span}`,
  'api-refused': (span: string) => `could not be looked at for ${span}`,
} as const satisfies Readonly<Record<Unsettled['why'], (span: string) => string>>;
