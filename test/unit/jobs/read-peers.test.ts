import { expect, test } from 'vitest';
import { readPeers } from '../../../jobs/steps/read-peers.ts';
import type { EtcdPeer } from '../../../src/core/ports/etcd.ts';
import { idAt, ringOf } from '../../support/etcd-reading.ts';

const DEAD = idAt(1);

/** A ring whose second member does not answer, and what the others say of it in each look. */
function asking(looks: readonly (readonly EtcdPeer[])[]) {
  const ring = ringOf({ members: [{}, { silent: 'unreachable' }, {}] });
  const asked = ring.members.filter(({ status }) => status !== null);
  const pauses: number[] = [];
  const peers = async () => await Promise.resolve({ ok: true, value: looks[pauses.length] ?? [] } as const);
  const source = {
    ports: { etcd: { peers } },
    signal: new AbortController().signal,
    pause: async (ms: number) => {
      pauses.push(ms);
      await Promise.resolve();
    },
  };
  return { pauses, told: readPeers(source, ring, { asked, doubted: [DEAD] }) };
}

test('who lost a member is believed at once', async () => {
  const { pauses, told } = asking([[{ id: DEAD, active: false, received: 5 }]]);

  expect((await told).map(({ peers }) => peers)).toEqual(
    Array.from({ length: 2 }, () => [expect.objectContaining({ active: false })]),
  );
  expect(pauses).toEqual([]);
});

test('who says that it is connected to a member that is away is asked again: nothing came, so it is no sign', async () => {
  const still = [{ id: DEAD, active: true, received: 5 }];
  const { pauses, told } = asking([still, still]);

  expect((await told).map(({ peers }) => peers)).toEqual([[], []]);
  expect(pauses).toEqual([6000]);
});

test('what hears from it goes on saying so', async () => {
  const { told } = asking([[{ id: DEAD, active: true, received: 5 }], [{ id: DEAD, active: true, received: 6 }]]);

  expect((await told).flatMap(({ peers }) => peers.map(({ id }) => id))).toEqual([DEAD, DEAD]);
});
