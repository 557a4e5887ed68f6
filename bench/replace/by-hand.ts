import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HOST_FACTS } from '../../playground/hosts/host.ts';
import type { HostRing } from '../../playground/hosts/host-ring.ts';
import { settingsOf, settingsText } from '../../playground/hosts/settings-file.ts';

const run = promisify(execFile);
/** Pause before a promotion that etcd refused is asked for again, ms. */
const AGAIN_MS = 200;
const PATIENCE_MS = 60_000;

/** What a person with a list of commands works on. */
export interface HandWork {
  readonly ring: HostRing;
  readonly etcdctl: string;
  /** The member, by name. */
  readonly name: string;
  /** Where the snapshot goes. */
  readonly snapshot: string;
}

/**
 * Replaces a member of a bare ring in its place as a person does who reads the commands from a page and makes no pause and no mistake:
 * snapshot, stop, remove, data aside, add as a learner, start, promote, look. What is done on the host is done without ssh.
 *
 * @returns ms of each part, in their order.
 * @throws Error with the output of a command that failed.
 */
export async function replaceByHand({ ring, etcdctl, name, snapshot }: HandWork): Promise<ReadonlyMap<string, number>> {
  const host = ring.host(name);
  const others = ring.members.filter((each) => each.name !== name).map((each) => each.clientUrl);
  const { peerUrl } = ring.member(name);
  const took = new Map<string, number>();
  async function part<T>(words: string, work: () => Promise<T>): Promise<T> {
    const beganMs = performance.now();
    const result = await work();
    took.set(words, (took.get(words) ?? 0) + performance.now() - beganMs);
    return result;
  }
  async function ctl(endpoints: readonly string[], ...words: readonly string[]): Promise<string> {
    const { ca, cert, key } = ring.tls;
    const access = [`--endpoints=${endpoints.join(',')}`, `--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
    const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
    return (await run(etcdctl, [...access, ...words], { env, encoding: 'utf8' })).stdout;
  }
  await part('backup', async () => await ctl(others.slice(0, 1), 'snapshot', 'save', snapshot));
  await part('removal', async () => {
    const id = idOf(await ctl(others, 'member', 'list'), name);
    await host.service.stop();
    await ctl(others, 'member', 'remove', id);
    await ctl(others, 'member', 'list');
  });
  await part('join', async () => {
    await rename(join(host.path(HOST_FACTS.dataDirectory), 'member'), `${snapshot}.old-member`);
    const added = await ctl(others, 'member', 'add', name, '--learner', `--peer-urls=${peerUrl}`);
    await setMembers(host.path(HOST_FACTS.environmentFile), added);
    await host.service.start();
  });
  await part('promotion', async () => {
    const id = idOf(await ctl(others, 'member', 'list'), peerUrl);
    await promote(async () => await ctl(others, 'member', 'promote', id));
  });
  await part('verification', async () => {
    await ctl(others, 'endpoint', 'health', '--cluster');
    await ctl(others, 'endpoint', 'status', '--cluster');
  });
  return took;
}

/** The id on the line of a simple list on which this name or URL stands. */
function idOf(list: string, word: string): string {
  const line = list.split('\n').find((each) => each.split(', ').includes(word));
  if (line === undefined) throw new Error(`${word} is not in the list of members:\n${list}`);
  return line.split(', ')[0] ?? '';
}

/** Takes over what `etcdctl member add` prints for the new member. */
async function setMembers(file: string, printed: string): Promise<void> {
  const [, cluster] = /^ETCD_INITIAL_CLUSTER="(.*)"$/m.exec(printed) ?? [];
  if (cluster === undefined) throw new Error(`etcdctl printed no list of members:\n${printed}`);
  const before = settingsOf(await readFile(file, 'utf8'));
  await writeFile(
    file,
    settingsText({ ...before, ETCD_INITIAL_CLUSTER: cluster, ETCD_INITIAL_CLUSTER_STATE: 'existing' }),
  );
}

/** Asks for the promotion until etcd finds that the learner has caught up. */
async function promote(ask: () => Promise<unknown>): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    }
    await sleep(AGAIN_MS);
  }
}
