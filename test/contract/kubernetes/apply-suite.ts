import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  asJson,
  CALL,
  type ClusterUnderTest,
  codeOf,
  configMap,
  configMapRef,
  dataOf,
  type Target,
  valueOf,
} from './cluster-under-test.ts';

/** Server-side apply, and the guards of a Lease. */
export function applySuite(target: Target): void {
  describe(`apply and leases: ${target.name}`, () => {
    let cluster: ClusterUnderTest;
    beforeAll(async () => {
      cluster = await target.start();
    });
    afterAll(() => cluster.stop());

    test('apply creates, changes, leaves alone, and removes what it no longer names', async () => {
      const first = valueOf(await cluster.port.apply(configMap(cluster, 'applied', { x: '1', y: '2' }), CALL));
      const again = valueOf(await cluster.port.apply(configMap(cluster, 'applied', { x: '1', y: '2' }), CALL));
      expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      await cluster.port.patchMerge(configMapRef(cluster, 'applied'), { data: { z: '3' } }, CALL);
      const next = valueOf(await cluster.port.apply(configMap(cluster, 'applied', { x: '5' }), CALL));

      expect(dataOf(next)).toEqual({ x: '5', z: '3' });
      expect(next.metadata.uid).toBe(first.metadata.uid);
    });

    test('a field that another way of writing owns is a conflict that names it; force takes it over', async () => {
      valueOf(await cluster.port.create(configMap(cluster, 'owned', { x: '1' }), CALL));
      const refused = await cluster.port.apply(configMap(cluster, 'owned', { x: '2' }), CALL);
      expect(codeOf(refused)).toBe('conflict');
      expect(refused.ok ? [] : refused.error.causes?.map(({ reason, field }) => [reason, field])).toEqual([
        ['FieldManagerConflict', '.data.x'],
      ]);
      expect(dataOf(valueOf(await cluster.port.get(configMapRef(cluster, 'owned'), CALL)))).toEqual({ x: '1' });
      const forced = await cluster.port.apply(configMap(cluster, 'owned', { x: '2' }), { ...CALL, force: true });
      expect(dataOf(valueOf(forced))).toEqual({ x: '2' });
      expect(codeOf(await cluster.port.apply(configMap(cluster, 'owned', { x: '3' }), CALL))).toBe('ok');
    });

    test('apply in a dry run, with a stale revision, with the uid of what is gone', async () => {
      expect(codeOf(await cluster.port.apply(configMap(cluster, 'applied-dry', {}), { ...CALL, dryRun: true }))).toBe(
        'ok',
      );
      expect(codeOf(await cluster.port.get(configMapRef(cluster, 'applied-dry'), CALL))).toBe('not-found');
      const made = valueOf(await cluster.port.apply(configMap(cluster, 'applied-2', { x: '1' }), CALL));
      valueOf(await cluster.port.apply(configMap(cluster, 'applied-2', { x: '2' }), CALL));
      const { resourceVersion, uid } = made.metadata;
      expect(
        codeOf(await cluster.port.apply(configMap(cluster, 'applied-2', { x: '3' }, { resourceVersion }), CALL)),
      ).toBe('conflict');
      expect(codeOf(await cluster.port.apply(configMap(cluster, 'applied-3', {}, { uid }), CALL))).toBe('conflict');
    });

    function lease(name: string, renewTime: string, metadata: Readonly<Record<string, string>> = {}) {
      return {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { namespace: cluster.namespace, name, ...metadata },
        spec: { holderIdentity: 'one', leaseDurationSeconds: 15, renewTime },
      };
    }

    test('the times of a Lease have six decimals, nothing else', async () => {
      for (const time of ['2026-11-21T13:01:02.123Z', '2026-11-21T13:01:02Z', '2026-11-21T13:01:02.123456789Z']) {
        expect(codeOf(await cluster.port.create(lease('times', time), CALL))).toBe('invalid');
      }
      expect(codeOf(await cluster.port.create(lease('times', '2026-11-21T13:01:02.123000Z'), CALL))).toBe('ok');
      const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: cluster.namespace, name: 'times' };
      const patch = { spec: { renewTime: '2026-11-21T13:01:02.123Z' } };
      expect(codeOf(await cluster.port.patchMerge(ref, patch, CALL))).toBe('invalid');
    });

    test('a Lease that is gone comes back with a PUT, unless its uid is named', async () => {
      const time = '2026-11-21T13:01:02.123456Z';
      const made = valueOf(await cluster.port.create(lease('put', time), CALL));
      const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: cluster.namespace, name: 'put' };
      expect(codeOf(await cluster.port.replace(lease('put', time), CALL))).toBe('invalid');
      valueOf(await cluster.port.delete(ref, { ...CALL, preconditions: {} }));
      expect(codeOf(await cluster.port.replace(asJson(made), CALL))).toBe('conflict');
      const { resourceVersion } = made.metadata;
      const back = valueOf(await cluster.port.replace(lease('put', time, { resourceVersion }), CALL));
      expect(back.metadata.uid).not.toBe(made.metadata.uid);
    });
  });
}
