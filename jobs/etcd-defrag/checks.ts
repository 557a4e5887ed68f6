import { type GateFinding, type GateRule, healthGate } from '../../src/core/etcd/health-gate.ts';
import { hasAlarm, type Ring } from '../../src/core/etcd/ring.ts';
import type { Selection } from '../../src/core/etcd/selection.ts';
import { judgeVersion, minorOf } from '../../src/core/etcd/version-gate.ts';
import type { Check } from '../../src/core/plan.ts';
import { check, labels } from './check.ts';
import { selectionChecks } from './selection-checks.ts';

/** What a rule of the gate is called when it holds, and when it does not. */
const GATE_TITLES: Readonly<Record<GateRule, readonly [holds: string, fails: string]>> = {
  'ring-known': ['The ring is known', 'The ring is not known'],
  'one-ring': ['All members know the same ring', 'Members know different rings'],
  'members-answer': ['Every voter answers', 'A voter does not answer'],
  leader: ['One steady leader', 'No steady leader'],
  'caught-up': ['Members keep up', 'A member is behind'],
  reads: ['Reads with quorum work', 'Reads with quorum fail'],
  corrupt: ['No CORRUPT alarm', 'CORRUPT alarm'],
  nospace: ['No NOSPACE alarm', 'NOSPACE alarm'],
  'other-defrag': ['No other defragmentation', 'Another defragmentation is running'],
};

/** All pre-flight checks that can be seen through etcd itself, from two looks. */
export function preflight(first: Ring, second: Ring, selection: Selection): readonly Check[] {
  const gate = healthGate(first, second, { level: 'strict', nospaceAllowed: true });
  return [
    ...gate.findings.map((finding) => gateCheck(finding, second)),
    learners(second),
    sameMinor(second),
    versionGate(second),
    downgrade(second),
    ...selectionChecks(second, selection),
  ];
}

function gateCheck(finding: GateFinding, ring: Ring): Check {
  const [holds, fails] = GATE_TITLES[finding.rule];
  if (finding.rule === 'nospace' && hasAlarm(ring, 'NOSPACE')) {
    const evidence = `${finding.text}: the plan compacts, defragments every member and clears the alarm`;
    return check('nospace', 'warn', fails, evidence);
  }
  if (finding.rule === 'other-defrag' && finding.ok && ring.members.some((each) => each.defragInflight === null)) {
    const evidence = 'not every member shows it (no metrics): make sure that nobody else defragments';
    return check('other-defrag', 'warn', 'Another defragmentation cannot be ruled out', evidence);
  }
  return check(finding.rule, finding.ok ? 'pass' : 'block', finding.ok ? holds : fails, finding.text);
}

function learners(ring: Ring): Check {
  const found = ring.members.filter((each) => each.learner || !each.started);
  if (found.length === 0) return check('learners', 'pass', 'No membership change', 'every member is a started voter');
  const evidence = `${labels(found)} is a learner or was never started`;
  return check('learners', 'block', 'A membership change is under way', evidence);
}

function versionsOf(ring: Ring): readonly string[] {
  const found = ring.members.flatMap((each) => (each.status === null ? [] : [each.status.version]));
  return [...new Set(found)].toSorted();
}

function sameMinor(ring: Ring): Check {
  const found = versionsOf(ring);
  const same = new Set(found.map(minorOf)).size <= 1;
  const title = same ? 'One minor version' : 'Mixed minor versions: an upgrade is under way';
  return check('one-minor', same ? 'pass' : 'block', title, found.join(', '));
}

function versionGate(ring: Ring): Check {
  const judged = versionsOf(ring).map((version) => ({ version, finding: judgeVersion(version) }));
  const verdicts = new Set(judged.map(({ finding }) => finding.verdict));
  const words = judged
    .filter(({ finding }) => finding.texts.length > 0)
    .map(({ version, finding }) => `etcd ${version} ${finding.texts.join('; it ')}`);
  if (words.length === 0) {
    return check('version-gate', 'pass', 'The version may be defragmented', 'no known fault speaks against it');
  }
  return verdicts.has('block')
    ? check('version-gate', 'block', 'The version must not be defragmented', words.join('. '))
    : check('version-gate', 'warn', 'The version has known faults to watch', words.join('. '));
}

function downgrade(ring: Ring): Check {
  const found = ring.members.filter((each) => each.status?.downgrading === true);
  if (found.length === 0) return check('downgrade', 'pass', 'No downgrade', 'no member reports one');
  return check('downgrade', 'block', 'A downgrade is under way', `${labels(found)} reports it`);
}
