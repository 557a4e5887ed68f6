import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { look, podAt } from '../../../support/cluster-pods.ts';

let cluster: PlaygroundCluster;

beforeAll(async () => {
  cluster = await startCluster({ controlPlanes: 1, pace: 0.04 });
}, 120_000);
afterAll(() => cluster.stop());

test('a frozen member is ended by its liveness probe and started again', async () => {
  const { etcd } = cluster.node('cp-1');
  const pid = etcd.pid();
  etcd.freeze();
  const whileFrozen = await etcd.healthy();
  await waitFor('the kubelet to start it again', () => etcd.pid() !== undefined && etcd.pid() !== pid, {
    timeoutMs: 50_000,
    everyMs: 200,
  });
  const status = await waitFor('the restart to be reported', async () => {
    const found = (await look(cluster, podAt('etcd-cp-1')))?.status.containerStatuses[0];
    return found?.ready === true && found.restartCount === 1 && found;
  });

  expect(whileFrozen).toBe(false);
  expect(status.lastState['terminated']).toMatchObject({ exitCode: expect.any(Number) });
});

test('a frozen member that is woken in time goes on', async () => {
  const { etcd } = cluster.node('cp-1');
  const pid = etcd.pid();
  etcd.freeze();
  const whileFrozen = await etcd.healthy();
  etcd.thaw();

  await waitFor('the member to answer', () => etcd.healthy());
  expect([whileFrozen, etcd.pid()]).toEqual([false, pid]);
});
