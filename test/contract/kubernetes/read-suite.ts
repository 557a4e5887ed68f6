import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CALL,
  type ClusterUnderTest,
  codeOf,
  configMap,
  configMapRef,
  POLL,
  type Target,
  valueOf,
} from './cluster-under-test.ts';

/** Discovery, reading, lists and watches. */
export function readSuite(target: Target): void {
  describe(`reads: ${target.name}`, () => {
    let cluster: ClusterUnderTest;
    const query = () => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: cluster.namespace,
      labelSelector: 'suite=read',
    });
    beforeAll(async () => {
      cluster = await target.start();
      for (const [index, tier] of ['a', 'b', 'a', 'c', 'b'].entries()) {
        const labels = { suite: 'read', tier };
        valueOf(await cluster.port.create(configMap(cluster, `read-${index}`, { n: `${index}` }, { labels }), CALL));
      }
    });
    afterAll(() => cluster.stop());

    async function names(labelSelector: string, fieldSelector?: string): Promise<readonly string[]> {
      const all = { ...query(), labelSelector, ...(fieldSelector === undefined ? {} : { fieldSelector }) };
      const { items } = valueOf(await cluster.port.list(all, CALL));
      return items.map((item) => item.metadata.name).toSorted();
    }

    test('the version of the server', async () => {
      expect(valueOf(await cluster.port.version(CALL)).gitVersion).toMatch(/^v1\.\d+\.\d+/);
    });

    test('metrics of the server, of the names that are asked for only', async () => {
      const lines = valueOf(await cluster.port.metrics(['kubernetes_build_info'], CALL)).split('\n');
      expect(lines).toEqual([expect.stringMatching(/^kubernetes_build_info\{.*git_version="v1\..*\} 1$/), '']);
      expect(valueOf(await cluster.port.metrics(['no_such_sample'], CALL))).toBe('');
      expect(
        codeOf(await cluster.port.metrics(['kubernetes_build_info'], { ...CALL, signal: AbortSignal.abort() })),
      ).toBe('cancelled');
    });

    test('what is served, and what is not', async () => {
      const served = await cluster.port.serves({ apiVersion: 'v1', kind: 'Pod' }, CALL);
      expect(valueOf(served)).toEqual({ namespaced: true, resource: 'pods' });
      const nodes = await cluster.port.serves({ apiVersion: 'v1', kind: 'Node' }, CALL);
      expect(valueOf(nodes)).toEqual({ namespaced: false, resource: 'nodes' });
      const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
      expect(valueOf(await cluster.port.serves(budget, CALL))).toEqual({
        namespaced: true,
        resource: 'poddisruptionbudgets',
      });
      expect(
        valueOf(await cluster.port.serves({ apiVersion: 'nope.example.com/v1', kind: 'Widget' }, CALL)),
      ).toBeNull();
      expect(valueOf(await cluster.port.serves({ apiVersion: 'v1', kind: 'Widget' }, CALL))).toBeNull();
      expect(valueOf(await cluster.port.groupVersions('apps', CALL))).toContain('v1');
      expect(valueOf(await cluster.port.groupVersions('', CALL))).toEqual(['v1']);
      expect(valueOf(await cluster.port.groupVersions('nope.example.com', CALL))).toEqual([]);
    });

    test('what is not there: an object, a kind, a subresource', async () => {
      expect(codeOf(await cluster.port.get(configMapRef(cluster, 'none'), CALL))).toBe('not-found');
      const widget = { apiVersion: 'nope.example.com/v1', kind: 'Widget', namespace: cluster.namespace, name: 'w' };
      expect(codeOf(await cluster.port.get(widget, CALL))).toBe('no-such-kind');
      expect(codeOf(await cluster.port.list({ ...widget, namespace: null }, CALL))).toBe('no-such-kind');
      const scale = { ...CALL, subresource: 'scale' } as const;
      expect(codeOf(await cluster.port.patchMerge(configMapRef(cluster, 'read-0'), {}, scale))).toBe('no-such-kind');
      const node = { apiVersion: 'v1', kind: 'Node', namespace: 'default', name: 'n' };
      expect(codeOf(await cluster.port.get(node, CALL))).toBe('invalid');
      expect(codeOf(await cluster.port.get({ ...configMapRef(cluster, 'x'), namespace: null }, CALL))).toBe('invalid');
    });

    test('a list in pages is the list, with kinds and a revision', async () => {
      const whole = valueOf(await cluster.port.list(query(), CALL));
      const paged = valueOf(await cluster.port.list(query(), { ...CALL, pageSize: 2 }));
      const sizes: number[] = [];
      const end = await cluster.port.eachPage(query(), { ...CALL, pageSize: 2 }, (items) => sizes.push(items.length));

      expect(paged.items).toEqual(whole.items);
      expect(whole.items.map(({ kind, apiVersion }) => `${apiVersion} ${kind}`)).toEqual(
        Array.from({ length: 5 }, () => 'v1 ConfigMap'),
      );
      expect(Number(whole.resourceVersion)).toBeGreaterThanOrEqual(
        Math.max(...whole.items.map((item) => Number(item.metadata.resourceVersion))),
      );
      expect(sizes).toEqual([2, 2, 1]);
      expect(codeOf(end)).toBe('ok');
    });

    test('a list of metadata brings nothing of the data', async () => {
      const { namespace } = cluster;
      const tls = { 'tls.crt': 'Y2VydA==', 'tls.key': 'a2V5' };
      for (const [name, type, data] of [
        ['of-tls', 'kubernetes.io/tls', tls],
        ['opaque', 'Opaque', { word: 'd29yZA==' }],
      ] as const) {
        const metadata = { namespace, name, labels: { suite: 'metadata' } };
        valueOf(await cluster.port.create({ apiVersion: 'v1', kind: 'Secret', metadata, type, data }, CALL));
      }
      const secrets = { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector: 'suite=metadata' };
      const whole = valueOf(await cluster.port.list(secrets, CALL));
      const bare = valueOf(await cluster.port.list(secrets, { ...CALL, pageSize: 1, metadataOnly: true }));
      const ofTls = { ...secrets, fieldSelector: 'type=kubernetes.io/tls' };
      const selected = valueOf(await cluster.port.list(ofTls, { ...CALL, metadataOnly: true }));

      expect(bare.items.map((item) => Object.keys(item).toSorted())).toEqual([
        ['apiVersion', 'kind', 'metadata'],
        ['apiVersion', 'kind', 'metadata'],
      ]);
      expect(bare.items.map(({ kind, metadata }) => [kind, metadata.name, metadata.uid])).toEqual(
        whole.items.map(({ metadata }) => ['Secret', metadata.name, metadata.uid]),
      );
      expect(selected.items.map(({ metadata }) => metadata.name)).toEqual(['of-tls']);
    });

    test('selectors of labels and fields', async () => {
      expect(await names('suite=read,tier=a')).toEqual(['read-0', 'read-2']);
      expect(await names('suite=read,tier!=a')).toEqual(['read-1', 'read-3', 'read-4']);
      expect(await names('suite=read,tier in (b, c)')).toEqual(['read-1', 'read-3', 'read-4']);
      expect(await names('suite=read,tier notin (b,c)')).toEqual(['read-0', 'read-2']);
      expect(await names('suite,!tier')).toEqual([]);
      expect(await names('suite=read', 'metadata.name=read-3')).toEqual(['read-3']);
      expect(codeOf(await cluster.port.list({ ...query(), fieldSelector: 'data.n=1' }, CALL))).toBe('invalid');
    });

    test('a watch lists, then tells every change of what it selects, also leaving and coming back', async () => {
      const stop = new AbortController();
      const events: string[] = [];
      const ended = cluster.port.watch(
        { ...query(), labelSelector: 'suite=watch' },
        { signal: stop.signal },
        (event) => {
          events.push('object' in event ? `${event.kind} ${event.object.metadata.name}` : event.kind);
        },
      );
      await expect.poll(() => events, POLL).toEqual(['restarted', 'synced']);
      const ref = configMapRef(cluster, 'w');
      valueOf(await cluster.port.create(configMap(cluster, 'w', {}, { labels: { suite: 'watch' } }), CALL));
      valueOf(await cluster.port.patchMerge(ref, { data: { a: '1' } }, CALL));
      valueOf(await cluster.port.patchMerge(ref, { metadata: { labels: { suite: 'other' } } }, CALL));
      valueOf(await cluster.port.patchMerge(ref, { metadata: { labels: { suite: 'watch' } } }, CALL));
      valueOf(await cluster.port.delete(ref, { ...CALL, preconditions: {} }));

      await expect
        .poll(() => events.slice(2), POLL)
        .toEqual(['added w', 'modified w', 'deleted w', 'added w', 'deleted w']);
      stop.abort();
      expect(await ended).toEqual({ ok: true, value: null });
    });

    test('a watch begins with what is there', async () => {
      const stop = new AbortController();
      const events: string[] = [];
      const ended = cluster.port.watch(query(), { signal: stop.signal }, (event) => {
        events.push('object' in event ? `${event.kind} ${event.object.metadata.name}` : event.kind);
        if (event.kind === 'synced') stop.abort();
      });

      expect(await ended).toEqual({ ok: true, value: null });
      expect(events.slice(0, 7)).toEqual([
        'restarted',
        ...['0', '1', '2', '3', '4'].map((index) => `present read-${index}`),
        'synced',
      ]);
    });

    test('a signal that fired', async () => {
      expect(
        codeOf(await cluster.port.get(configMapRef(cluster, 'read-0'), { ...CALL, signal: AbortSignal.abort() })),
      ).toBe('cancelled');
    });
  });
}

/** What the credentials may do. */
export function reviewSuite(target: Target): void {
  describe(`reviews: ${target.name}`, () => {
    let cluster: ClusterUnderTest;
    beforeAll(async () => {
      cluster = await target.start();
    });
    afterAll(() => cluster.stop());

    test('these credentials may list pods', async () => {
      const what = { verb: 'list', group: '', resource: 'pods', namespace: cluster.namespace };
      expect(valueOf(await cluster.port.mayI(what, CALL))).toBe(true);
      expect(
        valueOf(await cluster.port.mayI({ ...what, resource: 'pods', subresource: 'exec', verb: 'create' }, CALL)),
      ).toBe(true);
    });
  });
}
