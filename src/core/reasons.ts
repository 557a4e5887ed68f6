import { NODE_REASONS } from './node-reasons.ts';
import { REFUSALS } from './refusals.ts';
import { REPLACE_REASONS } from './replace-reasons.ts';

/** How a run can end: exactly one of these. See `docs/architecture.md`. */
export const OUTCOMES = [
  'succeeded',
  'nothing-to-do',
  'planned',
  'blocked',
  'rejected',
  'expired',
  'cancelled',
  'drifted',
  'failed',
  'needs-a-person',
] as const;
export type RunOutcome = (typeof OUTCOMES)[number];

/** What stands for "there is nothing to do next". */
export const NOTHING_NEXT = 'Nothing.';

interface ReasonEntry {
  /** The ending this reason leads to; `null`: it refuses a request or a click and ends nothing. */
  readonly outcome: RunOutcome | null;
  /** One sentence for the person, in Slack. */
  readonly text: string;
  /** What to do next. */
  readonly next: string;
}

/** The closed list of reasons. Every ending and every refusal names one; `docs/reasons.md` has a row for each. */
export const REASONS = {
  done: { outcome: 'succeeded', text: 'Every step was done and verified.', next: NOTHING_NEXT },
  'nothing-to-do': { outcome: 'nothing-to-do', text: 'The cluster already is as asked.', next: NOTHING_NEXT },
  'dry-run': {
    outcome: 'planned',
    text: 'Nothing was changed.',
    next: 'Run it without --dry-run to act.',
  },
  'check-blocked': {
    outcome: 'blocked',
    text: 'A pre-flight check speaks against it. Nothing was changed.',
    next: 'Fix what the check names, then ask again.',
  },
  'not-applicable': {
    outcome: 'blocked',
    text: 'This does not apply to this cluster. Nothing was changed.',
    next: 'Use the command your platform needs; `/kube help` lists them.',
  },
  'cluster-unreachable': {
    outcome: 'blocked',
    text: 'The cluster could not be read, so nothing could be planned. Nothing was changed.',
    next: 'Check the cluster, its endpoints and the certificates of Drydock, then ask again.',
  },
  'no-access': {
    outcome: 'blocked',
    text: 'Drydock has no access to the cluster, so nothing could be planned. Nothing was changed.',
    next: 'Mend what the check names (a right, credentials, kubeconfig, certificates), then ask again.',
  },
  'lock-held': {
    outcome: 'blocked',
    text: 'Another run holds the lock. Nothing was changed.',
    next: 'Wait until that run ends, or ask again with --wait.',
  },
  'locked-by-hand': {
    outcome: 'blocked',
    text: 'Somebody locked it by hand. Nothing was changed.',
    next: 'Ask the person who locked it, or ask again with --wait. `/kube locks` names them.',
  },
  'cluster-frozen': {
    outcome: 'blocked',
    text: 'The cluster is frozen. Nothing further was begun.',
    next: 'Ask again when it is over; `/kube locks` says who froze it, until when and why.',
  },
  'window-closed': {
    outcome: 'blocked',
    text: 'The maintenance window closed before the next step could begin. Nothing further was begun.',
    next: 'Look at what was done and what was left; ask again for the rest: it waits for the next window.',
  },
  'approved-in-advance': {
    outcome: 'planned',
    text: 'Runs of its schedule with a plan like this begin without asking, as soon as the schedule has it. Nothing was executed.',
    next: NOTHING_NEXT,
  },
  'no-approval-needed': {
    outcome: 'nothing-to-do',
    text: 'A plan like this needs no approval, so there is none to give in advance. Nothing was changed; its schedule stands.',
    next: NOTHING_NEXT,
  },
  'not-in-advance': {
    outcome: 'blocked',
    text: 'A plan like this cannot be approved in advance: people must answer each time. Nothing was changed; its schedule stands.',
    next: 'Approve each run of the schedule when it asks.',
  },
  rejected: {
    outcome: 'rejected',
    text: 'The plan was rejected. Nothing further was done.',
    next: 'Talk to the person who rejected it.',
  },
  'gate-expired': {
    outcome: 'expired',
    text: 'Nobody decided in time, so nothing further was done. No answer means no.',
    next: 'Ask again when approvers are there.',
  },
  'approval-stale': {
    outcome: 'expired',
    text: 'It was approved, but the approval was over before it could begin. Nothing further was done.',
    next: 'Ask again.',
  },
  cancelled: {
    outcome: 'cancelled',
    text: 'The run was cancelled. Nothing further was done.',
    next: 'Look at what was done and what was left; ask again for the rest.',
  },
  'plan-drifted': {
    outcome: 'drifted',
    text: 'The cluster is no longer what the approval was given for. Nothing further was done.',
    next: 'Press *Plan again*. If the new plan is the same, the approval stands.',
  },
  'leader-flapping': {
    outcome: 'drifted',
    text: 'The leader of the etcd ring changed more than once. No further member was touched.',
    next: 'Find out why (disk, network, load) before you plan again.',
  },
  'plan-tampered': {
    outcome: 'failed',
    text: 'The stored plan is not the plan that was approved. Nothing further was run.',
    next: 'Treat this as a security incident: somebody changed the run store.',
  },
  'plan-failed': {
    outcome: 'failed',
    text: 'Planning ended with an unexpected error. Nothing was changed.',
    next: 'Read the error in the thread; ask again when its cause is gone.',
  },
  'member-unhealthy': {
    outcome: 'failed',
    text: 'A member of the etcd ring is not healthy. No further member was touched.',
    next: 'Bring the member back (`/kube members`), then ask again.',
  },
  'quorum-at-risk': {
    outcome: 'failed',
    text: 'It could not be seen that the etcd ring would keep its quorum. No further member was touched.',
    next: 'Bring the ring back to full health first (`/kube members`), then ask again.',
  },
  'foreign-operation': {
    outcome: 'failed',
    text: 'Somebody else is working on the etcd ring. No further member was touched.',
    next: 'Wait until that work is over, then ask again.',
  },
  'alarms-unreadable': {
    outcome: 'failed',
    text: 'The alarms of the etcd ring could not be read, or one is of an unknown kind: it cannot be told whether going on is safe. No further member was touched.',
    next: 'Find out why (`/kube alarms`), then ask again.',
  },
  'access-refused': {
    outcome: 'failed',
    text: 'Drydock was refused access to the cluster, or its access cannot be used. Nothing further was begun.',
    next: 'Mend what the note names (a right, credentials, kubeconfig, certificates), then ask again for the rest.',
  },
  'api-refused': {
    outcome: 'failed',
    text: 'The API of the cluster did not take the call, so it changed nothing. Nothing further was begun.',
    next: 'Look at the API server and at what stands before it; the thread has its answer. Then ask again for the rest.',
  },
  'etcd-refused': {
    outcome: 'failed',
    text: 'etcd refused the call. That call changed nothing.',
    next: 'Read the answer of etcd in the thread.',
  },
  'call-without-effect': {
    outcome: 'failed',
    text: 'The last call ended without a certain answer, and the cluster shows that it changed nothing. It was not repeated, and nothing further was begun.',
    next: 'Find out why it got no answer; the thread has what was seen. Then ask again.',
  },
  'not-verified': {
    outcome: 'failed',
    text: 'The step was done, but its result could not be seen in the cluster. Nothing further was done.',
    next: 'Look at the evidence in the thread before you ask again.',
  },
  'alarm-not-cleared': {
    outcome: 'failed',
    text: 'The NOSPACE alarm could not be cleared for good. Reads go on; nothing further was done.',
    next: 'Free space or raise the quota; writes are refused until then.',
  },
  'still-over-quota': {
    outcome: 'failed',
    text: 'A member still uses too much of its quota, so the alarm was not disarmed: it would come back with the next write. Reads go on.',
    next: 'Delete data or raise the quota, then ask again.',
  },
  'corrupt-alarm': {
    outcome: 'failed',
    text: 'A CORRUPT alarm is active. Everything on this ring is frozen; Drydock never disarms it.',
    next: 'Compare the hashes of the members and replace the one that differs.',
  },
  'backup-damaged': {
    outcome: 'failed',
    text: 'A backup is not what it should be. Nothing of the cluster stays changed.',
    next: 'Do not rely on that backup: take a new one, and find out what happened to it. The note says what differs.',
  },
  'drill-aborted': {
    outcome: 'failed',
    text: 'The drill could not be carried to its end, which says nothing of the backup. Nothing of the cluster was touched.',
    next: 'Mend what the note names (programs, room, key, store), then drill again.',
  },
  'backups-unavailable': {
    outcome: 'failed',
    text: 'The store of the backups did not do what it was asked. Nothing of the cluster stays changed.',
    next: 'Look at the store and at the rights of Drydock on it; the note has its answer. Then ask again.',
  },
  'snapshot-incomplete': {
    outcome: 'failed',
    text: 'The snapshot did not come whole out of etcd, so there is no new backup. Nothing of the cluster or of older backups was touched.',
    next: 'Look at the member that the note names, then ask again, or name another one: `member/NAME`.',
  },
  'snapshot-damaged': {
    outcome: 'failed',
    text: 'The snapshot came to its end, but not as etcd meant to send it, so there is no new backup. Nothing of the cluster or of older backups was touched.',
    next: 'Take it as a sign of a broken disk, memory or network: compare the hashes of the members before you ask again.',
  },
  'members-differ': {
    outcome: 'failed',
    text: 'Members of the etcd ring have different data, and it cannot be told that the one which was to give the backup has the right ones. There is no new backup, and nothing of the cluster or of older backups was touched.',
    next: 'Treat it like a CORRUPT alarm: put the last good backup on hold, and replace the member that differs; the note names them.',
  },
  'step-timed-out': {
    outcome: 'failed',
    text: 'The step did not end within its time. Nothing further was begun.',
    next: 'Look at the cluster before you ask again.',
  },
  'step-failed': {
    outcome: 'failed',
    text: 'The step ended with an unexpected error. Nothing further was begun.',
    next: 'Read the error in the thread; look at the cluster before you ask again.',
  },
  'witness-unavailable': {
    outcome: 'failed',
    text: 'The cluster could not be told of the next call, so it was not made. Nothing further was begun.',
    next: 'Look at the API server and at the rights of Drydock on Leases, then ask again.',
  },
  'member-silent': {
    outcome: 'needs-a-person',
    text: 'A member did not answer in time after its turn. No further member was touched.',
    next: 'Look at that member: it may still be working. Do not restart it blindly.',
  },
  'approval-unconfirmed': {
    outcome: 'needs-a-person',
    text: 'The worker does not find the recorded approval to be what its own policy asks for. The step was not begun, and nothing further was.',
    next: 'Find out whether policy or roles changed since the approval; if not, somebody changed the run store: treat it as a security incident. Then ask again.',
  },
  'outcome-unknown': {
    outcome: 'needs-a-person',
    text: 'It cannot be told whether the last call took effect. It was not repeated.',
    next: 'Look at the evidence in the thread and at the cluster, then decide.',
  },
  'witness-contradiction': {
    outcome: 'needs-a-person',
    text: 'What the cluster remembers of Drydock does not fit the record of this run. The call was not made, and nothing further was begun.',
    next: 'Find out who else works on this cluster, or whether Redis was restored from an older state, before anything else.',
  },
  'cleanup-failed': {
    outcome: 'needs-a-person',
    text: 'Something that was changed only for this run could not be put back. It stays as it is until somebody puts it back.',
    next: 'Put back what the card names by hand.',
  },
  ...REPLACE_REASONS,
  ...NODE_REASONS,
  ...REFUSALS,
} as const satisfies Readonly<Record<string, ReasonEntry>>;

/** A code of the closed list. */
export type Reason = keyof typeof REASONS;

/** Reasons that end a run. */
export type EndReason = { [R in Reason]: (typeof REASONS)[R]['outcome'] extends null ? never : R }[Reason];

/** The ending a reason leads to. */
export function outcomeOf(reason: EndReason): RunOutcome {
  return REASONS[reason].outcome;
}

/** What to do after a run on a cluster has ended, with commands that can be typed as they stand. */
export function nextAfter(reason: EndReason, cluster: string): string {
  return REASONS[reason].next.replaceAll(/`\/kube (members|alarms|nodegroups)`/g, `\`/kube $1 ${cluster}\``);
}

/** Whether untrusted text is a code of the list. */
export function isReason(value: string): value is Reason {
  return Object.hasOwn(REASONS, value);
}

/** Whether untrusted text is a reason that can end a run. */
export function isEndReason(value: string): value is EndReason {
  return isReason(value) && REASONS[value].outcome !== null;
}
