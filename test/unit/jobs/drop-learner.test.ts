import { expect, test } from 'vitest';
import { dropLearnerCleanup } from '../../../jobs/steps/drop-learner.ts';
import { createFakeEtcd, type FakeEtcd } from '../../fakes/etcd.ts';
import { NO_KUBERNETES } from '../../support/no-kubernetes.ts';
import { NO_PORTS } from '../../support/no-ports.ts';

interface Dropped {
  readonly etcd: FakeEtcd;
  /** What could not be put back; `null`: nothing. */
  readonly left: unknown;
  readonly removed: number;
}

/** The cleanup of a learner; `during` happens at each look at a status, between its first list and its call. */
async function dropped(during: (etcd: FakeEtcd) => void): Promise<Dropped> {
  const etcd: FakeEtcd = createFakeEtcd({
    onCall: ({ method }) => {
      if (method === 'status') during(etcd);
    },
  });
  const { clusterId, members } = etcd.ring;
  const before = members.map(({ id }) => id);
  const name = etcd.addLearner();
  const { peerUrls } = etcd.member(name);
  const context = {
    ports: { etcd: etcd.port, kubernetes: NO_KUBERNETES, ...NO_PORTS },
    signal: new AbortController().signal,
    nowMs: () => 0,
    pause: async () => await Promise.resolve(),
  };
  const left = await dropLearnerCleanup.restore(context, { clusterId, peerUrls: [...peerUrls], before });
  return { etcd, left, removed: etcd.calls.filter(({ method }) => method === 'removeMember').length };
}

test('a learner goes out of the list again', async () => {
  const { etcd, left, removed } = await dropped(() => undefined);

  expect([left, removed, etcd.ring.members.length]).toEqual([null, 1, 3]);
});

test('one that was promoted between the look and the call stays: it votes', async () => {
  const { etcd, left, removed } = await dropped((each) => {
    for (const member of each.ring.members) member.isLearner = false;
  });

  expect([left, removed, etcd.ring.members.length]).toEqual([null, 0, 4]);
});

test('without a quorum it stays, and the words say how it is removed by hand', async () => {
  const { left, removed } = await dropped((each) => {
    each.kill('m-2');
    each.kill('m-3');
  });

  expect(left).toEqual({
    notYet: expect.stringMatching(
      /By hand: etcdctl member list, and if it is there as a learner, etcdctl member remove with its id$/,
    ),
  });
  expect(removed).toBe(0);
});
