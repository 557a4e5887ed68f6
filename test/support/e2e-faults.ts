import { openEtcdClient } from '../../playground/etcd-client.ts';
import type { EtcdRing } from '../../playground/etcd-ring.ts';
import { waitFor } from '../../playground/waiting.ts';
import { createDirectEtcd } from '../../src/adapters/etcd/direct.ts';
import { readEtcdTls } from '../../src/adapters/etcd/tls.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { CALL, memberOf, ok } from '../contract/etcd/ring-under-test.ts';
import type { Scene } from './e2e-scene.ts';

/** How many members have had their turn, as stored. */
export function turnsSeen(state: RunState): number {
  return state.acts.filter((act) => act.action === 'defragment' && act.observed !== null).length;
}

/** Starts a run, has it approved, and answers its id when the first member has had its turn and the run pauses. */
export async function runToFirstPause(scene: Scene, line = '/kube defrag prod --pause 2s'): Promise<string> {
  const run = await scene.ask(line);
  await scene.approve(run);
  await scene.until('the first turn to be over', run, (state) => turnsSeen(state) === 1);
  return run;
}

/** Members that had no turn, followers first. */
export async function untouched(scene: Scene): Promise<readonly string[]> {
  const leader = (await scene.ring.leader()).name;
  const left = scene.ring.members.map(({ name }) => name).filter((name) => !scene.turns.begun().includes(name));
  return left.toSorted((a, b) => Number(a === leader) - Number(b === leader));
}

/** The one follower that still waits for its turn after the first pause. */
export async function nextFollower(scene: Scene): Promise<string> {
  const [next] = await untouched(scene);
  if (next === undefined) throw new Error('every member had its turn');
  return next;
}

/** Watches for a while that something stays as it is. @throws Error as soon as it does not. */
export async function staysSo(what: string, forMs: number, holds: () => boolean): Promise<void> {
  const until = performance.now() + forMs;
  await waitFor(
    what,
    () => {
      if (!holds()) throw new Error(`it was to stay so: ${what}`);
      return performance.now() > until;
    },
    { timeoutMs: forMs * 2 },
  );
}

/** A port of the test's own to the ring, for looking and for disturbing. Close it. */
export async function portTo(ring: Pick<EtcdRing, 'endpoints' | 'tls'>): Promise<EtcdPort> {
  const read = await readEtcdTls(ring.tls);
  if (!read.ok) throw new Error(read.problems.join('; '));
  return createDirectEtcd({ endpoints: ring.endpoints, tls: read.tls });
}

/** Moves leadership to a member, and waits until the ring says so. */
export async function makeLeader(scene: Scene, port: EtcdPort, name: string): Promise<void> {
  const target = await memberOf(port, name);
  const from = await memberOf(port, (await scene.ring.leader()).name);
  if (from.name !== name) ok(await port.moveLeader(from, target.id, CALL));
  await waitFor(`${name} to lead`, async () => (await scene.ring.leader()).name === name);
}

/**
 * Writes one key again and again until etcd refuses for lack of space: history fills the file, and only compaction and
 * defragmentation free it. Waits until every member has raised its alarm or knows of one.
 */
export async function fillToTheBrim(ring: EtcdRing, port: EtcdPort): Promise<void> {
  const client = openEtcdClient((await ring.leader()).clientUrl, ring.tls);
  const value = Buffer.alloc(200 * 1024, 'x');
  try {
    await waitFor(
      'etcd to refuse writes',
      async () => {
        const results = await Promise.allSettled(
          Array.from({ length: 16 }, (_, at) => client.put(`/brim/${at}`, value)),
        );
        return results.some((result) => result.status === 'rejected');
      },
      { timeoutMs: 30_000, everyMs: 0 },
    );
  } finally {
    client.close();
  }
  await waitFor('the alarm', async () => ok(await port.alarms(CALL)).some((alarm) => alarm.type === 'NOSPACE'));
}
