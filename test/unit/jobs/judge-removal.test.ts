import { describe, expect, test } from 'vitest';
import { judgeRemoval, type RemovalKind } from '../../../jobs/steps/judge-removal.ts';
import { readRing } from '../../../jobs/steps/read-ring.ts';
import type { Ring } from '../../../src/core/etcd/ring.ts';
import { createFakeEtcd, type FakeEtcd } from '../../fakes/etcd.ts';

/** Rows of the quorum table: voters, healthy ones, whether a sick one may go. The target is `m-1` … the last one; sick ones come last. */
const ROWS = [
  [2, 1, false],
  [3, 2, true],
  [3, 1, false],
  [4, 3, true],
  [4, 2, false],
  [5, 4, true],
  [5, 3, true],
  [5, 2, false],
  [7, 6, true],
  [7, 4, true],
  [7, 3, false],
] as const;

async function ringOf(etcd: FakeEtcd): Promise<Ring> {
  const { ring } = await readRing({ etcd: etcd.port, signal: new AbortController().signal, quotaBytes: null });
  if (ring === null) throw new Error('nobody answers');
  return ring;
}

async function judged(etcd: FakeEtcd, name: string, kind: RemovalKind, alsoDead: readonly string[] = []) {
  const { id, peerUrls } = etcd.member(name);
  const ring = await ringOf(etcd);
  return judgeRemoval(ring, { target: { id, name, peerUrls }, kind, alsoDead });
}

test.each(ROWS)('%i voters, %i healthy: a dead one may go: %s', async (voters, healthy, may) => {
  const etcd = createFakeEtcd({ members: Array.from({ length: voters }, () => ({})) });
  for (let at = healthy; at < voters; at += 1) etcd.kill(`m-${at + 1}`);
  const others = etcd.ring.members.slice(healthy, voters - 1).map(({ id }) => id);
  const verdict = await judged(etcd, `m-${voters}`, 'dead', others);

  expect(verdict.kind === 'go').toBe(may);
});

describe('a ring of three', () => {
  test('a dead one goes, asked at the leader', async () => {
    const etcd = createFakeEtcd({ leader: 'm-3' });
    etcd.kill('m-2');

    expect(await judged(etcd, 'm-2', 'dead')).toMatchObject({
      kind: 'go',
      via: { label: 'm-3' },
      voters: 3,
      healthy: 2,
    });
  });

  test('one that is well does not go, unless it is sick otherwise or the new one votes', async () => {
    const etcd = createFakeEtcd({ leader: 'm-1' });

    expect(await judged(etcd, 'm-2', 'dead')).toMatchObject({ kind: 'stop', reason: 'target-recovered' });
    expect(await judged(etcd, 'm-2', 'sick')).toMatchObject({ kind: 'go' });
    expect(await judged(etcd, 'm-2', 'swap')).toMatchObject({ kind: 'go' });
  });

  test('one that leads does not go', async () => {
    const etcd = createFakeEtcd({ leader: 'm-2' });

    expect(await judged(etcd, 'm-2', 'sick')).toMatchObject({ kind: 'wait', reason: 'leader-flapping' });
  });

  test('in a swap it is said that both are in, and how it ends', async () => {
    const etcd = createFakeEtcd({ members: [{}, {}, {}, {}], leader: 'm-1' });
    etcd.kill('m-3');

    expect(await judged(etcd, 'm-2', 'swap')).toMatchObject({
      reason: 'second-member-sick',
      note: expect.stringContaining(
        `The new member votes already, beside m-2: when all are well, \`etcdctl member remove ${etcd.member('m-2').id}\` ends the swap`,
      ),
    });
  });

  test('nobody goes while another one is behind, and it is said who', async () => {
    const etcd = createFakeEtcd({ leader: 'm-1' });
    etcd.kill('m-2');
    etcd.member('m-3').lag = 3000n;

    expect(await judged(etcd, 'm-2', 'dead')).toMatchObject({
      kind: 'wait',
      reason: 'second-member-sick',
      note: expect.stringMatching(
        /^m-3 is 3000 entries behind\. Nothing was removed: 1 healthy of 2 voters would be left, and 2 are needed\. Bring m-3 back first\.$/,
      ),
    });
  });

  test('one that is no member any more was removed by somebody', async () => {
    const etcd = createFakeEtcd();
    const ring = await ringOf(etcd);
    const target = { id: 'abc', name: 'm-9', peerUrls: ['https://10.0.0.19:2380'] };

    expect(judgeRemoval(ring, { target, kind: 'dead', alsoDead: [] })).toMatchObject({
      kind: 'stop',
      reason: 'removed-by-hand',
    });
  });
});
