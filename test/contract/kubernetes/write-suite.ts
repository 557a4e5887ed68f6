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

const STRANGER = '11111111-1111-1111-1111-111111111111';

/** Creating, replacing, patching and deleting objects. */
export function writeSuite(target: Target): void {
  describe(`writes: ${target.name}`, () => {
    let cluster: ClusterUnderTest;
    beforeAll(async () => {
      cluster = await target.start();
    });
    afterAll(() => cluster.stop());

    test('a created object has uid and revision; a second one of its name exists already', async () => {
      const made = valueOf(await cluster.port.create(configMap(cluster, 'made', { a: '1' }), CALL));

      expect(made.metadata.uid).toMatch(/.{8,}/);
      expect(made.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(valueOf(await cluster.port.get(configMapRef(cluster, 'made'), CALL))).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion },
        data: { a: '1' },
      });
      expect(codeOf(await cluster.port.create(configMap(cluster, 'made', {}), CALL))).toBe('already-exists');
    });

    test('a namespace that is not there, a revision in a new object, an unknown field', async () => {
      const elsewhere = configMap(cluster, 'x', {}, { namespace: `${cluster.namespace}-not-there` });
      expect(codeOf(await cluster.port.create(elsewhere, CALL))).toBe('not-found');
      expect(codeOf(await cluster.port.create(configMap(cluster, 'x', {}, { resourceVersion: '1' }), CALL))).toBe(
        'invalid',
      );
    });

    test('a dry run changes nothing', async () => {
      expect(codeOf(await cluster.port.create(configMap(cluster, 'dry', {}), { ...CALL, dryRun: true }))).toBe('ok');
      expect(codeOf(await cluster.port.get(configMapRef(cluster, 'dry'), CALL))).toBe('not-found');
      const made = valueOf(await cluster.port.create(configMap(cluster, 'dry-2', { a: '1' }), CALL));
      const patched = await cluster.port.patchMerge(
        configMapRef(cluster, 'dry-2'),
        { data: { a: '2' } },
        { ...CALL, dryRun: true },
      );
      expect(dataOf(valueOf(patched))).toEqual({ a: '2' });
      const deletion = { ...CALL, preconditions: {}, dryRun: true };
      expect(codeOf(await cluster.port.delete(configMapRef(cluster, 'dry-2'), deletion))).toBe('ok');
      expect(valueOf(await cluster.port.get(configMapRef(cluster, 'dry-2'), CALL))).toEqual(made);
    });

    test('replace: the present revision and uid, a stale one, a stranger, what is gone', async () => {
      const first = valueOf(await cluster.port.create(configMap(cluster, 'replaced', { a: '1' }), CALL));
      const next = { ...asJson(first), data: { a: '2' } };
      const second = valueOf(await cluster.port.replace(next, CALL));
      expect(dataOf(second)).toEqual({ a: '2' });
      expect(second.metadata.uid).toBe(first.metadata.uid);
      expect(codeOf(await cluster.port.replace({ ...next, data: { a: '3' } }, CALL))).toBe('conflict');
      const same = valueOf(await cluster.port.replace(asJson(second), CALL));
      expect(same.metadata.resourceVersion).toBe(second.metadata.resourceVersion);

      const { name, namespace } = first.metadata;
      const stranger = configMap(cluster, name, { a: '4' }, { namespace: namespace ?? '', uid: STRANGER });
      expect(codeOf(await cluster.port.replace(stranger, CALL))).toBe('conflict');
      expect(codeOf(await cluster.port.replace(configMap(cluster, 'never-there', {}), CALL))).toBe('not-found');
    });

    test('JSON patch: tests that hold, that fail, a path that is not there', async () => {
      const made = valueOf(await cluster.port.create(configMap(cluster, 'json', { a: '1' }), CALL));
      const ref = configMapRef(cluster, 'json');
      const uid = { op: 'test', path: '/metadata/uid', value: made.metadata.uid } as const;
      const set = { op: 'replace', path: '/data/a', value: '2' } as const;
      expect(dataOf(valueOf(await cluster.port.patchJson(ref, [uid, set], CALL)))).toEqual({ a: '2' });
      const stale = { op: 'test', path: '/metadata/resourceVersion', value: made.metadata.resourceVersion } as const;
      expect(codeOf(await cluster.port.patchJson(ref, [stale, { ...set, value: '3' }], CALL))).toBe('conflict');
      expect(codeOf(await cluster.port.patchJson(ref, [{ op: 'remove', path: '/data/none' }], CALL))).toBe('invalid');
      expect(codeOf(await cluster.port.patchJson(configMapRef(cluster, 'json-none'), [set], CALL))).toBe('not-found');
      expect(dataOf(valueOf(await cluster.port.get(ref, CALL)))).toEqual({ a: '2' });
      const edits = [
        { op: 'add', path: '/metadata/annotations', value: { 'example.com/a': '1' } },
        { op: 'add', path: '/metadata/annotations/example.com~1b', value: '2' },
        { op: 'remove', path: '/data/a' },
      ] as const;
      const edited = valueOf(await cluster.port.patchJson(ref, edits, CALL));
      expect(edited.metadata.annotations).toEqual({ 'example.com/a': '1', 'example.com/b': '2' });
      expect(dataOf(edited) ?? {}).toEqual({});
    });

    test('merge patch: null removes, preconditions hold or do not, nothing changed is no new revision', async () => {
      const first = valueOf(await cluster.port.create(configMap(cluster, 'merge', { a: '1', b: '2' }), CALL));
      const ref = configMapRef(cluster, 'merge');
      const { uid, resourceVersion } = first.metadata;
      const second = valueOf(
        await cluster.port.patchMerge(
          ref,
          { data: { a: null, c: '3' } },
          { ...CALL, preconditions: { uid, resourceVersion } },
        ),
      );
      expect(dataOf(second)).toEqual({ b: '2', c: '3' });
      const stale = { ...CALL, preconditions: { resourceVersion } };
      expect(codeOf(await cluster.port.patchMerge(ref, { data: { d: '4' } }, stale))).toBe('conflict');
      const stranger = { ...CALL, preconditions: { uid: STRANGER } };
      expect(codeOf(await cluster.port.patchMerge(ref, { data: { d: '4' } }, stranger))).toBe('conflict');
      const same = valueOf(await cluster.port.patchMerge(ref, { data: { c: '3' } }, CALL));
      expect(same.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
      expect(codeOf(await cluster.port.patchMerge(configMapRef(cluster, 'merge-none'), {}, CALL))).toBe('not-found');
    });

    test('delete: preconditions, what is left, what is gone', async () => {
      const made = valueOf(await cluster.port.create(configMap(cluster, 'deleted', {}), CALL));
      const ref = configMapRef(cluster, 'deleted');
      expect(codeOf(await cluster.port.delete(ref, { ...CALL, preconditions: { uid: STRANGER } }))).toBe('conflict');
      expect(codeOf(await cluster.port.delete(ref, { ...CALL, preconditions: { resourceVersion: '1' } }))).toBe(
        'conflict',
      );
      expect(
        valueOf(await cluster.port.delete(ref, { ...CALL, preconditions: { uid: made.metadata.uid } })),
      ).toBeNull();
      expect(codeOf(await cluster.port.delete(ref, { ...CALL, preconditions: {} }))).toBe('not-found');
    });

    test('a finalizer keeps a deleted object until it is taken off; none can be added then', async () => {
      const metadata = { finalizers: ['example.com/hold'] };
      valueOf(await cluster.port.create(configMap(cluster, 'held', {}, metadata), CALL));
      const ref = configMapRef(cluster, 'held');
      const left = valueOf(await cluster.port.delete(ref, { ...CALL, preconditions: {} }));
      expect(left?.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
      const more = { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } };
      expect(codeOf(await cluster.port.patchMerge(ref, more, CALL))).toBe('invalid');
      expect(codeOf(await cluster.port.patchMerge(ref, { metadata: { finalizers: null } }, CALL))).toBe('ok');
      expect(codeOf(await cluster.port.get(ref, CALL))).toBe('not-found');
    });

    test('generation grows with the specification, not with labels or status', async () => {
      const budget = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { namespace: cluster.namespace, name: 'generations' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'generations' } } },
      };
      const ref = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        namespace: cluster.namespace,
        name: 'generations',
      };
      expect(valueOf(await cluster.port.create(budget, CALL)).metadata.generation).toBe(1);
      const labelled = await cluster.port.patchMerge(ref, { metadata: { labels: { x: 'y' } } }, CALL);
      expect(valueOf(labelled).metadata.generation).toBe(1);
      const changed = await cluster.port.patchMerge(
        ref,
        { spec: { minAvailable: 2 }, status: { currentHealthy: 9 } },
        CALL,
      );
      expect(valueOf(changed).metadata.generation).toBe(2);
      expect(JSON.stringify(valueOf(changed)['status'] ?? {})).not.toContain('9');
    });
  });
}
