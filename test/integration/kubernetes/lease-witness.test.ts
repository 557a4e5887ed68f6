import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeKubeconfig } from '../../../playground/kubernetes/cluster/kubeconfig.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import { createLeaseWitness } from '../../../src/adapters/kubernetes/witness/lease-witness.ts';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { Witness } from '../../../src/core/ports/witness.ts';
import type { KnownRun, WitnessNote } from '../../../src/core/witness.ts';
import { type ApiScene, startApiScene } from '../../support/api-scene.ts';
import { silentLog } from '../../support/engine-harness.ts';

const NEVER = new AbortController().signal;
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

function knows(answer: KnownRun): () => Promise<KnownRun> {
  return async () => await Promise.resolve(answer);
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
  expect(await witness.announce(note('a-run-1111', 1), knows('unknown'), NEVER)).toEqual({ kind: 'go' });
  await witness.observed('a-run-1111', NEVER);
  expect(await witness.announce(note('a-run-1111', 2), knows('unknown'), NEVER)).toEqual({ kind: 'go' });
  expect(await leases()).toEqual(['drydock-a-run-1111']);

  await witness.forget('a-run-1111', NEVER);
  await witness.forget('a-run-1111', NEVER);
  expect(await leases()).toEqual([]);
});

test('a store that was restored from an older state is found out', async () => {
  await witness.announce(note('old-2222', 1), knows('unknown'), NEVER);
  await witness.announce(note('old-2222', 2), knows('unknown'), NEVER);

  expect(await witness.announce(note('old-2222', 2, { at: 'another time' }), knows('unknown'), NEVER)).toMatchObject({
    kind: 'contradiction',
    why: expect.stringContaining('The record is older than the cluster'),
  });
  await witness.forget('old-2222', NEVER);
});

test('of two installations that come at the same time at least one sees the other', async () => {
  const runs = ['here-3333', 'there-4444'];
  const answers = await Promise.all(
    runs.map(async (run) => await witness.announce(note(run, 1), knows('unknown'), NEVER)),
  );

  const refused = answers.filter(({ kind }) => kind === 'contradiction');
  expect(refused.length).toBeGreaterThan(0);
  expect(JSON.stringify(refused)).toMatch(/Lease kube-system\/drydock-(here-3333|there-4444)/);
  for (const run of runs) await witness.forget(run, NEVER);
});

test('a Lease that somebody deleted in between is not brought back by its old revision', async () => {
  await witness.announce(note('gone-5555', 1), knows('unknown'), NEVER);
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

test('an API server that does not answer is an unavailable witness, not a silent one', async () => {
  const away = openKubernetes({ kubeconfig: '/nowhere/kubeconfig' });
  const blind = createLeaseWitness({
    kubernetes: away,
    namespace: 'kube-system',
    clock: { ...systemClock, sleep: async () => await Promise.resolve() },
    log: silentLog,
  });

  expect(await blind.announce(note('blind-6666', 1), knows('unknown'), NEVER)).toMatchObject({
    kind: 'unavailable',
    why: expect.stringContaining('/nowhere/kubeconfig'),
  });
  await away.close();
});
