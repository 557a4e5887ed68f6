import { isHealthyVoter } from '../etcd/health-gate.ts';
import { type Ring, type RingMember, votersOf } from '../etcd/ring.ts';
import { resolveMembers } from '../etcd/selection.ts';
import type { MemberId } from '../ports/etcd.ts';

/** Entries that a member may be behind to give a backup. Less than the health gate allows: there is no hurry to take a stale one. */
export const MAX_BACKUP_LAG = 100;
/** An alarm among the errors of a status. Source: etcd's `Maintenance.Status`. */
const ALARM = /^memberID:\d+ alarm:[A-Z]+\s*$/;

/** One member that does not give the backup, and why not. */
export interface NotChosen {
  readonly member: RingMember;
  readonly reason: string;
}

/** Who gives the backup. `trouble`: why nobody does, as a sentence without its period. */
export type MemberChoice =
  | { readonly ok: true; readonly member: RingMember; readonly reason: string; readonly left: readonly NotChosen[] }
  | { readonly ok: false; readonly trouble: string; readonly left: readonly NotChosen[] };

/**
 * Chooses the member a backup is taken from: a healthy voter without an alarm that is not the leader (but in a ring of one), and of these the
 * one that has applied most; equals by label. A named one is judged by the same rules.
 *
 * @param named name or id that was asked for; `null`: by rule
 * @param tried id of the one that was to give it and did not; `null`: nobody was
 */
export function chooseBackupMember(ring: Ring, named: string | null, tried: MemberId | null = null): MemberChoice {
  const trouble = ringTrouble(ring);
  if (trouble !== null) return { ok: false, trouble, left: [] };
  const judged = ring.members.map((member) => ({
    member,
    reason: member.id === tried ? 'it was to give it just now, and did not' : unfit(ring, member),
  }));
  const fit = judged
    .flatMap(({ member, reason }) => (reason === null ? [member] : []))
    .toSorted((a, b) => compare(appliedOf(b), appliedOf(a)) || (a.label < b.label ? -1 : 1));
  const [best] = fit;
  const left = judged.flatMap(({ member, reason }) => (reason === null ? [] : [{ member, reason }]));
  if (named !== null) return namedOne(ring, named, best ?? null, left);
  if (best === undefined) return { ok: false, trouble: `no member can give a backup: ${wordsOf(left)}`, left };
  const others = fit.slice(1).map((member) => ({ member, reason: behind(member, best) }));
  return { ok: true, member: best, reason: merits(ring, best), left: [...left, ...others] };
}

function namedOne(ring: Ring, named: string, best: RingMember | null, left: readonly NotChosen[]): MemberChoice {
  const [asked, second] = resolveMembers(ring, named);
  if (asked === undefined) return { ok: false, trouble: `there is no member ${named}`, left };
  if (second !== undefined) return { ok: false, trouble: `more than one member is called ${named}: give its id`, left };
  const refusal = left.find(({ member }) => member.id === asked.id);
  if (refusal === undefined) return { ok: true, member: asked, reason: 'named in the command', left };
  const instead = best === null ? '' : `; ${best.label} can give one`;
  return { ok: false, trouble: `${asked.label} cannot give a backup: ${refusal.reason}${instead}`, left };
}

function ringTrouble(ring: Ring): string | null {
  if (ring.localList) return 'the ring has no quorum, so it cannot be told which member has everything';
  if (ring.alarms === null) return 'the alarms of the ring could not be read';
  if (ring.alarms.some(({ type }) => type === 'CORRUPT' || type === 'UNKNOWN'))
    return 'a CORRUPT or unknown alarm is active, so it cannot be told whose data are right';
  return null;
}

/** Why a member gives no backup; `null`: it can. */
function unfit(ring: Ring, each: RingMember): string | null {
  if (!each.started) return 'it was never started';
  if (each.learner) return 'a learner may lack what the others have';
  if (each.status === null) return `it does not answer: ${each.trouble ?? 'nobody said why'}`;
  if (ring.alarms?.some(({ memberId }) => memberId === each.id) === true) return 'it has an alarm';
  if (each.defragInflight === true) return 'it is being defragmented';
  if (each.isLeader && votersOf(ring).length > 1) return 'it leads, and all writes wait for its disk';
  const lag = Math.max(each.lag ?? Infinity, each.backlog ?? Infinity);
  if (lag > MAX_BACKUP_LAG) return `it is ${lag} entries behind`;
  // Every member repeats the alarms of the whole ring here; whose they are was asked above.
  const errors = each.status.errors.filter((error) => !ALARM.test(error));
  if (errors.length > 0) return `it reports: ${errors.join('; ')}`;
  return isHealthyVoter(each)
    ? null
    : 'it is not healthy: it follows no leader, knows another ring or answers no reads';
}

function merits(ring: Ring, each: RingMember): string {
  if (votersOf(ring).length === 1) return 'it is the only voter';
  const lag = each.lag ?? 0;
  const behindBy = lag === 0 ? 'nothing' : lag === 1 ? '1 entry' : `${lag} entries`;
  return `healthy, not the leader, ${behindBy} behind`;
}

function behind(each: RingMember, best: RingMember): string {
  return appliedOf(each) === appliedOf(best) ? `as good as ${best.label}` : `it has applied less than ${best.label}`;
}

function wordsOf(left: readonly NotChosen[]): string {
  return left.map(({ member, reason }) => `${member.label}: ${reason}`).join('; ');
}

function appliedOf(each: RingMember): bigint {
  return each.status?.raftAppliedIndex ?? 0n;
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
