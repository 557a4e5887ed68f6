import { formatBytes, formatShare } from '../../src/core/bytes.ts';
import { diskNeededBytes, estimateDefragMs, LIVENESS_RISK_MS } from '../../src/core/etcd/estimate.ts';
import { type GateFinding, type GateRule, healthGate, mayTakeMemberOut } from '../../src/core/etcd/health-gate.ts';
import { hasAlarm, type Ring, type RingMember } from '../../src/core/etcd/ring.ts';
import type { Chosen, Selection } from '../../src/core/etcd/selection.ts';
import { judgeVersion, minorOf } from '../../src/core/etcd/version-gate.ts';
import type { Check } from '../../src/core/plan.ts';
import { formatSpan } from '../../src/core/time.ts';

const GATE_TITLES: Readonly<Record<GateRule, string>> = {
  'ring-known': 'The ring is known',
  'one-ring': 'All members know the same ring',
  'members-answer': 'Every voter answers',
  leader: 'One steady leader',
  'caught-up': 'Members keep up',
  reads: 'Reads with quorum work',
  corrupt: 'No CORRUPT alarm',
  nospace: 'NOSPACE alarm',
  'other-defrag': 'No other defragmentation',
};

/** All pre-flight checks that can be seen through etcd itself, from two looks. */
export function preflight(first: Ring, second: Ring, selection: Selection): readonly Check[] {
  const gate = healthGate(first, second, { level: 'strict', nospaceAllowed: true });
  return [
    ...gate.findings.map((finding) => gateCheck(finding, second)),
    learners(second),
    sameMinor(second),
    versions(second),
    downgrade(second),
    namedMembers(second, selection),
    ...selection.selected.flatMap((chosen) => quorum(second, chosen)),
    disk(selection),
    duration(selection),
    quota(second),
  ];
}

/** A check in one line. */
export function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

function gateCheck(finding: GateFinding, ring: Ring): Check {
  const title = GATE_TITLES[finding.rule];
  if (finding.rule === 'nospace' && hasAlarm(ring, 'NOSPACE')) {
    return check(
      'nospace',
      'warn',
      title,
      `${finding.text}: the plan compacts, defragments every member and clears the alarm`,
    );
  }
  if (finding.rule === 'other-defrag' && finding.ok && ring.members.some((each) => each.defragInflight === null)) {
    return check(
      'other-defrag',
      'warn',
      title,
      'cannot be seen on every member (no metrics): make sure nobody else defragments',
    );
  }
  return check(finding.rule, finding.ok ? 'pass' : 'block', title, finding.text);
}

function learners(ring: Ring): Check {
  const found = ring.members.filter((each) => each.learner || !each.started);
  return found.length === 0
    ? check('learners', 'pass', 'No membership change', 'every member is a started voter')
    : check(
        'learners',
        'block',
        'No membership change',
        `${labels(found)} is a learner or was never started: a membership change is under way`,
      );
}

function sameMinor(ring: Ring): Check {
  const found = ring.members.flatMap((each) => (each.status === null ? [] : [each.status.version]));
  const minors = new Set(found.map(minorOf));
  const evidence = [...new Set(found)].toSorted().join(', ');
  return minors.size <= 1
    ? check('one-minor', 'pass', 'One minor version', evidence)
    : check('one-minor', 'block', 'One minor version', `${evidence}: an upgrade is under way`);
}

function versions(ring: Ring): Check {
  const found = new Set(ring.members.flatMap((each) => (each.status === null ? [] : [each.status.version])));
  const judged = [...found].toSorted().map((version) => ({ version, finding: judgeVersion(version) }));
  const verdicts = new Set(judged.map(({ finding }) => finding.verdict));
  const words = judged
    .filter(({ finding }) => finding.texts.length > 0)
    .map(({ version, finding }) => `etcd ${version} ${finding.texts.join('; it ')}`);
  const verdict = verdicts.has('block') ? 'block' : verdicts.has('warn') ? 'warn' : 'pass';
  return check(
    'version-gate',
    verdict,
    'Version may be defragmented',
    words.join('. ') || 'nothing known speaks against it',
  );
}

function downgrade(ring: Ring): Check {
  const found = ring.members.filter((each) => each.status?.downgrading === true);
  return found.length === 0
    ? check('downgrade', 'pass', 'No downgrade', 'no member reports one')
    : check('downgrade', 'block', 'No downgrade', `${labels(found)} reports an enabled downgrade`);
}

function namedMembers(ring: Ring, selection: Selection): Check {
  if (selection.unknown.length > 0) {
    const known = ring.members.map((each) => each.label).join(', ');
    return check(
      'member-names',
      'block',
      'Members are known',
      `${selection.unknown.join(', ')} fits no member or several; members: ${known}`,
    );
  }
  const narrowed = hasAlarm(ring, 'NOSPACE') && selection.left.length > 0;
  return narrowed
    ? check(
        'member-names',
        'block',
        'Members are known',
        'under a NOSPACE alarm every member must be defragmented: ask without member/…',
      )
    : check(
        'member-names',
        'pass',
        'Members are known',
        `${selection.selected.length} of ${ring.members.length} selected`,
      );
}

function quorum(ring: Ring, chosen: Chosen): readonly Check[] {
  const { label, id, status } = chosen.member;
  const answer = mayTakeMemberOut(ring, id);
  const title = `Quorum without ${label}`;
  const count = `${answer.left} healthy voters left, ${answer.needed} needed`;
  switch (answer.kind) {
    case 'keeps-quorum':
      return [check(`quorum-${label}`, 'pass', title, count)];
    case 'outage': {
      const span = formatSpan(estimateDefragMs(status?.dbSizeInUseBytes ?? 0));
      return [
        check(
          `quorum-${label}`,
          'warn',
          title,
          `${count}: the API is unavailable for about ${span} while ${label} has its turn`,
        ),
      ];
    }
    case 'refused':
      return [check(`quorum-${label}`, 'block', title, count)];
  }
}

function disk(selection: Selection): Check {
  const title = 'Room for the rewritten file';
  const unseen = selection.selected.filter((each) => each.member.freeDiskBytes === null);
  const short = selection.selected.filter((each) => (each.member.freeDiskBytes ?? Infinity) < needed(each.member));
  if (short.length > 0) {
    const words = short.map(
      ({ member }) =>
        `${member.label}: ${formatBytes(member.freeDiskBytes ?? 0)} free, ${formatBytes(needed(member))} needed`,
    );
    return check('disk', 'block', title, words.join('; '));
  }
  if (unseen.length === 0) return check('disk', 'pass', title, 'enough on every selected member');
  const words = unseen.map(({ member }) => `${member.label} needs ${formatBytes(needed(member))}`);
  return check('disk', 'warn', title, `free disk space cannot be seen from here; ${words.join(', ')} beside its data`);
}

function needed(member: RingMember): number {
  return diskNeededBytes(member.status?.dbSizeInUseBytes ?? 0);
}

function duration(selection: Selection): Check {
  const title = 'Short enough for liveness probes';
  const slow = selection.selected.filter(
    ({ member }) => estimateDefragMs(member.status?.dbSizeInUseBytes ?? 0) > LIVENESS_RISK_MS,
  );
  if (slow.length === 0)
    return check(
      'duration',
      'pass',
      title,
      'each member at most about a minute by the estimate of 10 s per GiB in use',
    );
  const words = slow.map(
    ({ member }) => `${member.label} about ${formatSpan(estimateDefragMs(member.status?.dbSizeInUseBytes ?? 0))}`,
  );
  return check(
    'duration',
    'warn',
    title,
    `${words.join(', ')}: a liveness probe may kill it (kubeadm after 80 to 120 s, OpenShift after 100 s)`,
  );
}

function quota(ring: Ring): Check {
  const assumed = ring.members.filter((each) => each.quota.source === 'assumed');
  const figures = ring.members.map(
    (each) =>
      `${each.label} ${formatShare(each.status?.dbSizeBytes ?? 0, each.quota.bytes)} of ${formatBytes(each.quota.bytes)}`,
  );
  const note = assumed.length === 0 ? '' : `; the quota of ${labels(assumed)} cannot be seen and is assumed`;
  return check('quota', assumed.length === 0 ? 'pass' : 'warn', 'Quota', `${figures.join(', ')}${note}`);
}

function labels(members: readonly RingMember[]): string {
  return members.map((each) => each.label).join(', ');
}
