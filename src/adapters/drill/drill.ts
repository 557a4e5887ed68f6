import { join } from 'node:path';
import type { DrillFindings, DrillOrder, DrillPort, DrillPrograms, DrillResult } from '../../core/ports/drill.ts';
import type { EtcdPort } from '../../core/ports/etcd.ts';
import type { Clock, Log } from '../../core/ports/runtime.ts';
import { checkRoom, writeContent } from './content.ts';
import { drillError } from './failed.ts';
import { look } from './look.ts';
import { makeOwnFolder, sweepFolders } from './own-folder.ts';
import { findPrograms, type SearchPlaces } from './programs.ts';
import { restoreFile, socketIn, startRestored, throwIfEnded, untilAnswers } from './restored.ts';

/** What drills stand on. */
export interface DrillParts extends SearchPlaces {
  /**
   * Below it drills work, for instance the temporary folder of the machine. To be of this machine, and not shared by containers of one host
   * name; with enough room for the largest database twice.
   */
  readonly folder: string;
  /** Opens access to an etcd that listens on a unix socket at this path. */
  readonly etcdAt: (socket: string) => EtcdPort;
  readonly clock: Clock;
  readonly log: Log;
}

const ENDING_MS = 1000;

/**
 * Drills on this machine, with programs of etcd that are installed on it. Needs `/bin/sh`.
 *
 * While a drill runs, its folder holds the cluster's content in the clear, as the snapshot does: readable for this user only, served on a
 * socket in that folder only. It is removed in every ending; if this process is killed, a shell that waits for that kills etcd and removes it.
 */
export function createDrill(parts: DrillParts): DrillPort {
  async function programsFor(
    version: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<DrillResult<DrillPrograms>> {
    return await valued(parts.log, signal, async () => await findPrograms(parts, version, signal));
  }
  async function restore(
    order: DrillOrder,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<DrillResult<DrillFindings>> {
    return await valued(parts.log, signal, async () => await drillOnce(parts, order, signal));
  }
  return { programsFor, restore };
}

async function valued<T>(log: Log, signal: AbortSignal, work: () => Promise<T>): Promise<DrillResult<T>> {
  try {
    signal.throwIfAborted();
    return { ok: true, value: await work() };
  } catch (thrown) {
    const error = drillError(thrown, signal);
    if (error.code === 'failed') log.error('Drill: it failed, which says nothing of the backup', { error: thrown });
    return { ok: false, error };
  }
}

async function drillOnce(parts: DrillParts, order: DrillOrder, signal: AbortSignal): Promise<DrillFindings> {
  const programs = await findPrograms(parts, order.version, signal);
  await sweepFolders(parts.folder, parts);
  const own = await makeOwnFolder(parts.folder, parts.log);
  try {
    await checkRoom(own.path, order.sizeBytes);
    const file = join(own.path, 'snapshot.db');
    order.onProgress?.('The snapshot is being written to this worker.');
    await writeContent(order, file, signal);
    order.onProgress?.(`The snapshot is being restored with etcd ${programs.version}.`);
    await restoreFile(programs, { folder: own.path, file }, signal);
    order.onProgress?.(`Etcd ${programs.version} is starting on what was restored.`);
    return { programs, ...(await runAndLook(parts, programs, own.path, { order, signal })) };
  } finally {
    await own.remove();
  }
}

async function runAndLook(
  { etcdAt, clock }: DrillParts,
  programs: DrillPrograms,
  folder: string,
  { order, signal }: { readonly order: DrillOrder; readonly signal: AbortSignal },
): Promise<Omit<DrillFindings, 'programs'>> {
  const socket = socketIn(folder);
  const port = etcdAt(socket);
  const etcd = startRestored(programs, folder);
  try {
    const member = await untilAnswers(etcd, port, { folder, clock, signal });
    return await look({ port, member, signal }, order);
  } catch (error) {
    signal.throwIfAborted();
    // What failed because etcd is over is told in its words, not in those of the connection, which breaks first.
    await Promise.race([etcd.ended, clock.sleep(ENDING_MS, signal)]);
    throwIfEnded(etcd, folder);
    throw error;
  } finally {
    await port.close();
    await etcd.kill();
  }
}
