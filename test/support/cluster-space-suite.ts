import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import { CALL, ok } from '../contract/etcd/ring-under-test.ts';
import { useCluster } from './cluster-suite.ts';
import { fillToTheBrim, portTo } from './e2e-faults.ts';
import { textOf } from './e2e-scene.ts';
import { endInThread, messagesOf } from './e2e-slack.ts';

const MIB = 1024 * 1024;
const QUOTA = 48 * MIB;
/** What the thread says of a call that the cluster's witness could not note. */
const UNNOTED = 'the cluster could take no note of this call, because its etcd is full';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** A kubeadm cluster whose etcd is out of space, from the alarm to the first write of the API server (T7). */
export function clusterSpaceSuite(access: 'exec' | 'tunnel'): void {
  describe(`a kubeadm cluster whose etcd is full, etcd by ${access}`, () => {
    const { scene, cluster, noTraces } = useCluster(access, { quotaBytes: QUOTA, fill: false });
    let port: EtcdPort;

    beforeAll(async () => {
      port = await portTo(scene().ring);
    });
    afterAll(async () => {
      await port.close();
    });

    async function write(name: string) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'x' } };
      return await cluster().api.request({ method: 'POST', path: CONFIG_MAPS, body });
    }

    test('T7: compacted, every member defragmented, disarmed, and the API server writes again', async () => {
      await fillToTheBrim(scene().ring, port);
      const refused = await write('before');
      expect(refused.status).toBe(500);
      expect(JSON.stringify(refused.body)).toContain('database space exceeded');

      const run = await scene().ask('/kube defrag prod --pause 0s');
      const asked = await scene().gate(run);
      await scene().approve(run);
      const { state, card } = await noTraces(run);

      expect(textOf(asked)).toContain('NOSPACE alarm');
      expect(state.ended).toMatchObject({ outcome: 'succeeded', reason: 'done' });
      expect(state.acts.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['compact', 'defragment', 'disarm']),
      );
      expect(scene().turns.begun().toSorted()).toEqual(['cp-1', 'cp-2', 'cp-3']);
      expect(ok(await port.alarms(CALL))).toEqual([]);
      ok(await port.put('after', Buffer.from('x'), CALL));
      expect((await write('after')).status).toBe(201);
      for (const { name } of scene().ring.members)
        expect((await scene().ring.status(name)).dbSize).toBeLessThan(QUOTA / 2);
      expect(textOf(card)).toContain('the alarm list is empty, seen twice');
      expect(textOf(card)).toContain('3 of 3 members are healthy');
      await endInThread(scene().workspace, run, card.message);
      const thread = messagesOf(scene().workspace, run, card.message.channel).map(({ text }) => text);
      for (const { action, item } of state.acts)
        expect(thread.join('\n')).toMatch(new RegExp(`${item}: ${action} — done.*${UNNOTED}`));
      await cluster().waitReady(120_000);
    }, 240_000);
  });
}
