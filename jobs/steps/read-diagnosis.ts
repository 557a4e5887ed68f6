import type { Diagnosed, Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import { judgeMember } from '../../src/core/etcd/diagnosis/judge.ts';
import { causesOf } from '../../src/core/etcd/diagnosis/log-causes.ts';
import { type PlaceFacts, type PlaceSeen, placesOf, placesWithoutMember } from '../../src/core/etcd/diagnosis/place.ts';
import { ETCD_CONTAINER } from '../../src/core/etcd/diagnosis/pod-sign.ts';
import type { LogCause, MemberSigns, PodSign } from '../../src/core/etcd/diagnosis/signs.ts';
import { isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { isRunning } from '../../src/core/etcd/host-service.ts';
import { quorumOf } from '../../src/core/etcd/quorum.ts';
import { type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import type { EtcdError, MemberId } from '../../src/core/ports/etcd.ts';
import { type ComparedRing, compareRing } from './compare-hashes.ts';
import { type HostSigns, readHostLog, readHosts } from './diagnosis/read-hosts.ts';
import { type ObserverSigns, readObservers } from './diagnosis/read-observers.ts';
import { type EtcdPods, readEtcdPods, readPlaces } from './diagnosis/read-places.ts';
import { BESIDE_MS, type DiagnosisSource, type Read } from './diagnosis/sources.ts';
import { LOOK_TIMEOUT_MS, lookOf, readRing } from './read-ring.ts';

/** How closely is looked. */
export interface DiagnosisOrder {
  /** Looks when a member is not well; at least 1. A ring in which all are well is looked at once, unless `everyLook`. */
  readonly looks: number;
  /** Between two of them, ms. */
  readonly everyMs: number;
  /** Take all looks, also when all are well. */
  readonly everyLook?: true;
  /**
   * How much longer to look while a member does not answer and its pod or service is still said to run, ms: who started it tells of its
   * end some seconds later. Default 0.
   */
  readonly settleMs?: number;
  /** Compare the data of the voters when each of them uses at most so much, bytes; 0: never. A hash holds up what its member writes. */
  readonly hashUpToBytes: number;
  /** How long one hash may take, ms. */
  readonly hashMs: number;
}

/** A diagnosis, or why there is none. `trouble` beside a diagnosis: its member list is one member's own. */
export interface SeenDiagnosis {
  readonly diagnosis: Diagnosis | null;
  readonly trouble: EtcdError | null;
  /** Everything that members may run on, as the diagnosis saw it. */
  readonly places: PlaceFacts;
}

/** Nothing was looked at. */
const NO_PLACES: PlaceFacts = { nodes: null, machines: null };

/** Lines of a log that are looked through, and its longest size in bytes. */
const LOG = { tailLines: 50, maxBytes: 64 * 1024 } as const;

/** One look at what can change between two. */
interface Look {
  readonly ring: Ring;
  readonly pods: EtcdPods;
  readonly hosts: HostSigns;
  readonly trouble: EtcdError | null;
  readonly unseen: readonly string[];
}

/**
 * Looks at every member from all sides and concludes how it is. Reads only; never throws for what does not answer: that is a finding.
 * Ports that the context has not, or that are not configured, are sides that nothing is seen from.
 */
export async function readDiagnosis(source: DiagnosisSource, order: DiagnosisOrder): Promise<SeenDiagnosis> {
  const beganMs = source.nowMs();
  const first = await lookOnce(source, null);
  if (first.look === null) return { diagnosis: null, trouble: first.trouble, places: NO_PLACES };
  const looks: [Look, ...Look[]] = [first.look];
  const wants = order.everyLook === true || !first.look.ring.members.every(isHealthyVoter) ? order.looks : 1;
  while (looks.length < wants) {
    await source.pause(order.everyMs);
    const { look } = await lookOnce(source, looks[0]);
    // A list that could not be read in between is no look at the members.
    if (look === null) break;
    looks.push(look);
  }
  await untilSettled(source, order, looks);
  const last = looks.at(-1) ?? first.look;
  const { diagnosis, places } = await conclude(source, order, looks, source.nowMs() - beganMs);
  return { diagnosis, trouble: last.trouble, places };
}

/** Adds looks until nobody is silent whose service, or whose pod on a node that is ready, is said to run. */
async function untilSettled(source: DiagnosisSource, order: DiagnosisOrder, looks: [Look, ...Look[]]): Promise<void> {
  const untilMs = source.nowMs() + (order.settleMs ?? 0);
  while (source.nowMs() < untilMs && (await isContradictory(source, looks.at(-1) ?? looks[0]))) {
    await source.pause(order.everyMs);
    const { look } = await lookOnce(source, looks[0]);
    if (look === null) return;
    looks.push(look);
  }
}

async function isContradictory(source: DiagnosisSource, { ring, pods, hosts }: Look): Promise<boolean> {
  const silent = ring.members.filter(({ started, status }) => started && status === null);
  const isServed = silent.some(({ id }) => {
    const sign = hosts.get(id)?.sign;
    return sign?.reached === true && sign.service !== null && isRunning(sign.service);
  });
  const running = (pods ?? []).filter((pod) => pod.running && pod.ready && pod.deletedAt === null);
  const said = silent.filter(({ member }) => running.some(({ node }) => node === member.name));
  if (isServed || said.length === 0) return isServed;
  const { value } = await readPlaces(source);
  return said.some(({ member }) => value.nodes?.find(({ name }) => name === member.name)?.ready === 'yes');
}

async function lookOnce(
  source: DiagnosisSource,
  before: Look | null,
): Promise<{ readonly look: Look | null; readonly trouble: EtcdError | null }> {
  const [{ ring, trouble }, pods] = await Promise.all([readRing(lookOf(source), true), readEtcdPods(source)]);
  if (ring === null) return { look: null, trouble };
  const members = ring.members.map(({ member }) => member);
  const hosts = await readHosts(source, members, before?.hosts ?? null);
  return { look: { ring, pods: pods.value, hosts, trouble, unseen: pods.unseen }, trouble };
}

async function conclude(
  source: DiagnosisSource,
  order: DiagnosisOrder,
  looks: readonly [Look, ...Look[]],
  overMs: number,
): Promise<{ readonly diagnosis: Diagnosis; readonly places: PlaceFacts }> {
  const last = looks.at(-1) ?? looks[0];
  const { ring } = last;
  const members = ring.members.map(({ member }) => member);
  const isWell = ring.members.every(isHealthyVoter);
  const [places, observers, fsync] = await Promise.all([
    readPlaces(source),
    isWell ? NOBODY : readObservers(source, ring),
    readFsync(source, ring),
  ]);
  const compared = await compare(source, order, ring);
  const seenAt = placesOf(members, places.value);
  const diagnosed: Diagnosed[] = [];
  const unread: string[] = [];
  for (const [index, member] of ring.members.entries()) {
    const at = seenAt[index];
    if (at === undefined) continue;
    const beside = { observers, compared, fsync, machinesSeen: seenAt.some(({ machine }) => machine !== null) };
    const { value: signs, unseen } = await signsOf(source, looks, { member, at, ...beside });
    unread.push(...unseen);
    const { nodeNotReadyMs } = source.cluster.replace;
    diagnosed.push(judgeMember(signs, { nowMs: source.nowMs(), unseenVotes: hasUnseenVotes(ring), nodeNotReadyMs }));
  }
  const diagnosis: Diagnosis = {
    ring,
    members: diagnosed,
    withoutMember: placesWithoutMember(members, places.value),
    looks: looks.length,
    overMs,
    unseen: [...last.unseen, ...places.unseen, ...unread, ...compared.unseen],
  };
  return { diagnosis, places: places.value };
}

const NOBODY: ObserverSigns = () => [];

/** Whoever answers a read that needs quorum proves that a quorum takes part, seen or not. */
function hasUnseenVotes(ring: Ring): boolean {
  const voters = votersOf(ring);
  const answering = voters.filter(({ status }) => status !== null).length;
  return answering < quorumOf(voters.length) && voters.some(({ reads, status }) => reads && status !== null);
}

async function readFsync({ ports, signal }: DiagnosisSource, ring: Ring): Promise<ReadonlyMap<MemberId, number>> {
  const told = await Promise.all(
    ring.members
      .filter(({ status }) => status !== null)
      .map(async ({ id, member }) => {
        const figure = await ports.etcd.fsyncP99Ms(member, { timeoutMs: LOOK_TIMEOUT_MS, signal });
        return figure.ok && figure.value !== null ? [[id, figure.value] as const] : [];
      }),
  );
  return new Map(told.flat());
}

async function compare(source: DiagnosisSource, order: DiagnosisOrder, ring: Ring): Promise<ComparedRing> {
  const largest = Math.max(0, ...votersOf(ring).map(({ status }) => status?.dbSizeInUseBytes ?? 0));
  if (order.hashUpToBytes === 0) return { signs: new Map(), revision: null, unseen: [] };
  if (largest <= order.hashUpToBytes) return await compareRing(source, ring, order.hashMs);
  const unseen = ['Whether the members have the same data was not compared: a hash of so much holds up writes.'];
  return { signs: new Map(), revision: null, unseen };
}

interface MemberOrder {
  readonly member: RingMember;
  readonly at: PlaceSeen;
  readonly observers: ObserverSigns;
  readonly compared: ComparedRing;
  readonly fsync: ReadonlyMap<MemberId, number>;
  readonly machinesSeen: boolean;
}

async function signsOf(
  source: DiagnosisSource,
  looks: readonly [Look, ...Look[]],
  { member, at, observers, compared, fsync, machinesSeen }: MemberOrder,
): Promise<Read<MemberSigns>> {
  const { id } = member;
  const earlier = looks.slice(0, -1).flatMap(({ ring }) => ring.members.filter((each) => each.id === id));
  const host = (looks.at(-1) ?? looks[0]).hosts.get(id) ?? null;
  const pod = podOf(looks, member, at);
  const place = {
    ...at.place,
    host: host?.host ?? null,
    hostState: host === null ? 'not-asked' : host.sign.reached ? 'reached' : 'unreachable',
  } as const;
  const [oldest, ...others] = [...earlier, member];
  const log = await readLog(source, member, pod, host);
  const value: MemberSigns = {
    looks: [oldest ?? member, ...others],
    place,
    observers: observers(id, member.member.name, at.node?.name ?? (member.member.name || null)),
    pod,
    node: at.node,
    machine: at.machine,
    machinesSeen,
    host: host?.sign ?? null,
    log: log.value,
    hash: compared.signs.get(id) ?? { kind: 'not-compared' },
    fsyncP99Ms: fsync.get(id) ?? null,
  };
  return { value, unseen: log.unseen };
}

/** The pod on the node of a member, or of its name where the node is not known. Where no node carries members, no pod does. */
function podOf(looks: readonly [Look, ...Look[]], { member }: RingMember, { place }: PlaceSeen): MemberSigns['pod'] {
  const pods = looks.map((look) => look.pods);
  const last = pods.at(-1) ?? null;
  if (last === null || place.nodeState === 'not-seen') return 'not-seen';
  const node = place.node ?? member.name;
  const onNode = (all: EtcdPods | undefined): PodSign | null =>
    all?.find((each) => each.node === node && each.deletedAt === null) ?? null;
  const found = onNode(last);
  if (found === null) return 'absent';
  return { first: pods.length > 1 ? onNode(pods[0]) : null, last: found };
}

/** Only of a member whose process has ended: there the last words say why. */
async function readLog(
  source: DiagnosisSource,
  member: RingMember,
  pod: MemberSigns['pod'],
  host: { readonly host: string; readonly sign: MemberSigns['host'] } | null,
): Promise<Read<readonly LogCause[]>> {
  if (isHealthyVoter(member)) return { value: [], unseen: [] };
  if (pod !== 'absent' && pod !== 'not-seen' && pod.last.restarts > 0) return await podCauses(source, pod.last);
  const sign = host?.sign ?? null;
  if (host === null || sign?.reached !== true || sign.service === null || isRunning(sign.service))
    return { value: [], unseen: [] };
  return { value: causesOf(await readHostLog(source, host.host)), unseen: [] };
}

async function podCauses(
  { ports, signal }: DiagnosisSource,
  { namespace, name, uid, running }: PodSign,
): Promise<Read<readonly LogCause[]>> {
  const options = { ...LOG, container: ETCD_CONTAINER, timeoutMs: BESIDE_MS, signal };
  const before = await ports.kubernetes?.logs({ namespace, name, uid }, { ...options, previous: true });
  const causes = before?.ok === true ? causesOf(before.value) : [];
  if (causes.length > 0 || running) return { value: causes, unseen: [] };
  const now = await ports.kubernetes?.logs({ namespace, name, uid }, options);
  if (now?.ok === true) return { value: causesOf(now.value), unseen: [] };
  const why = now?.error.message ?? 'there is no way to it';
  return { value: [], unseen: before?.ok === true ? [] : [`The log of ${name} could not be read: ${why}.`] };
}
