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
    text: 'The cluster did not answer, so nothing could be planned. Nothing was changed.',
    next: 'Check the cluster, its endpoints and the certificates of Drydock, then ask again.',
  },
  'lock-held': {
    outcome: 'blocked',
    text: 'Another run holds the lock. Nothing was changed.',
    next: 'Wait until that run ends, or ask again with --wait.',
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
    text: 'It was approved, but could not begin before the approval expired. Nothing further was done.',
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
    text: 'Going on would have risked the quorum of the etcd ring. No further member was touched.',
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
  'etcd-refused': {
    outcome: 'failed',
    text: 'etcd refused the call. That call changed nothing.',
    next: 'Read the answer of etcd in the thread.',
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
  'not-permitted': {
    outcome: null,
    text: 'No policy rule permits this.',
    next: 'Ask an administrator of Drydock for a rule.',
  },
  'foreign-team': {
    outcome: null,
    text: 'Only people of this workspace may do that.',
    next: 'Ask a colleague of this workspace.',
  },
  'unknown-cluster': {
    outcome: null,
    text: 'There is no such cluster, or you may not see it.',
    next: '`/kube clusters` lists what you may see.',
  },
  'unknown-run': {
    outcome: null,
    text: 'There is no such run, or you may not see it.',
    next: '`/kube runs` lists what you may see.',
  },
  mistake: { outcome: null, text: 'That is not a valid command.', next: '`/kube help` lists the commands.' },
  'no-gate-open': { outcome: null, text: 'This run is not waiting for a decision.', next: 'Look at its card.' },
  'several-gates-open': {
    outcome: null,
    text: 'More than one run is waiting for a decision. Your answer changed nothing.',
    next: 'Give the name of the run instead of "latest"; its card shows it.',
  },
  'gate-settled': {
    outcome: null,
    text: 'This was already decided. Your answer changed nothing.',
    next: 'Look at the card.',
  },
  'plan-changed': {
    outcome: null,
    text: 'That button belongs to another plan. Your answer changed nothing.',
    next: 'Use the buttons of the current card.',
  },
  'not-an-approver': { outcome: null, text: 'You may not decide here.', next: 'The card names who may.' },
  'requester-may-not-approve': {
    outcome: null,
    text: 'You asked for this run, so you may not approve it.',
    next: 'Another person must approve. You may cancel it.',
  },
  'already-voted': {
    outcome: null,
    text: 'You already approved. One person counts once.',
    next: 'Another person must approve.',
  },
  'not-yours': {
    outcome: null,
    text: 'Only the person who asked, or an approver, may cancel this run.',
    next: 'Ask one of them.',
  },
  'run-ended': { outcome: null, text: 'This run has ended. Your answer changed nothing.', next: 'Look at its card.' },
  'run-stopping': {
    outcome: null,
    text: 'This run is stopping. Your answer changed nothing.',
    next: 'Its card shows the end when everything is put back.',
  },
  'broken-button': {
    outcome: null,
    text: 'That button does not carry a valid request. Nothing was changed.',
    next: 'Use the buttons of the current card.',
  },
  'store-unavailable': {
    outcome: null,
    text: 'Drydock cannot reach its store (Redis), so it is not known whether this was recorded.',
    next: '`/kube runs` shows it when the store is back: look before you ask again; tell the people who run Drydock.',
  },
  'slack-refused': {
    outcome: null,
    text: 'Slack did not open the form. Nothing was changed.',
    next: 'Press the button again, or type the command.',
  },
  'unexpected-error': {
    outcome: null,
    text: 'Something unexpected went wrong; it is logged. It is not known whether anything was recorded.',
    next: 'Look with `/kube runs` before you ask again; tell the people who run Drydock.',
  },
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
  return REASONS[reason].next.replaceAll(/`\/kube (members|alarms)`/g, `\`/kube $1 ${cluster}\``);
}

/** Whether untrusted text is a code of the list. */
export function isReason(value: string): value is Reason {
  return Object.hasOwn(REASONS, value);
}

/** Whether untrusted text is a reason that can end a run. */
export function isEndReason(value: string): value is EndReason {
  return isReason(value) && REASONS[value].outcome !== null;
}
