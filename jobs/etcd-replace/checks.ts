import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import { CONDITION_WORDS, weightOf } from '../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed, Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import { conditionsOf, evidenceWords } from '../../src/core/etcd/diagnosis/words.ts';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { memberWords } from '../../src/core/etcd/member-words.ts';
import { countVoters, mayAdd, mayReplace } from '../../src/core/etcd/membership.ts';
import { toleranceOf } from '../../src/core/etcd/quorum.ts';
import { type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import type { Check } from '../../src/core/plan.ts';
import type { MemberId } from '../../src/core/ports/etcd.ts';

/** Cases in which somebody else adds members, and looks after what it added. */
const CONTROLLED: ReadonlySet<ReplaceCase> = new Set([
  'ocp-machine',
  'ocp-machine-cpms',
  'ocp-host',
  'ocp-pod',
  'kcp',
  'eksa-etcd',
]);
/** Cases in which only an entry goes. */
const LEFTOVERS: ReadonlySet<ReplaceCase> = new Set(['drop-unstarted', 'drop-learner']);
function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

/** Other voters that were seen dead by two observers. */
export function alsoDeadOf({ members }: Diagnosis, target: MemberId | null): readonly MemberId[] {
  return members
    .filter(({ member }) => !member.learner && member.id !== target)
    .filter(
      ({ member, condition }) => weightOf(condition, { learner: false, answers: member.status !== null }) === 'dead',
    )
    .map(({ member }) => member.id)
    .toSorted();
}

/** What speaks for and against it as far as the ring itself shows. */
export function ringChecks(diagnosis: Diagnosis, id: ReplaceCase, target: Diagnosed | null): readonly Check[] {
  const { ring } = diagnosis;
  return [
    oneRing(ring),
    ...(target === null ? [] : [targetCheck(target, diagnosis)]),
    target === null ? behindCheck(diagnosis) : quorumCheck(diagnosis, id, target),
    othersCheck(diagnosis, target),
    leaderCheck(ring, target),
    alarmsCheck(ring),
    oneAtATime(ring, id, target),
    ...(LEFTOVERS.has(id) ? [] : addCheck(diagnosis, id, target)),
  ];
}

function oneRing(ring: Ring): Check {
  const apart = ring.members.filter(({ sameView }) => sameView === false).map(({ label }) => label);
  if (apart.length > 0)
    return check(
      'ring',
      'block',
      'Members know different rings',
      `${apart.join(', ')} knows another ring or other members`,
    );
  return check(
    'ring',
    'pass',
    'All that answer know the same ring',
    `ring ${ring.clusterId}, ${ring.members.length} entries`,
  );
}

/** Two observers, always: our connection, and somebody beside it. */
function targetCheck(target: Diagnosed, { looks, overMs }: Diagnosis): Check {
  const seen = `${looks} looks over ${Math.round(overMs / 1000)} s`;
  const evidence = `${memberWords(target.member.member)}: ${evidenceWords(target)}; ${seen}`;
  return check('target', 'pass', `Its condition: ${CONDITION_WORDS[target.condition]}`, evidence);
}

function quorumCheck({ members }: Diagnosis, id: ReplaceCase, { member }: Diagnosed): Check {
  // The new one votes before it goes.
  const answer = mayReplace(members, member.id, id === 'swap');
  const { before, after } = answer;
  const counts = `${before.healthy} of ${before.voters} voters healthy before, ${after.healthy} of ${after.voters} after`;
  return answer.allowed
    ? check(
        'quorum',
        answer.toleranceAfter > 0 ? 'pass' : 'warn',
        'The ring keeps its quorum',
        `${counts}. ${answer.why}`,
      )
    : check('quorum', 'block', 'It must not be removed', `${counts}. ${answer.why}`);
}

/** Behind a removal the ring is thin already: nothing is added beside a member that is not well, which would have to go first. */
function behindCheck({ members }: Diagnosis): Check {
  const voters = members.filter(({ member }) => !member.learner);
  const sick = voters.filter(
    ({ member, condition }) => weightOf(condition, { learner: false, answers: member.status !== null }) !== 'votes',
  );
  const healthy = voters.length - sick.length;
  const counts = `${healthy} of ${voters.length} voters healthy`;
  if (sick.length > 0)
    return check(
      'quorum',
      'block',
      'No member is added while another one is not well',
      `${counts}: ${conditionsOf(sick)}. Bring it back or replace it first.`,
    );
  const mayFail = toleranceOf(voters.length, healthy);
  return check(
    'quorum',
    mayFail > 0 ? 'pass' : 'warn',
    'The ring has its quorum',
    `${counts}; ${mayFail > 0 ? `${mayFail} more may fail` : 'none may fail'} until the new one votes`,
  );
}

function othersCheck({ members }: Diagnosis, target: Diagnosed | null): Check {
  const others = members.filter((each) => each !== target && !each.member.learner);
  const sick = others.filter(({ condition }) => condition !== 'healthy');
  if (sick.length === 0)
    return check(
      'others',
      'pass',
      'All other members are healthy',
      others.map(({ member }) => member.label).join(', '),
    );
  // Which of them stand in the way is the quorum's to say.
  return check('others', 'warn', 'Another member is not well', conditionsOf(sick));
}

function leaderCheck(ring: Ring, target: Diagnosed | null): Check {
  const leader = ring.members.find(({ isLeader }) => isLeader);
  if (leader === undefined || ring.term === null)
    return check('leader', 'block', 'The members do not agree on a leader', 'ask again when they do');
  if (leader.id !== target?.member.id)
    return check('leader', 'pass', 'Another member leads', `${leader.label} leads in term ${ring.term}`);
  return check(
    'leader',
    'warn',
    'The member leads',
    `${leader.label} leads in term ${ring.term}: leadership is moved first`,
  );
}

function alarmsCheck(ring: Ring): Check {
  if (ring.alarms === null)
    return check('alarms', 'block', 'The alarms could not be read', 'a CORRUPT alarm cannot be ruled out');
  const found = ring.alarms.map(
    ({ type, memberId }) => `${type} of ${ring.members.find(({ id }) => id === memberId)?.label ?? memberId}`,
  );
  if (found.length === 0) return check('alarms', 'pass', 'No alarm', 'none is active');
  const isGrave = ring.alarms.some(({ type }) => type !== 'NOSPACE');
  return isGrave
    ? check('alarms', 'block', 'An alarm is active', found.join(', '))
    : check(
        'alarms',
        'warn',
        'A NOSPACE alarm is active',
        `${found.join(', ')}: clear it with /kube defrag afterwards; a new member is as full`,
      );
}

/** Learners and entries without a name belong to a change that somebody else began. */
function oneAtATime(ring: Ring, id: ReplaceCase, target: Diagnosed | null): Check {
  const under = ring.members.filter((each) => (each.learner || !each.started) && each.id !== target?.member.id);
  if (under.length === 0)
    return check(
      'one-at-a-time',
      'pass',
      'No other change of members is under way',
      'no learner, no entry without a name',
    );
  const words = under
    .map(({ member, learner }) => `${memberWords(member)} ${learner ? 'is a learner' : 'was never started'}`)
    .join('; ');
  const way = LEFTOVERS.has(id)
    ? ''
    : CONTROLLED.has(id)
      ? '. What added it looks after it: ask again when it votes or is gone'
      : `. If nobody works on it: \`/kube replace\` with member/${under[0]?.id ?? ''} removes the entry`;
  return check('one-at-a-time', 'block', 'Another change of members is under way', `${words}${way}`);
}

/** A new member is refused by older versions while another voter is away; known before the removal, not after. */
function addCheck({ ring, members }: Diagnosis, id: ReplaceCase, target: Diagnosed | null): readonly Check[] {
  const goesFirst = id !== 'swap' && target !== null && !target.member.learner;
  const counts = countVoters(ring);
  const voters = counts.voters - Number(goesFirst);
  const started = counts.started - Number(goesFirst && target.member.started);
  const connected = votersOf(ring).filter(
    (each) => (goesFirst ? each.id !== target?.member.id : true) && isHealthyVoter(each),
  ).length;
  const versions = members.flatMap(({ member }) => (member.status === null ? [] : [member.status.version]));
  const learners = counts.learners - Number(target?.member.learner === true);
  const answer = mayAdd({ voters, started, learners }, versions, connected);
  if (answer.allowed) return [check('add', 'pass', 'etcd will take the new member', answer.why)];
  const words = `${answer.why} The ring stays one member short until the other is replaced, too.`;
  return [check('add', 'warn', 'etcd will not take a new member at once', words)];
}
