import { formatBytes } from '../../bytes.ts';
import { formatSpan, parseTime } from '../../time.ts';
import { isHealthyVoter, MAX_LAG } from '../health-gate.ts';
import { isCrashLooping as isCrashLoopingService, isRunning } from '../host-service.ts';
import type { RingMember } from '../ring.ts';
import type { MemberCondition } from './condition.ts';
import type { Evidence } from './evidence.ts';
import type { LogCause, MemberSigns, RingSigns } from './signs.ts';

/** A disk with less than this has no room for the next file of the log, bytes: etcd reserves 64 MB for each, and ends when it cannot. */
export const NO_ROOM_BYTES = 64_000_000;

/** The disk is called slow from here on, ms. Source: etcd's documentation wants 99 of 100 syncs within 10 ms; this is ten times that. */
export const SLOW_SYNC_MS = 100;

/** Looks for one condition. Answers what speaks for it; nothing: it was not seen. */
export interface Detector {
  readonly condition: MemberCondition;
  /** It can stand for a member that answers as it should; else it is only told beside. */
  readonly ofWell: boolean;
  readonly see: (signs: MemberSigns, ring: RingSigns) => readonly Evidence[];
}

/** The member as it was in the last look. */
export function lastLook({ looks }: MemberSigns): RingMember {
  return looks.at(-1) ?? looks[0];
}

/** It answered as a healthy voter in every look. */
export function isWell({ looks }: MemberSigns): boolean {
  return looks.every(isHealthyVoter);
}

function evidence(source: Evidence['source'], words: string, since: string | null = null): Evidence {
  return { source, words, since };
}

function isAway(signs: MemberSigns): boolean {
  return lastLook(signs).status === null;
}

/** That the others have lost it, in their words. */
function lostBy({ observers }: MemberSigns): readonly Evidence[] {
  return observers.filter(({ alive }) => !alive).map(({ source, words, since }) => evidence(source, words, since));
}

function neverStarted(signs: MemberSigns): readonly Evidence[] {
  const { started } = lastLook(signs);
  return started ? [] : [evidence('etcd', 'it stands in the member list without a name: added, never started')];
}

function learner(signs: MemberSigns): readonly Evidence[] {
  const last = lastLook(signs);
  if (!last.learner) return [];
  const behind =
    last.lag === null ? `it does not answer: ${last.trouble ?? 'no answer'}` : `${last.lag} entries behind`;
  return [evidence('etcd', `it is a learner by the member list, ${behind}`)];
}

/** The kubelet starts it again and again. What it is for a moment in between says nothing. */
function crashLooping(signs: MemberSigns): readonly Evidence[] {
  if (isWell(signs)) return [];
  return [...crashingPod(signs), ...crashingService(signs)];
}

function crashingPod({ pod, node }: MemberSigns): readonly Evidence[] {
  if (pod === 'absent' || pod === 'not-seen' || node?.ready !== 'yes') return [];
  const { first, last } = pod;
  const grew = first !== null && first.uid === last.uid && last.restarts > first.restarts;
  const ended = !last.running && last.ended !== null && last.restarts > 0;
  if (last.waiting !== 'CrashLoopBackOff' && !grew && !ended) return [];
  const how = last.ended === null ? '' : `, last exit code ${last.ended.exitCode}`;
  const state = last.waiting === '' ? (last.running ? 'started again' : 'ended') : last.waiting;
  return [
    evidence('pod', `pod ${last.name}: ${state}, ${times(last.restarts, 'restart')}${how}`, last.ended?.at ?? null),
  ];
}

function crashingService({ host }: MemberSigns): readonly Evidence[] {
  if (host?.reached !== true || host.service === null) return [];
  const { active, sub, restarts, exitStatus } = host.service;
  if (!isCrashLoopingService(host.service, host.before)) return [];
  const count = restarts === null ? '' : `, ${times(restarts, 'restart')}`;
  const code = exitStatus === null ? '' : `, its last process ended with ${exitStatus}`;
  return [evidence('host', `${host.name} is ${active} (${sub})${count}${code}`)];
}

/** Somebody else sees it, and nobody else has lost it. */
function unreachableButVoting(signs: MemberSigns, ring: RingSigns): readonly Evidence[] {
  if (!isAway(signs) || !lastLook(signs).started) return [];
  const seen = signs.observers.filter(({ alive }) => alive);
  if (seen.length > 0) return seen.map(({ source, words, since }) => evidence(source, words, since));
  if (lostBy(signs).length > 0) return [];
  const { pod, node } = signs;
  if (
    node?.ready === 'yes' &&
    pod !== 'absent' &&
    pod !== 'not-seen' &&
    pod.last.running &&
    pod.last.ready &&
    restsCalm(pod)
  )
    return [evidence('pod', `pod ${pod.last.name} runs, and its kubelet says that it is ready`)];
  if (ring.unseenVotes && !isKnownDead(signs))
    return [evidence('etcd', 'reads with quorum are answered, though fewer voters than a quorum answer us')];
  return [];
}

function restsCalm({ first, last }: Exclude<MemberSigns['pod'], string>): boolean {
  return first === null || (first.uid === last.uid && first.restarts === last.restarts);
}

function isKnownDead(signs: MemberSigns): boolean {
  return [crashLooping, machineStopped].some((see) => see(signs).length > 0) || signs.node?.ready === 'no';
}

function certificateExpired(signs: MemberSigns): readonly Evidence[] {
  const { trouble } = lastLook(signs);
  const told = trouble !== null && /certificate has expired/i.test(trouble);
  return [
    ...(told ? [evidence('etcd', 'its certificate has expired')] : []),
    ...(isAway(signs) && signs.log.includes('certificate') ? [evidence('log', LOG_WORDS.certificate)] : []),
  ];
}

/** That the Node object is gone is not enough: its kubelet and etcd may run on, and access through the API server does not reach them then. */
function machineGone(signs: MemberSigns): readonly Evidence[] {
  const { place, machine, machinesSeen } = signs;
  if (isWell(signs) || place.nodeState !== 'absent') return [];
  const node = evidence('node', 'the cluster has no node of its name or address');
  const lost = lostBy(signs);
  if (machine !== null)
    return machine.deletedAt === null
      ? []
      : [evidence('machine', `Machine ${machine.name} is being deleted`, machine.deletedAt), node, ...lost];
  if (machinesSeen) return [node, evidence('machine', 'no Machine belongs to it'), ...lost];
  return lost.length === 0 ? [] : [node, ...lost];
}

function machineStopped(signs: MemberSigns): readonly Evidence[] {
  const { machine } = signs;
  if (isWell(signs) || machine === null) return [];
  const phase = machine.phase === 'Failed' ? ['is in phase Failed'] : [];
  return [...machine.complaints, ...phase].map((words) => evidence('machine', `Machine ${machine.name}: ${words}`));
}

/** Believed only beside somebody who does not depend on the kubelet: our own way to the member may lead through it. */
function nodeNotReady(signs: MemberSigns, { nowMs, nodeNotReadyMs }: RingSigns): readonly Evidence[] {
  const { node } = signs;
  if (node === null || node.ready === 'yes') return [];
  const forMs = node.readySince === null ? Number.POSITIVE_INFINITY : nowMs - parseTime(node.readySince);
  if (forMs < nodeNotReadyMs) return [];
  const lost = lostBy(signs);
  if (!isWell(signs) && lost.length === 0) return [];
  const how = node.ready === 'unknown' ? 'does not report any more' : 'is not ready';
  const span = Number.isFinite(forMs) ? `, for ${formatSpan(forMs)}` : '';
  return [evidence('node', `node ${node.name} ${how}${span}`, node.readySince), ...lost];
}

/**
 * The cause before what it leads to. Of a member that does not answer it is believed only when it was seen not running. That its node is short of
 * disk is no sign: the kubelet looks at other disks too, and says so long before they are full.
 */
function diskFull(signs: MemberSigns): readonly Evidence[] {
  const isHeard = signs.observers.some(({ alive }) => alive);
  if (isAway(signs) && crashLooping(signs).length === 0 && (isHeard || down(signs).length === 0)) return [];
  const free = signs.host?.reached === true ? signs.host.freeBytes : lastLook(signs).freeDiskBytes;
  const source = signs.host?.reached === true ? 'host' : 'etcd';
  return [
    ...(free !== null && free < NO_ROOM_BYTES
      ? [evidence(source, `${formatBytes(free)} are free on its data volume`)]
      : []),
    ...(!isWell(signs) && signs.log.includes('no-space') ? [evidence('log', LOG_WORDS['no-space'])] : []),
  ];
}

function diskSlow({ fsyncP99Ms }: MemberSigns): readonly Evidence[] {
  if (fsyncP99Ms === null || fsyncP99Ms <= SLOW_SYNC_MS) return [];
  return [
    evidence(
      'etcd',
      `99 of 100 writes are safe on its disk only within ${formatSpan(fsyncP99Ms)}, since it was started`,
    ),
  ];
}

/** Not running, and nobody says more: two observers, and one of them beside our connection. */
function down(signs: MemberSigns): readonly Evidence[] {
  if (!isAway(signs) || !lastLook(signs).started) return [];
  return [...podDown(signs), ...serviceDown(signs), ...lostBy(signs)];
}

function podDown({ pod, node }: MemberSigns): readonly Evidence[] {
  if (node?.ready !== 'yes' || pod === 'not-seen') return [];
  if (pod === 'absent') return [evidence('pod', `node ${node.name} is ready and has no etcd pod`)];
  const { name, running, ready, waiting } = pod.last;
  if (running && ready) return [];
  const state = waiting === '' ? (running ? 'runs and is not ready' : 'does not run') : waiting;
  return [evidence('pod', `pod ${name}: ${state}`)];
}

function serviceDown({ host }: MemberSigns): readonly Evidence[] {
  if (host?.reached !== true || host.service === null || isRunning(host.service)) return [];
  const { load, active, sub } = host.service;
  const how = load === 'loaded' ? `${active} (${sub})` : load;
  return [evidence('host', `${host.name} is ${how}`)];
}

function dataDiffers({ hash }: MemberSigns): readonly Evidence[] {
  return hash.kind === 'differs' ? [evidence('hash', hash.words)] : [];
}

function dataUndecided({ hash }: MemberSigns): readonly Evidence[] {
  return hash.kind === 'undecided' ? [evidence('hash', hash.words)] : [];
}

/** Far behind in two looks: one look may fall into a snapshot or a pause. */
function lagging({ looks }: MemberSigns): readonly Evidence[] {
  const behind = looks.map(behindOf);
  const far = behind.filter((entries) => entries !== null && entries > MAX_LAG);
  if (looks.length < 2 || far.length < 2 || behind.at(-1) !== far.at(-1)) return [];
  return [evidence('etcd', `it is ${far.at(-1) ?? 0} entries behind, ${far[0] ?? 0} in the look before`)];
}

/** Entries that a member is behind, in its own log or behind the others; `null`: it did not answer. */
export function behindOf({ lag, backlog }: RingMember): number | null {
  return lag === null && backlog === null ? null : Math.max(lag ?? 0, backlog ?? 0);
}

/** What a cause in the log means, without a period. */
export const LOG_WORDS = {
  removed: 'its log says that it was removed from the ring for good',
  'damaged-data': 'its log says that its own files are damaged',
  'no-space': 'its log says that no space is left on its disk',
  'data-inconsistency': 'its log says that its data differs from that of the others',
  certificate: 'its log says that a certificate has expired',
  'other-cluster': 'its log says that its data is of another ring',
} as const satisfies Readonly<Record<LogCause, string>>;

function times(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

/** In the order in which they stand for a member: the first that was seen is its condition. Doubt comes before what allows a removal. */
export const DETECTORS: readonly Detector[] = [
  { condition: 'never-started', ofWell: false, see: neverStarted },
  { condition: 'data-differs', ofWell: true, see: dataDiffers },
  { condition: 'data-undecided', ofWell: true, see: dataUndecided },
  { condition: 'learner', ofWell: false, see: learner },
  { condition: 'certificate-expired', ofWell: false, see: certificateExpired },
  { condition: 'disk-full', ofWell: true, see: diskFull },
  { condition: 'crash-looping', ofWell: false, see: crashLooping },
  { condition: 'unreachable-but-voting', ofWell: false, see: unreachableButVoting },
  { condition: 'machine-stopped', ofWell: false, see: machineStopped },
  { condition: 'machine-gone', ofWell: false, see: machineGone },
  { condition: 'node-not-ready', ofWell: false, see: nodeNotReady },
  { condition: 'down', ofWell: false, see: down },
  { condition: 'lagging', ofWell: false, see: lagging },
  { condition: 'disk-slow', ofWell: true, see: diskSlow },
];
