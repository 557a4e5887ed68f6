/**
 * How one member is. Exactly one stands for each member; what else was seen stands beside it.
 *
 * - `healthy`: a voter that answered as it should in every look.
 * - `lagging`: it answers, but is far behind in two looks.
 * - `learner`: it was started and does not vote yet.
 * - `never-started`: it stands in the list without a name: added, never started.
 * - `crash-looping`: its process ends and is started again, on a machine that is well.
 * - `node-not-ready`: its node does not report, or says that it is not ready.
 * - `machine-stopped`, `machine-gone`: whoever runs the machines says that it does not run, or there is none any more.
 * - `down`: its process does not run, seen by two observers, and none of them knows more than that.
 * - `unreachable-but-voting`: we do not reach it, others do: our way there is broken, not the member.
 * - `silent`: only our connection speaks against it. Nothing may be concluded.
 * - `unsteady`: it answers, but not as it should, or not in every look: it knows no leader, answers no reads, knows other members.
 * - `data-differs`: at one revision it has other data than most of the voters.
 * - `data-undecided`: the voters have different data at one revision, and nobody has what most have.
 * - `certificate-expired`: its own certificate has.
 * - `disk-full`: no room is left for its data.
 * - `disk-slow`: its disk takes long to make a write safe.
 */
export const MEMBER_CONDITIONS = [
  'healthy',
  'lagging',
  'learner',
  'never-started',
  'crash-looping',
  'node-not-ready',
  'machine-stopped',
  'machine-gone',
  'down',
  'unreachable-but-voting',
  'silent',
  'unsteady',
  'data-differs',
  'data-undecided',
  'certificate-expired',
  'disk-full',
  'disk-slow',
] as const;
export type MemberCondition = (typeof MEMBER_CONDITIONS)[number];

/** The condition in a few words, as it stands in tables and sentences. */
export const CONDITION_WORDS = {
  healthy: 'healthy',
  lagging: 'lagging',
  learner: 'learner',
  'never-started': 'never started',
  'crash-looping': 'crash-looping',
  'node-not-ready': 'node not ready',
  'machine-stopped': 'machine stopped',
  'machine-gone': 'machine gone',
  down: 'not running',
  'unreachable-but-voting': 'unreachable for us, but voting',
  silent: 'silent',
  unsteady: 'answers, but not as it should',
  'data-differs': 'other data than the others',
  'data-undecided': 'data in doubt',
  'certificate-expired': 'certificate expired',
  'disk-full': 'disk full',
  'disk-slow': 'disk slow',
} as const satisfies Readonly<Record<MemberCondition, string>>;

/**
 * What a condition means for the ring.
 *
 * - `votes`: the member votes and can be relied on.
 * - `suspected`: it votes, or may; nothing may be built on it while another member is away.
 * - `dead`: it was seen by two observers that it does not vote.
 * - `no-voter`: it never counted.
 */
export type MemberWeight = 'votes' | 'suspected' | 'dead' | 'no-voter';

const WEIGHTS = {
  healthy: 'votes',
  lagging: 'suspected',
  learner: 'no-voter',
  'never-started': 'dead',
  'crash-looping': 'dead',
  'node-not-ready': 'dead',
  'machine-stopped': 'dead',
  'machine-gone': 'dead',
  down: 'dead',
  'unreachable-but-voting': 'suspected',
  silent: 'suspected',
  unsteady: 'suspected',
  'data-differs': 'suspected',
  'data-undecided': 'suspected',
  'certificate-expired': 'suspected',
  'disk-full': 'suspected',
  'disk-slow': 'votes',
} as const satisfies Readonly<Record<MemberCondition, MemberWeight>>;

/**
 * What the condition of a member means for the ring. A voter that was never started counts as a voter and is `dead`, as etcd has it; who is
 * a learner by the list is `no-voter`, whatever else is seen of it. A full disk under a member that does not answer any more is `dead`.
 */
export function weightOf(
  condition: MemberCondition,
  member: { readonly learner: boolean; readonly answers: boolean },
): MemberWeight {
  if (member.learner) return 'no-voter';
  if (condition === 'disk-full' && !member.answers) return 'dead';
  return WEIGHTS[condition];
}
