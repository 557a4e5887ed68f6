import { formatBytes, formatShare } from '../../src/core/bytes.ts';
import { diskNeededBytes, estimateDefragMs, LIVENESS_RISK_MS } from '../../src/core/etcd/estimate.ts';
import { mayTakeMemberOut } from '../../src/core/etcd/health-gate.ts';
import { hasAlarm, type Ring, type RingMember } from '../../src/core/etcd/ring.ts';
import type { Selection } from '../../src/core/etcd/selection.ts';
import type { Check } from '../../src/core/plan.ts';
import { formatSpan } from '../../src/core/time.ts';
import { check, labels } from './check.ts';

/** What the selected members mean: names, quorum without each of them, room, time, quota. */
export function selectionChecks(ring: Ring, selection: Selection): readonly Check[] {
  const selected = selection.selected.map(({ member }) => member);
  const names = memberNames(ring, selection);
  if (selected.length === 0) return [names, quota(ring)];
  return [names, quorum(ring, selected), disk(selected), duration(selected), quota(ring)];
}

function memberNames(ring: Ring, selection: Selection): Check {
  if (selection.unknown.length > 0) {
    const evidence = `${selection.unknown.join(', ')} fits no member or several; members: ${labels(ring.members)}`;
    return check('member-names', 'block', 'Unknown member', evidence);
  }
  if (hasAlarm(ring, 'NOSPACE') && selection.left.length > 0) {
    const evidence = 'the alarm goes only when every member has room again: ask without member/…';
    return check('member-names', 'block', 'NOSPACE needs every member', evidence);
  }
  const evidence = `${selection.selected.length} of ${ring.members.length} members are selected`;
  return check('member-names', 'pass', 'Members are known', evidence);
}

function quorum(ring: Ring, selected: readonly RingMember[]): Check {
  const answers = selected.map((member) => ({ member, answer: mayTakeMemberOut(ring, member.id) }));
  const [first] = answers;
  const count = `${first?.answer.left ?? 0} healthy voters left, ${first?.answer.needed ?? 0} needed`;
  const refused = answers.filter(({ answer }) => answer.kind === 'refused').map(({ member }) => member);
  if (refused.length > 0) return check('quorum', 'block', `Quorum would be lost without ${labels(refused)}`, count);
  const outages = answers.filter(({ answer }) => answer.kind === 'outage').map(({ member }) => member);
  if (outages.length === 0) return check('quorum', 'pass', 'Quorum holds without each of them', count);
  const words = outages.map((each) => `about ${formatSpan(estimateOf(each))} while ${each.label} has its turn`);
  return check('quorum', 'warn', 'The API will be unavailable', `${words.join(', ')}: ${count}`);
}

function disk(selected: readonly RingMember[]): Check {
  const short = selected.filter((each) => each.freeDiskBytes !== null && each.freeDiskBytes < neededBy(each));
  if (short.length > 0) {
    const words = short.map((each) => `${each.label}: ${formatBytes(each.freeDiskBytes ?? 0)} free, ${needs(each)}`);
    return check('disk', 'block', 'Too little disk space for the rewritten file', words.join('; '));
  }
  const unseen = selected.filter((each) => each.freeDiskBytes === null);
  if (unseen.length === 0) return check('disk', 'pass', 'Disk space for the rewritten file', 'enough everywhere');
  const words = unseen.map((each) => `${each.label}: ${needs(each)}`);
  return check('disk', 'warn', 'Free disk space cannot be seen from here', words.join('; '));
}

function neededBy(member: RingMember): number {
  return diskNeededBytes(member.status?.dbSizeInUseBytes ?? 0);
}

function needs(member: RingMember): string {
  return `${formatBytes(neededBy(member))} needed beside its data`;
}

function duration(selected: readonly RingMember[]): Check {
  const slow = selected.filter((each) => estimateOf(each) > LIVENESS_RISK_MS);
  if (slow.length === 0) {
    return check(
      'duration',
      'pass',
      'Short enough for liveness probes',
      'each at most a minute, at 10 s per GiB in use',
    );
  }
  const words = slow.map((each) => `${each.label} about ${formatSpan(estimateOf(each))}`).join(', ');
  const evidence = `${words}: kubeadm kills a silent etcd after 80 to 120 s, OpenShift after 100 s or more`;
  return check('duration', 'warn', 'A liveness probe may kill a member in its turn', evidence);
}

function estimateOf(member: RingMember): number {
  return estimateDefragMs(member.status?.dbSizeInUseBytes ?? 0);
}

function quota(ring: Ring): Check {
  const assumed = ring.members.filter((each) => each.quota.source === 'assumed');
  const figures = ring.members.map(({ label, status, quota: { bytes } }) => {
    const seen = status === null ? 'not seen' : `${formatShare(status.dbSizeBytes, bytes)} of ${formatBytes(bytes)}`;
    return `${label} ${seen}`;
  });
  return assumed.length === 0
    ? check('quota', 'pass', 'Quota used', figures.join(', '))
    : check('quota', 'warn', `The quota of ${labels(assumed)} cannot be seen and is assumed`, figures.join(', '));
}
