import { openEtcdClient } from '../etcd-client.ts';
import type { PlatformMember, PlaygroundPlatform } from '../platforms.ts';
import { waitFor } from '../waiting.ts';
import type { FaultKind, FaultSet } from './contract.ts';
import { overwriteValue, putBack } from './database.ts';
import { fillDisk } from './small-disk.ts';
import { damageLog, repairLog } from './wal.ts';

/** Every fault that a member can have, in the order in which they are offered. */
export const FAULT_KINDS = [
  {
    name: 'stop-machine',
    title: 'Stop the machine',
    does: 'switches its machine off; the disk stays',
    async set(member) {
      await member.powerOff();
      return { said: `The machine of ${member.name} is off.`, undo: async () => await member.powerOn() };
    },
  },
  {
    name: 'not-ready',
    title: 'Node not ready',
    does: 'stops the kubelet of its node, and ends its etcd, which nobody starts again',
    set: async (member) => await withoutKubelet(member, true),
  },
  {
    name: 'stop-kubelet',
    title: 'Stop the kubelet',
    does: 'stops the kubelet of its node and nothing else: the node is not ready, the member votes on',
    set: async (member) => await withoutKubelet(member, false),
  },
  {
    name: 'crash-loop',
    title: 'Crash loop',
    does: 'damages a record of its log, so that etcd ends at every start',
    async set(member) {
      return await whileHeld(member, async () => {
        const damage = await damageLog(member.dataDirectory);
        return {
          said: `A record of the log of ${member.name} is damaged: etcd ends at every start.`,
          undo: async () => await whileHeld(member, async () => await repairLog(damage)),
        };
      });
    },
  },
  {
    name: 'corrupt',
    title: 'Damage the data',
    does: 'overwrites a value in its database: it goes on with other data than the others',
    async set(member, { tls }) {
      const overwritten = await overwriteValue(member, tls);
      return {
        said: `A value in the database of ${member.name} is overwritten: it goes on, with another hash than the others.`,
        undo: async () => await putBack(member, tls, overwritten),
      };
    },
  },
  {
    name: 'fill-disk',
    title: 'Fill the disk',
    does: 'leaves no room on the disk of its data, a small one in memory',
    set: fillUp,
  },
] as const satisfies readonly FaultKind[];

/** What is typed as a fault. */
export type FaultName = (typeof FAULT_KINDS)[number]['name'];

/** The faults that a member can have: where there is no kubelet, none can be stopped. */
export function offersFor({ kubelet }: Pick<PlatformMember, 'kubelet'>): FaultName[] {
  const names = FAULT_KINDS.map(({ name }) => name);
  return kubelet === null ? names.filter((name) => name !== 'not-ready' && name !== 'stop-kubelet') : names;
}

/** Does something to the files of a member that does not run meanwhile. */
async function whileHeld<T>(member: PlatformMember, work: () => Promise<T>): Promise<T> {
  await member.hold();
  try {
    return await work();
  } finally {
    await member.release();
  }
}

async function withoutKubelet(member: PlatformMember, alsoEtcd: boolean): Promise<FaultSet> {
  const { kubelet, name } = member;
  if (kubelet === null) throw new Error(`${name} is on no node: its machine can be stopped`);
  await kubelet.stop();
  if (alsoEtcd) await member.kill();
  const said = alsoEtcd ? 'is stopped and its etcd has ended' : 'is stopped, its etcd runs on';
  return { said: `The kubelet of ${name} ${said}.`, undo: async () => await kubelet.start() };
}

async function fillUp(member: PlatformMember, platform: PlaygroundPlatform): Promise<FaultSet> {
  const disk = await whileHeld(member, async () => await fillDisk(member.dataDirectory));
  const undo = async (): Promise<void> => await whileHeld(member, async () => await disk.remove());
  try {
    await pushWrites(member, platform);
  } catch (error) {
    await undo();
    throw error;
  }
  const said = `The data of ${member.name} are on a disk of ${disk.mebibytes} MiB in memory, which is full.`;
  return { said, undo };
}

/** Whoever starts it waits longer after each end. */
const ENDED_MS = 120_000;

/**
 * Waits until its process has ended for want of room. It may come up all the same: where the kernel is interrupted while it reserves the
 * rest of a log's file, etcd goes on without, until it has to write there. So it gets something to write.
 */
async function pushWrites(member: PlatformMember, { tls }: PlaygroundPlatform): Promise<void> {
  const client = openEtcdClient(member.clientUrl, tls, 2_000);
  let first: number | undefined;
  try {
    const ends = async (): Promise<boolean> => {
      const pid = member.pid();
      first ??= pid;
      const ended = pid === undefined || (first !== undefined && pid !== first);
      if (ended && member.output().includes('no space left on device')) return true;
      await client.put(`/playground/fault/${member.name}`, Buffer.alloc(64 * 1024)).catch(() => undefined);
      return false;
    };
    await waitFor(`${member.name} to end for want of room`, ends, { timeoutMs: ENDED_MS });
  } finally {
    client.close();
  }
}
