import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlaygroundCluster, startCluster } from '../../../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { startApiScene } from '../../../support/api-scene.ts';
import { look, podAt } from '../../../support/cluster-pods.ts';
import { recorded } from '../../../support/kubernetes-fixtures.ts';
import { sideBySide } from '../../../support/side-by-side.ts';

sideBySide('an API server whose etcd is frozen', () => {
  test('a read ends after 60 s and a write after 34 s while etcd is frozen, as recorded in 20-07 and 20-08', async () => {
    const scene = await startApiScene();
    try {
      const [member] = scene.ring.members;
      member?.pause();
      const [read, write] = [recorded('20-07-frozen-get-default'), recorded('20-08-frozen-create-default')];
      const headers = { 'Content-Type': 'application/json' };
      const began = performance.now();
      const ends: Record<string, number> = {};
      async function ask(name: string, path: string, body: unknown): Promise<unknown> {
        const heard = await scene.ask(path, body === null ? {} : { method: 'POST', headers, body });
        ends[name] = Math.round((performance.now() - began) / 1000);
        return { status: heard.status, type: heard.headers['content-type'], body: heard.body };
      }
      const namespace = '/api/v1/namespaces/default/configmaps';
      const [got, wrote] = await Promise.all([
        ask('read', `${namespace}/a`, null),
        ask('write', namespace, write.request.body),
      ]);

      expect(got).toEqual({ status: 504, type: 'text/plain; charset=utf-8', body: read.response.body });
      expect(wrote).toEqual({ status: 504, type: 'application/json', body: write.response.body });
      expect(ends['write']).toBeLessThan(ends['read'] ?? 0);
    } finally {
      scene.ring.members[0]?.resume();
      await scene.stop();
    }
  }, 120_000);
});

sideBySide('a frozen member', () => {
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
});
