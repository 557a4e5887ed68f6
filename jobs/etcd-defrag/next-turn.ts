import { formatBytes } from '../../src/core/bytes.ts';
import { defragDeadlineMs, estimateDefragMs } from '../../src/core/etcd/estimate.ts';
import { mayTakeMemberOut } from '../../src/core/etcd/health-gate.ts';
import { isFlapping, type LeaderTrack, leaderMoved, trackLeader } from '../../src/core/etcd/leader-track.ts';
import { orderMembers } from '../../src/core/etcd/order.ts';
import type { Ring, RingMember } from '../../src/core/etcd/ring.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { gateGraceMs, passGate } from '../steps/pass-gate.ts';
import { LEADER_LOST_MS, whileWatching } from '../steps/watch-others.ts';
import { answerOf } from './call-error.ts';
import type { DefragAnswer, DefragState } from './defragment-step.ts';
import { endTurn, type SeenTurn } from './end-turn.ts';
import type { DefragInput } from './input.ts';
import { processStart } from './look-at-member.ts';
import { MOVE_LEADER, moveLeader, successorOf } from './move-leader.ts';
import { settleTurn, type TurnFacts } from './settle.ts';
import { DEFRAGMENT, remainingOf } from './turns.ts';

/** Waits for the health gate, chooses the next member from the ring as it is now, and gives it its turn. */
export async function nextTurn(
  context: StepContext<'etcd'>,
  input: DefragInput,
  state: DefragState,
): Promise<DefragAnswer> {
  const cleared = await passGate(context, input.ring, { level: 'strict', nospaceAllowed: input.nospace });
  if (cleared.kind === 'stop') return stop(cleared.reason, cleared.note);
  if (cleared.kind === 'wait') return hold(context, state, cleared.reason, cleared.note);
  const { ring } = cleared;
  const track = trackLeader(state.track, ring.leaderId ?? '', ring.term ?? 0n);
  if (isFlapping(track)) return stop('leader-flapping', `It changed ${track.changes} times during this run.`);
  const remaining = remainingOf(input, context.acts).map((each) => each.id);
  const [next] = orderMembers(ring, remaining);
  if (next === undefined) return stop('plan-drifted', 'A member of the plan is gone.');
  const quorum = mayTakeMemberOut(ring, next.id);
  if (quorum.kind === 'refused') {
    const count = `Without ${next.label} ${quorum.left} healthy voters would be left, ${quorum.needed} are needed.`;
    return stop('quorum-at-risk', count);
  }
  const target = movesFirst(context, input, next) ? successorOf(ring, next) : null;
  if (target !== null) return await moveFirst(context, track, next, target);
  return await turn(context, input, track, ring, next);
}

function hold(context: StepContext<'etcd'>, state: DefragState, reason: EndReason, note: string): DefragAnswer {
  const { sampleMs } = context.cluster.defrag;
  const since = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - since >= gateGraceMs(sampleMs)) return stop(reason, note);
  return {
    kind: 'again',
    afterMs: sampleMs,
    state: { ...state, waitingSince: since },
    note: reason === 'access-refused' ? `Waiting: ${note}` : `Waiting, the ring is not healthy: ${note}`,
  };
}

function stop(reason: EndReason, note: string): DefragAnswer {
  return { kind: 'stop', reason, note };
}

/** Leadership is moved away from a member once: a leader that got it back is defragmented in place. */
function movesFirst(context: StepContext<'etcd'>, input: DefragInput, next: RingMember): boolean {
  const movedBefore = context.acts.some(
    (act) => act.action === MOVE_LEADER && act.item === next.label && act.observed?.result !== 'not-done',
  );
  return input.moveLeader && next.isLeader && !movedBefore;
}

async function moveFirst(
  context: StepContext<'etcd'>,
  track: LeaderTrack,
  from: RingMember,
  to: RingMember,
): Promise<DefragAnswer> {
  const moved = await moveLeader(context, from, to);
  const state = { track: leaderMoved(track), waitingSince: null };
  if (moved.kind === 'moved')
    return { kind: 'again', afterMs: 0, state, note: `${moved.text}. ${from.label} is next.` };
  return stop(moved.kind === 'unknown' ? 'outcome-unknown' : moved.reason, `Leadership was to move: ${moved.text}.`);
}

async function turn(
  context: StepContext<'etcd'>,
  input: DefragInput,
  track: LeaderTrack,
  ring: Ring,
  next: RingMember,
): Promise<DefragAnswer> {
  const before = { size: next.status?.dbSizeBytes ?? 0, inUse: next.status?.dbSizeInUseBytes ?? 0 };
  const startedAt = await processStart(context, next.member);
  const facts: TurnFacts = { id: next.id, before, leader: next.isLeader, startedAt };
  const estimate = formatSpan(estimateDefragMs(before.inUse));
  const role = next.isLeader ? ' (leader)' : '';
  await context.progress(
    `Defragmenting ${next.label}${role}: ${formatBytes(before.size)}, ${formatBytes(before.inUse)} in use, about ${estimate}.`,
  );
  const others = ring.members.filter((each) => each.id !== next.id).map((each) => each.member);
  const beganMs = context.nowMs();
  const watched = await whileWatching(context, others, async () => await callAndLook(context, input, next, facts));
  const tookMs = context.nowMs() - beganMs;
  const warning =
    watched.leaderLostMs > LEADER_LOST_MS
      ? `the other members knew no leader for ${formatSpan(watched.leaderLostMs)}`
      : null;
  // No alarm by itself: before the next turn the gate waits until everybody can be seen.
  const unseen =
    watched.unseenMs > LEADER_LOST_MS
      ? `the other members could not be looked at for ${formatSpan(watched.unseenMs)} meanwhile`
      : null;
  return await endTurn(
    context,
    input,
    { track, waitingSince: null },
    { label: next.label, settled: watched.value, tookMs, warning, unseen },
  );
}

/** Announces the call, makes it once, and looks until the member has answered, whatever the call said. */
async function callAndLook(
  context: StepContext<'etcd'>,
  input: DefragInput,
  next: RingMember,
  facts: TurnFacts,
): Promise<SeenTurn['settled']> {
  const timeoutMs = defragDeadlineMs(facts.before.inUse);
  const result = await context.act(
    { item: next.label, action: DEFRAGMENT, facts },
    async (signal) => await context.ports.etcd.defragment(next.member, { timeoutMs, signal }),
  );
  const answer = result.ok ? 'ok' : answerOf(result.error.code);
  const settled = await settleTurn(
    context,
    { label: next.label, member: next.member, facts, answer },
    input.answerWithinMs,
  );
  return { ...settled, error: result.ok ? null : result.error };
}
