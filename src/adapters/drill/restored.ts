import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillPrograms } from '../../core/ports/drill.ts';
import type { EtcdMember, EtcdPort } from '../../core/ports/etcd.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import { DrillFailed } from './failed.ts';
import { type Ended, startTethered, type Tethered } from './tethered.ts';
import { blamesContent, lastWords } from './words.ts';
import { workersTrouble } from './workers-trouble.ts';

/**
 * etcd makes a socket of what stands here as host and port, in its own folder. Nobody but this user can enter that folder, so nobody else can
 * read the secrets of the cluster, and no certificates are needed; a port on loopback would be open to every process of the machine.
 */
const CLIENT = 'client.sock:0';
const PEER = 'peer.sock:0';
/** What the kernel allows for the path of a socket, less the end of the text. */
const MOST_PATH = 107;
const NAME = 'drill';
const DATA = 'data';
const START_MS = 600_000;
const POLL_MS = 100;
const ASK_MS = 5000;

/** Where the socket of an etcd in this folder is. @throws DrillFailed `failed` when its path is too long. */
export function socketIn(folder: string): string {
  const path = join(folder, CLIENT);
  if (Buffer.byteLength(path) <= MOST_PATH) return path;
  throw new DrillFailed('failed', `The folder for drills has too long a name for a socket: ${folder}`);
}

/**
 * Makes a data directory of the snapshot file, of a cluster of its own, and deletes the file.
 *
 * @throws DrillFailed with what the program says: `refused` when it blames the content, `failed` otherwise.
 */
export async function restoreFile(
  programs: DrillPrograms,
  at: { readonly folder: string; readonly file: string },
  signal: AbortSignal,
): Promise<void> {
  const args = [
    'snapshot',
    'restore',
    at.file,
    `--data-dir=${DATA}`,
    `--name=${NAME}`,
    `--initial-cluster=${NAME}=unix://${PEER}`,
    `--initial-cluster-token=drydock-drill-${randomBytes(8).toString('hex')}`,
    `--initial-advertise-peer-urls=unix://${PEER}`,
  ];
  const program = startTethered(programs.restore, args, at.folder);
  const ended = await untilEnded(program, signal);
  if (ended.code !== 0) throw refusal(ended, at.folder);
  await rm(at.file, { force: true });
}

async function untilEnded(program: Tethered, signal: AbortSignal): Promise<Ended> {
  const stop = (): void => void program.kill();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const ended = await program.ended;
    signal.throwIfAborted();
    return ended;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function refusal(ended: Ended, folder: string): DrillFailed {
  return (
    workersTrouble(ended, { who: 'The program that restores', when: 'etcd restored the snapshot', folder }) ??
    (blamesContent(ended.stderr)
      ? new DrillFailed('refused', `etcd refuses to restore it: ${lastWords(ended.stderr, folder)}`)
      : new DrillFailed('failed', `The program that restores ended: ${lastWords(ended.stderr, folder)}`))
  );
}

/** Starts etcd on what was restored. It answers at {@link socketIn} of its folder, to nobody else. */
export function startRestored(programs: DrillPrograms, folder: string): Tethered {
  const args = [
    `--name=${NAME}`,
    `--data-dir=${DATA}`,
    `--listen-client-urls=unix://${CLIENT}`,
    `--advertise-client-urls=unix://${CLIENT}`,
    `--listen-peer-urls=unix://${PEER}`,
    `--initial-advertise-peer-urls=unix://${PEER}`,
    `--initial-cluster=${NAME}=unix://${PEER}`,
    // No limit: what was restored may be larger than the default.
    '--quota-backend-bytes=-1',
    '--logger=zap',
    '--log-level=warn',
    '--log-outputs=stderr',
  ];
  return startTethered(programs.etcd, args, folder);
}

/** Waits until it answers with a leader. @throws DrillFailed with its last words if it ends, `failed` if it never answers: this worker may be too slow. */
export async function untilAnswers(
  etcd: Tethered,
  port: EtcdPort,
  at: { readonly folder: string; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<EtcdMember> {
  const deadline = at.clock.nowMs() + START_MS;
  for (;;) {
    const listed = await port.members({ timeoutMs: ASK_MS, signal: at.signal });
    const member = listed.ok ? listed.value.members[0] : undefined;
    if (member !== undefined) {
      const status = await port.status(member, { timeoutMs: ASK_MS, signal: at.signal });
      if (status.ok && status.value.leaderId !== null) return member;
    }
    at.signal.throwIfAborted();
    throwIfEnded(etcd, at.folder);
    if (at.clock.nowMs() > deadline)
      throw new DrillFailed('failed', 'The restored etcd runs and has not answered for 10 min');
    await at.clock.sleep(POLL_MS, at.signal);
  }
}

/** @throws DrillFailed when etcd is over: `not-started` when it says that the database is to blame, `failed` otherwise. */
export function throwIfEnded(etcd: Tethered, folder: string): void {
  const ended = etcd.now();
  if (ended === null) return;
  throw (
    workersTrouble(ended, { who: 'The restored etcd', when: 'the restored etcd ran', folder }) ??
    (blamesContent(ended.stderr)
      ? new DrillFailed('not-started', `The restored etcd ended: ${lastWords(ended.stderr, folder)}`)
      : new DrillFailed('failed', `The restored etcd ended: ${lastWords(ended.stderr, folder)}`))
  );
}
