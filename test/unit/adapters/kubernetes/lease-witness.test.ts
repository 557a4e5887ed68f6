import { expect, test } from 'vitest';
import { createLeaseWitness } from '../../../../src/adapters/kubernetes/witness/lease-witness.ts';
import type { KubernetesError } from '../../../../src/core/ports/kubernetes.ts';
import type { Announcement } from '../../../../src/core/ports/witness.ts';
import { createFakeKubernetes } from '../../../fakes/kubernetes.ts';
import { silentLog } from '../../../support/engine-harness.ts';
import { createFakeClock, flush } from '../../../support/fake-clock.ts';

const NEVER = new AbortController().signal;
const AT = '2026-01-01T03:00:00.000Z';
const NOTE = {
  run: 'defrag-prod-1111',
  locks: ['cluster/prod/etcd'],
  epoch: 1,
  acts: 1,
  step: 0,
  item: 'cp-1',
  action: 'defragment',
  at: AT,
  observed: false,
};
const SAYING: Announcement = {
  note: NOTE,
  record: [{ item: NOTE.item, action: NOTE.action, at: AT }],
  known: async () => await Promise.resolve('unknown'),
};

/** A witness before a server whose first read of a Lease fails like this. */
function witnessAfter(error: KubernetesError) {
  const clock = createFakeClock();
  const fake = createFakeKubernetes();
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  fake.fail({ method: 'get', error });
  const witness = createLeaseWitness({ kubernetes: fake.port, namespace: 'kube-system', clock, log: silentLog });
  return { clock, fake, witness };
}

function throttled(seconds: number): KubernetesError {
  return { code: 'throttled', message: 'too many requests', status: 429, retryAfterMs: seconds * 1000 };
}

test.each([
  ['half a second, when the server asks for nothing', { code: 'server-error', message: 'a fault', status: 500 }, 500],
  ['as long as the server asks, beyond the time of one call', throttled(5), 5000],
  ['10 s at most', throttled(60), 10_000],
] as const)('the next try comes after %s', async (_, error, ms) => {
  const { clock, fake, witness } = witnessAfter(error);
  const answer = witness.announce(SAYING, NEVER);
  await flush();
  await clock.advance(ms - 1);
  expect(fake.calls.map(({ method }) => method)).toEqual(['get']);
  await clock.advance(1);

  expect(await answer).toEqual({ kind: 'go' });
  expect(fake.calls.map(({ method }) => method)).toEqual(['get', 'get', 'list', 'create', 'list']);
});

const AWAY: KubernetesError = { code: 'unreachable', message: 'nothing listens' };

/** A witness whose Lease of a run stands in a cluster; every read from now on fails like this, so many times. */
async function witnessWithNote(error: KubernetesError, times: number) {
  const { clock, fake, witness } = witnessAfter(AWAY);
  const announced = witness.announce(SAYING, NEVER);
  await clock.advance(500);
  expect(await announced).toEqual({ kind: 'go' });
  for (let time = 0; time < times; time += 1) fake.fail({ method: 'get', error });
  return { clock, fake, forgotten: witness.forget(NOTE.run, SAYING.record, NEVER) };
}

function leftIn(fake: ReturnType<typeof createFakeKubernetes>): boolean {
  return fake.calls.every(({ method }) => method !== 'delete');
}

test('the Lease of a run that ended goes also when the API server takes 14 s to be back', async () => {
  const { clock, fake, forgotten } = await witnessWithNote(AWAY, 28);
  await clock.advance(13_500);
  expect(leftIn(fake)).toBe(true);
  await clock.advance(500);
  await forgotten;

  expect(leftIn(fake)).toBe(false);
});

test('an API server that stays away for longer keeps no worker: the next run takes the Lease away', async () => {
  const { clock, fake, forgotten } = await witnessWithNote(AWAY, 1000);
  await clock.advance(15_000);
  await forgotten;

  expect(leftIn(fake)).toBe(true);
});

test('an API server that forbids it is asked once', async () => {
  const { fake, forgotten } = await witnessWithNote({ code: 'forbidden', message: 'no', status: 403 }, 1);
  await forgotten;

  // Two of the announcement, one of this.
  expect([fake.calls.filter(({ method }) => method === 'get').length, leftIn(fake)]).toEqual([3, true]);
});
