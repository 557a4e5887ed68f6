import { expect, test } from 'vitest';
import { createFakeKubernetes, type FakeExec } from '../../fakes/kubernetes.ts';
import { CALL, codeOf, valueOf } from './cluster-under-test.ts';

// What the fake offers beyond the suites that it shares with real servers.

const POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', name: 'etcd-cp-1' };
const OBJECT = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'kube-system', name: 'etcd-cp-1', labels: { component: 'etcd' } },
  spec: { nodeName: 'cp-1' },
  status: { phase: 'Running' },
};

test('a fault hits the calls it names, as often as it says; done all the same if it says so', async () => {
  const fake = createFakeKubernetes();
  fake.put(OBJECT);
  const error = { code: 'unknown-outcome', message: 'lost' } as const;
  fake.fail({ method: 'get', times: 2, when: ({ detail }) => detail.includes('etcd-cp-1'), error });
  fake.fail({ method: 'delete', happens: true, error });

  expect(codeOf(await fake.port.get({ ...POD, name: 'other' }, CALL))).toBe('not-found');
  expect(codeOf(await fake.port.get(POD, CALL))).toBe('unknown-outcome');
  expect(codeOf(await fake.port.get(POD, CALL))).toBe('unknown-outcome');
  expect(codeOf(await fake.port.get(POD, CALL))).toBe('ok');
  expect(codeOf(await fake.port.delete(POD, { ...CALL, preconditions: {} }))).toBe('unknown-outcome');
  expect(fake.read(POD)?.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
  fake.finish(POD);
  expect(fake.read(POD)).toBeNull();
  expect(fake.calls.map(({ method, detail }) => `${method} ${detail}`)).toEqual([
    'get Pod kube-system/other',
    'get Pod kube-system/etcd-cp-1',
    'get Pod kube-system/etcd-cp-1',
    'get Pod kube-system/etcd-cp-1',
    'delete Pod kube-system/etcd-cp-1',
  ]);
});

test('a held call waits; a right that is taken away is missed by calls and by mayI', async () => {
  const fake = createFakeKubernetes();
  fake.put(OBJECT);
  const release = fake.hold('get');
  const stop = new AbortController();
  const cancelled = fake.port.get(POD, { ...CALL, signal: stop.signal });
  const waiting = fake.port.get(POD, CALL);
  stop.abort();
  expect(codeOf(await cancelled)).toBe('cancelled');
  release();
  expect(codeOf(await waiting)).toBe('ok');

  fake.forbid({ verb: 'create', resource: 'pods/exec', namespace: 'kube-system' });
  expect(codeOf(await fake.port.exec(POD, ['true'], CALL))).toBe('forbidden');
  const what = { verb: 'create', group: '', resource: 'pods', subresource: 'exec' };
  expect(valueOf(await fake.port.mayI({ ...what, namespace: 'kube-system' }, CALL))).toBe(false);
  expect(valueOf(await fake.port.mayI({ ...what, namespace: 'default' }, CALL))).toBe(true);
  await fake.port.close();
  expect(codeOf(await fake.port.get(POD, CALL))).toBe('cancelled');
});

test('programs, logs and ports do what the test says; without that, nothing is there', async () => {
  const fake = createFakeKubernetes();
  const pod = fake.put(OBJECT);
  const ref = { namespace: 'kube-system', name: 'etcd-cp-1', uid: pod.metadata.uid };
  expect(codeOf(await fake.port.exec(ref, ['etcdctl'], CALL))).toBe('refused');
  expect(codeOf(await fake.port.forward(ref, 2379, CALL))).toBe('server-error');
  const ran: FakeExec[] = [];
  fake.programs({
    exec: (request) => {
      ran.push(request);
      return { ok: true, value: { exitCode: 3, stdout: Buffer.alloc(100_000, 'x'), stderr: Buffer.from('e') } };
    },
    logs: () => 'a line\n',
  });
  const chunks: number[] = [];
  const streamed = await fake.port.execStream(ref, ['etcdctl', 'x'], { ...CALL, container: 'etcd' }, async (chunk) => {
    chunks.push(chunk.length);
  });

  expect(valueOf(streamed)).toEqual({ exitCode: 3, stderr: Buffer.from('e') });
  expect(chunks).toEqual([32_768, 32_768, 32_768, 1696]);
  expect(ran).toEqual([{ pod: ref, argv: ['etcdctl', 'x'], container: 'etcd', stdin: null }]);
  expect(codeOf(await fake.port.exec(ref, ['x'], { ...CALL, maxBytes: 10 }))).toBe('too-large');
  expect(valueOf(await fake.port.logs(ref, CALL))).toBe('a line\n');
  expect(codeOf(await fake.port.exec({ ...ref, uid: 'another' }, ['x'], CALL))).toBe('conflict');
  expect(codeOf(await fake.port.exec({ ...ref, name: 'none' }, ['x'], CALL))).toBe('not-found');
});

test('watches that lose their past begin again; a kind can be added', async () => {
  const fake = createFakeKubernetes();
  fake.addKind({
    apiVersion: 'x.example.com/v1',
    kind: 'Machine',
    resource: 'machines',
    namespaced: false,
    subresources: [],
  });
  fake.put({ apiVersion: 'x.example.com/v1', kind: 'Machine', metadata: { name: 'm' } });
  const events: string[] = [];
  const stop = new AbortController();
  const query = { apiVersion: 'x.example.com/v1', kind: 'Machine', namespace: null };
  const ended = fake.port.watch(query, { signal: stop.signal }, ({ kind }) => events.push(kind));
  await expect.poll(() => events).toEqual(['restarted', 'present', 'synced']);
  fake.restartWatches();
  await expect.poll(() => events.length).toBe(6);
  stop.abort();

  expect(await ended).toEqual({ ok: true, value: null });
});
