import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeKubeconfig } from '../../../playground/kubernetes/cluster/kubeconfig.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import { createLeaseWitness } from '../../../src/adapters/kubernetes/witness/lease-witness.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { Announcement, Witness } from '../../../src/core/ports/witness.ts';
import type { KnownRun, WitnessNote } from '../../../src/core/witness.ts';
import { type ApiScene, startApiScene } from '../../support/api-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';

const NEVER = new AbortController().signal;
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'kube-system' } as const;
let scene: ApiScene;
let kubernetes: KubernetesPort;
let witness: Witness;

beforeAll(async () => {
  scene = await startApiScene();
  const kubeconfig = join(scene.ring.directory, 'kubeconfig');
  const { ca, cert, key } = scene.admin;
  await writeKubeconfig(kubeconfig, { name: 'prod', server: scene.server().url, ca, user: { cert, key } });
  kubernetes = openKubernetes({ kubeconfig });
  witness = createLeaseWitness({ kubernetes, namespace: 'kube-system', clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await kubernetes.close();
  await scene.stop();
});

function note(run: string, acts: number, more: Partial<WitnessNote> = {}): WitnessNote {
  const at = `2026-11-21T03:00:0${acts}.000Z`;
  return {
    run,
    locks: ['cluster/prod/etcd'],
    epoch: 1,
    acts,
    step: 0,
    item: `m-${acts}`,
    action: 'defragment',
    at,
    observed: false,
    ...more,
  };
}

/** A record of so many calls. */
function recordOf(run: string, acts: number): readonly WitnessNote[] {
  return Array.from({ length: acts }, (_, at) => note(run, at + 1));
}

/** The announcement of a call whose record has all calls before it. */
function saying(next: WitnessNote, known: KnownRun): Announcement {
  const record = recordOf(next.run, next.acts).with(next.acts - 1, next);
  return { note: next, record, known: async () => await Promise.resolve(known) };
}

async function leases(): Promise<readonly string[]> {
  const query = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: 'kube-system',
    labelSelector: 'drydock.dev/run',
  };
  const listed = await kubernetes.list(query, { timeoutMs: 10_000 });
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value.items.map(({ metadata }) => metadata.name);
}

test('a run leaves one Lease while it lasts, call after call, and none after its end', async () => {
  expect(await witness.announce(saying(note('a-run-1111', 1), 'unknown'), NEVER)).toEqual({ kind: 'go' });
  await witness.observed('a-run-1111', NEVER);
  expect(await witness.announce(saying(note('a-run-1111', 2), 'unknown'), NEVER)).toEqual({ kind: 'go' });
  expect(await leases()).toEqual(['drydock-a-run-1111']);

  // Its third call was never noted.
  await witness.forget('a-run-1111', recordOf('a-run-1111', 3), NEVER);
  await witness.forget('a-run-1111', recordOf('a-run-1111', 3), NEVER);
  expect(await leases()).toEqual([]);
});

test('a store that was restored from an older state is found out', async () => {
  await witness.announce(saying(note('old-2222', 1), 'unknown'), NEVER);
  await witness.announce(saying(note('old-2222', 2), 'unknown'), NEVER);

  expect(await witness.announce(saying(note('old-2222', 2, { at: 'another time' }), 'unknown'), NEVER)).toMatchObject({
    kind: 'contradiction',
    why: expect.stringContaining('The record is older than the cluster'),
  });
  await witness.forget('old-2222', recordOf('old-2222', 2), NEVER);
});

test('a run whose Lease is gone although the cluster took note of a call of it is stopped, and told what to look at', async () => {
  const [first, second] = [note('back-2828', 1), note('back-2828', 2)];
  const told = {
    note: second,
    record: [{ ...first, noted: true }, second],
    known: async () => await Promise.resolve<KnownRun>('unknown'),
  };

  expect(await witness.announce(told, NEVER)).toMatchObject({
    kind: 'contradiction',
    why: expect.stringMatching(
      /remembers nothing of this run now.* \(Lease kube-system\/drydock-back-2828 is gone\)\./,
    ),
  });
  expect(await leases()).toEqual([]);
});

test('a run that is stopped by another one before its first call leaves nothing in the way of that one', async () => {
  await witness.announce(saying(note('here-2626', 1), 'unknown'), NEVER);

  expect(await witness.announce(saying(note('there-2727', 1), 'unknown'), NEVER)).toMatchObject({
    kind: 'contradiction',
  });
  expect(await leases()).toEqual(['drydock-here-2626']);
  expect(await witness.announce(saying(note('here-2626', 2), 'unknown'), NEVER)).toEqual({ kind: 'go' });
  await witness.forget('here-2626', recordOf('here-2626', 2), NEVER);
});

test('of two installations that come at the same time at least one sees the other', async () => {
  const runs = ['here-3333', 'there-4444'];
  const answers = await Promise.all(
    runs.map(async (run) => await witness.announce(saying(note(run, 1), 'unknown'), NEVER)),
  );

  const refused = answers.filter(({ kind }) => kind === 'contradiction');
  expect(refused.length).toBeGreaterThan(0);
  expect(JSON.stringify(refused)).toMatch(/Lease kube-system\/drydock-(here-3333|there-4444)/);
  for (const run of runs) await witness.forget(run, recordOf(run, 1), NEVER);
});

test('a Lease that somebody deleted in between is not brought back by its old revision', async () => {
  await witness.announce(saying(note('gone-5555', 1), 'unknown'), NEVER);
  const ref = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: 'kube-system',
    name: 'drydock-gone-5555',
  };
  const read = await kubernetes.get(ref, { timeoutMs: 10_000 });
  if (!read.ok) throw new Error(read.error.message);
  await kubernetes.delete(ref, { timeoutMs: 10_000, preconditions: {} });

  const put = await kubernetes.replace({ ...JSON.parse(JSON.stringify(read.value)) }, { timeoutMs: 10_000 });
  expect(put).toMatchObject({ ok: false, error: { code: 'conflict' } });
  expect(await leases()).toEqual([]);
});

test('a run that ended leaves its Lease to the next one, which removes it; a call of its successor stays', async () => {
  await witness.announce(saying(note('left-7777', 1), 'unknown'), NEVER);
  await witness.forget('left-7777', [note('left-7777', 1, { at: 'another time' })], NEVER);
  expect(await leases()).toEqual(['drydock-left-7777']);

  expect(await witness.announce(saying(note('next-8888', 1), 'ended'), NEVER)).toEqual({ kind: 'go' });
  expect(await leases()).toEqual(['drydock-next-8888']);
  await witness.forget('next-8888', recordOf('next-8888', 1), NEVER);
});

test('a note that nobody can read stands in the way, unless its run is known to have ended', async () => {
  const metadata = { namespace: 'kube-system', name: 'drydock-odd-9999', labels: { 'drydock.dev/run': 'odd-9999' } };
  await kubernetes.create(
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} },
    { timeoutMs: 10_000 },
  );

  expect(await witness.announce(saying(note('me-1212', 1), 'unknown'), NEVER)).toMatchObject({
    kind: 'contradiction',
    why: expect.stringMatching(
      /^The note of run odd-9999 cannot be read \(Lease kube-system\/drydock-odd-9999\)\. Look: /,
    ),
  });
  expect(await witness.announce(saying(note('me-1212', 1), 'ended'), NEVER)).toEqual({ kind: 'go' });
  await witness.forget('me-1212', recordOf('me-1212', 1), NEVER);
  expect(await leases()).toEqual([]);
});

test('a Lease of a run that the store dropped is left to a person, who is told which one and how to look', async () => {
  const old = note('old-1313', 1, { observed: true });
  await witness.announce(saying(old, 'unknown'), NEVER);
  const name = 'drydock-old-1313';

  expect(await witness.announce(saying(note('new-1414', 1), 'unknown'), NEVER)).toEqual({
    kind: 'contradiction',
    why: [
      `The cluster remembers run old-1313 (defragment of m-1, announced ${old.at}; its outcome was seen), which this Drydock`,
      'does not know: another installation works on the cluster, or the run store lost it, or dropped it long after its end',
      `(Lease kube-system/${name}). Look: kubectl -n kube-system get lease ${name} -o yaml. If another Drydock has that run, wait`,
      'until it is over there: its Lease goes with it. Only when no other Drydock works on this cluster and no call of that run is',
      `under way: kubectl -n kube-system delete lease ${name}. Then ask again.`,
    ].join(' '),
  });
  // Nobody removed it but the person who looked, and the stopped run left nothing beside it.
  expect(await leases()).toEqual([name]);
  await kubernetes.delete({ ...LEASE, name }, { timeoutMs: 10_000, preconditions: {} });
  expect(await witness.announce(saying(note('next-1515', 1), 'ended'), NEVER)).toEqual({ kind: 'go' });
  await witness.forget('next-1515', recordOf('next-1515', 1), NEVER);
  expect(await leases()).toEqual([]);
});

test('a run that is not over takes its Lease along: nobody is told to delete it', async () => {
  await witness.announce(saying(note('busy-1616', 1), 'unknown'), NEVER);
  const answer = await witness.announce(saying(note('late-1717', 1), 'unfinished'), NEVER);

  expect(answer).toMatchObject({
    kind: 'contradiction',
    why: expect.stringMatching(
      /run busy-1616 .*, which is not over .* \(Lease kube-system\/drydock-busy-1616\)\. Wait until that run is over/,
    ),
  });
  expect(JSON.stringify(answer)).not.toContain('kubectl');
  for (const run of ['busy-1616', 'late-1717']) await witness.forget(run, recordOf(run, 1), NEVER);
  expect(await leases()).toEqual([]);
});

test('an API server that does not answer is an unavailable witness, not a silent one', async () => {
  const away = openKubernetes({ kubeconfig: '/nowhere/kubeconfig' });
  const blind = createLeaseWitness({
    kubernetes: away,
    namespace: 'kube-system',
    clock: { ...systemClock, sleep: async () => await Promise.resolve() },
    log: silentLog,
  });

  expect(await blind.announce(saying(note('blind-6666', 1), 'unknown'), NEVER)).toMatchObject({
    kind: 'unavailable',
    why: expect.stringContaining('/nowhere/kubeconfig'),
  });
  await away.close();
});
