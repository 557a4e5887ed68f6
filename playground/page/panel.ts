import { Redis } from 'ioredis';
import { openEtcdClient, type PlaygroundEtcdClient } from '../etcd-client.ts';
import type { EtcdMember } from '../etcd-member.ts';
import type { FaultBook } from '../faults/faults.ts';
import { FAULT_KINDS, offersFor } from '../faults/kinds.ts';
import type { PlaygroundPlatform } from '../platforms.ts';
import type { Playground } from '../playground.ts';
import type { Service } from '../service.ts';
import { plotted, type Sample } from '../workload/history.ts';
import type { Panel, PanelCluster, PanelMember, PanelMoment, PanelWorkload, ProcessState } from './contract.ts';
import type { Switches } from './switches.ts';

/** Reads what runs beside the workspace. */
export interface PanelReader {
  /** Never rejects; takes at most about a second. */
  read(): Promise<Panel>;
  close(): void;
}

const PATIENCE_MS = 900;
/** More than a panel has room for is told as a number. */
const MOST_BACKUPS = 4;

/** Makes a reader with one connection to each member of the moment and one to Redis. */
export function createPanelReader(playground: Playground, switches: Switches): PanelReader {
  const { ring, redis, bot, worker, backups } = playground;
  const clients = createClients(ring);
  const connection = new Redis(redis.url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE_MS,
    enableOfflineQueue: true,
  });
  // What is wrong with Redis shows as a missing answer.
  connection.on('error', () => undefined);
  return {
    async read() {
      const [members, pingMs, processes, stored] = await Promise.all([
        Promise.all(ring.members.map((member) => readMember(member, clients.of(member), switches))),
        timePing(connection),
        Promise.all([readService('bot', bot, switches), readService('worker', worker, switches)]),
        backups.list(),
      ]);
      return {
        at: playground.workspace.state.now(),
        members,
        clusters: playground.platforms.map((platform) => readCluster(platform, playground.faults)),
        faults: FAULT_KINDS.map(({ name, title, does }) => ({ name, title, does })),
        redis: { state: switches.redis(), answers: pingMs !== null, pingMs },
        processes,
        slack: switches.slack(),
        backups: {
          away: backups.isAway(),
          newest: stored.slice(0, MOST_BACKUPS),
          more: Math.max(0, stored.length - MOST_BACKUPS),
        },
      };
    },
    close() {
      clients.close();
      connection.disconnect();
    },
  };
}

/** One client for each member of the moment: on a cluster they come and go. */
function createClients(ring: Playground['ring']) {
  const open = new Map<string, PlaygroundEtcdClient>();
  function closeOf(url: string): void {
    open.get(url)?.close();
    open.delete(url);
  }
  return {
    of({ clientUrl }: EtcdMember): PlaygroundEtcdClient {
      const there = new Set(ring.members.map((member) => member.clientUrl));
      for (const url of open.keys()) if (!there.has(url)) closeOf(url);
      const client = open.get(clientUrl) ?? openEtcdClient(clientUrl, ring.tls, PATIENCE_MS);
      open.set(clientUrl, client);
      return client;
    },
    close(): void {
      for (const url of open.keys()) closeOf(url);
    },
  };
}

const HOST_WORK = 'Build the host that a run waits for';

function readCluster(platform: PlaygroundPlatform, faults: FaultBook): PanelCluster {
  const members = platform.members().map((member) => ({
    name: member.name,
    running: member.pid() !== undefined,
    fault: faults.of(platform.name, member.name) ?? null,
    offers: offersFor(member),
  }));
  const switches = (platform.switches ?? []).map((each) => {
    const { name, title, does } = each;
    return { name, title, does, on: each.isOn() };
  });
  return {
    name: platform.name,
    members,
    work: platform.work === null ? null : (platform.workTitle ?? HOST_WORK),
    switches,
    workload: readWorkload(platform),
  };
}

/** A plot of some hundred pixels shows no more. */
const MOST_MOMENTS = 160;

function readWorkload({ workload }: PlaygroundPlatform): PanelWorkload | null {
  if (workload === undefined) return null;
  const { namespace, name } = workload;
  return {
    name: `${namespace}/${name}`,
    moments: plotted(workload.history(), MOST_MOMENTS).map(momentOf),
    now: momentOf(workload.now()),
    lowest: momentOf(workload.lowest()),
  };
}

function momentOf(sample: Sample): PanelMoment {
  return { ...sample, nodes: [...sample.nodes] };
}

function stateOf(name: string, pid: number | undefined, switches: Switches): ProcessState {
  if (pid === undefined) return 'down';
  return switches.isFrozen(name) ? 'frozen' : 'running';
}

async function readMember(member: EtcdMember, client: PlaygroundEtcdClient, switches: Switches): Promise<PanelMember> {
  const state = stateOf(member.name, member.pid(), switches);
  const silent = { name: member.name, state, healthy: false, leader: false, size: null, inUse: null, version: null };
  if (state !== 'running') return silent;
  const [healthy, status] = await Promise.all([member.healthy(), client.status().catch(() => undefined)]);
  if (status === undefined) return { ...silent, healthy };
  const { memberId, leaderId, dbSize, dbSizeInUse, version } = status;
  return { ...silent, healthy, leader: memberId === leaderId, size: dbSize, inUse: dbSizeInUse, version };
}

async function readService(
  role: 'bot' | 'worker',
  service: Service,
  switches: Switches,
): Promise<Panel['processes'][number]> {
  const state = stateOf(role, service.pid(), switches);
  return { role, state, ready: state === 'running' && (await isReady(service.address)) };
}

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
  } catch {
    return false;
  }
}

async function timePing(connection: Redis): Promise<number | null> {
  try {
    // The time of an answer, not of the connection.
    if (connection.status !== 'ready') await connection.ping();
    const start = performance.now();
    await connection.ping();
    return Math.round((performance.now() - start) * 10) / 10;
  } catch {
    return null;
  }
}
