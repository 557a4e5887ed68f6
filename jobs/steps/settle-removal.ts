import { type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import type { EtcdError, MemberId } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { StepContext } from '../../src/core/step.ts';
import { answerOf, callWords, refusalReason } from '../etcd-defrag/call-error.ts';
import { FORWARD_MS } from './pass-gate.ts';
import { LOOK_TIMEOUT_MS, lookOf, readRing } from './read-ring.ts';

/** What became of a removal. `unknown`: within the time nobody with a quorum behind it told. */
export type SeenRemoval =
  | { readonly kind: 'absent' | 'present'; readonly ring: Ring; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

/** Who was asked to be removed, and from which ring. */
export interface Removal {
  readonly clusterId: string;
  readonly id: MemberId;
  /** Who it is, for people. */
  readonly words: string;
}

/** So many members must say that it is gone, where there are as many: the list of 3.4 is a member's own. */
const WITNESSES = 2;

/** How long a member must go on standing in the list after a call without a certain answer: a call that is under way comes late, ms. */
const LATE_MS = 20_000;

/**
 * Looks until it can be told whether a member is gone. Called after success, after every error, and by a successor after a crash; it never removes.
 *
 * @param error what the call answered; `null`: it succeeded, or an earlier worker made it
 */
export async function watchRemoval(
  context: StepContext<'etcd'>,
  removal: Removal,
  error: EtcdError | null,
): Promise<SeenRemoval> {
  const refused = error !== null && answerOf(error.code) === 'refused';
  const { sampleMs } = context.cluster.defrag;
  const beganMs = context.nowMs();
  let presentSince: number | null = null;
  let last = '';
  for (;;) {
    const seen = await lookOnce(context, removal);
    if (seen.kind === 'absent') return seen;
    if (seen.kind === 'present') {
      presentSince ??= context.nowMs();
      if (refused || context.nowMs() - presentSince >= LATE_MS) return seen;
    } else presentSince = null;
    last = seen.text;
    if (context.nowMs() - beganMs >= FORWARD_MS)
      return {
        kind: 'unknown',
        text: `whether ${removal.words} is a member cannot be told: ${last}${callWords(error)}`,
      };
    await context.pause(sampleMs);
  }
}

/** A removal is announced so often: a second time only when the first was seen to have had no effect. */
const MAX_ANNOUNCED = 2;

/** What a step answers after it looked: the member is gone, the call is still due, or it stops. */
export type SettledRemoval =
  | { readonly kind: 'absent'; readonly ring: Ring }
  | { readonly kind: 'due'; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/** Looks at what came of the announced removal, and stores it. `error`: as for {@link watchRemoval}. */
export async function settleRemoval(
  context: StepContext<'etcd'>,
  removal: Removal,
  error: EtcdError | null,
): Promise<SettledRemoval> {
  const { words } = removal;
  const seen = await watchRemoval(context, removal, error);
  const result = seen.kind === 'absent' ? 'done' : seen.kind === 'present' ? 'not-done' : 'unknown';
  await context.observed({ result, note: seen.text, evidence: null });
  if (seen.kind === 'absent') return { kind: 'absent', ring: seen.ring };
  if (seen.kind === 'unknown')
    return { kind: 'stop', reason: 'outcome-unknown', note: `${words} was to be removed: ${seen.text}.` };
  if (error?.refusal === 'unhealthy-cluster' || error?.refusal === 'not-enough-started') {
    const note = `${words} was not removed: etcd says that too few others are well (${error.message}).`;
    return { kind: 'stop', reason: 'second-member-sick', note };
  }
  if (error !== null && answerOf(error.code) === 'refused')
    return { kind: 'stop', reason: refusalReason(error), note: `${words} was not removed.${callWords(error)}` };
  if (context.acts.length >= MAX_ANNOUNCED)
    return { kind: 'stop', reason: 'call-without-effect', note: `${seen.text}.${callWords(error)}` };
  return { kind: 'due', note: `${seen.text}: the removal is still due.` };
}

/** One look at the list, by as many members as there must be. */
async function lookOnce(context: StepContext<'etcd'>, { clusterId, id, words }: Removal): Promise<SeenRemoval> {
  const { ring, trouble } = await readRing(lookOf(context));
  if (ring === null || ring.localList)
    return { kind: 'unknown', text: trouble?.message ?? 'nobody answers with a list that has a quorum behind it' };
  if (ring.clusterId !== clusterId)
    return { kind: 'unknown', text: `ring ${ring.clusterId} answers, not ${clusterId}` };
  // Who answers a read that needs quorum is up to date.
  const current = votersOf(ring).filter((each) => each.id !== id && each.status !== null && each.reads);
  const answers = await Promise.all(
    current.map(async ({ member, label }) => {
      const call = { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal, linearizable: true, via: member };
      const list = await context.ports.etcd.members(call);
      if (!list.ok || list.value.clusterId !== clusterId) return [];
      return [{ label, has: list.value.members.some((each) => each.id === id) }];
    }),
  );
  const told = answers.flat();
  const having = told.filter(({ has }) => has);
  const without = told.filter(({ has }) => !has);
  const names = (of: typeof told): string => of.map(({ label }) => label).join(', ');
  const enough = Math.min(WITNESSES, Math.max(1, votersOf(ring).filter((each) => each.id !== id).length));
  if (having.length === 0 && without.length >= enough)
    return { kind: 'absent', ring, text: `${words} is no member any more, as ${names(without)} ${says(without)}` };
  if (without.length === 0 && having.length > 0)
    return { kind: 'present', ring, text: `${words} is still a member, as ${names(having)} ${says(having)}` };
  return { kind: 'unknown', text: `${told.length} of ${current.length} members told, and not the same` };
}

function says(of: readonly unknown[]): string {
  return of.length === 1 ? 'says' : 'say';
}
