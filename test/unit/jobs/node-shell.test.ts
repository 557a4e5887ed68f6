import { expect, test } from 'vitest';
import { nodeShellCleanup, withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import { nodeShellName, nodeShellPod } from '../../../src/core/kubernetes/node-shell.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { shellContext } from '../../support/shell-context.ts';

const NO_ETCD = createNoAccess('not asked');
const PLACE = { node: 'cp-1', image: 'busybox:1.37' };
const NAME = nodeShellName({ run: 'backup-prod-7f3k', node: 'cp-1' });
const REF = { apiVersion: 'v1', kind: 'Pod', namespace: 'drydock-node-shell', name: NAME };

/** A cluster whose kubelet starts every shell at once. */
function cluster(starts = true): FakeKubernetes {
  const fake = createFakeKubernetes();
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'drydock-node-shell' } });
  if (!starts) return fake;
  const port = {
    ...fake.port,
    create: async (...args: Parameters<typeof fake.port.create>) => {
      const answer = await fake.port.create(...args);
      const pod = fake.read(REF);
      if (pod !== null)
        fake.put({
          ...JSON.parse(JSON.stringify(pod)),
          status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] },
        });
      return answer;
    },
  };
  return { ...fake, port };
}

test('runs programs of the node in its own root, and leaves nothing behind', async () => {
  const fake = cluster();
  const context = shellContext(fake.port, 1000);
  const argv: (readonly string[])[] = [];
  fake.programs({
    exec: (request) => {
      argv.push(request.argv);
      return { ok: true, value: { exitCode: 0, stdout: Buffer.from('etcd.yaml\n'), stderr: new Uint8Array() } };
    },
  });

  const answer = await withNodeShell(context, PLACE, async (shell) => {
    expect(context.open).toEqual(new Set(['node-shell/cp-1']));
    const listed = await shell.run(['ls', '/etc/kubernetes/manifests'], { timeoutMs: 1000 });
    return listed.ok ? Buffer.from(listed.value.stdout).toString() : listed.error.message;
  });

  expect(answer).toEqual({ ok: true, value: 'etcd.yaml\n' });
  expect(argv).toEqual([['chroot', '/host', 'ls', '/etc/kubernetes/manifests']]);
  expect(fake.read(REF)).toBeNull();
  expect(context.open.size).toBe(0);
});

test('work that throws leaves nothing behind either', async () => {
  const fake = cluster();
  const context = shellContext(fake.port, 1000);

  await expect(
    withNodeShell(context, PLACE, async () => await Promise.reject(new Error('the work broke'))),
  ).rejects.toThrow('the work broke');
  expect(fake.read(REF)).toBeNull();
  expect(context.open.size).toBe(0);
});

test('a shell that never starts says what was seen, and is taken away', async () => {
  const fake = cluster(false);
  const context = shellContext(fake.port, 100_000);

  const answer = await withNodeShell(context, PLACE, async () => await Promise.resolve('unreachable'));

  expect(answer).toMatchObject({ ok: false, why: expect.stringMatching(/on cp-1 did not start within 120 s: /) });
  expect(fake.read(REF)).toBeNull();
  expect(context.open.size).toBe(0);
});

test('without the namespace it says so; a pod that could not be deleted stays registered and the cleanup takes it', async () => {
  const none = shellContext(createFakeKubernetes().port, 1000);
  expect(await withNodeShell(none, PLACE, async () => await Promise.resolve(1))).toMatchObject({
    ok: false,
    why: expect.stringContaining('could not be created'),
  });

  const fake = cluster();
  const context = shellContext(fake.port, 1000);
  fake.fail({ method: 'delete', error: { code: 'unreachable', message: 'gone for lunch' } });
  await withNodeShell(context, PLACE, async () => await Promise.resolve(1));
  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
  expect(fake.read(REF)).not.toBeNull();

  const ports = { kubernetes: fake.port };
  const { signal } = new AbortController();
  expect(await nodeShellCleanup.restore({ ports: { ...ports, etcd: NO_ETCD }, signal }, { name: NAME })).toBeNull();
  expect(await nodeShellCleanup.restore({ ports: { ...ports, etcd: NO_ETCD }, signal }, { name: NAME })).toBeNull();
  expect(fake.read(REF)).toBeNull();
});

test('a pod that another run made under this name is neither used nor deleted', async () => {
  const fake = cluster(false);
  const pod = nodeShellPod({ run: 'another-run', ...PLACE });
  fake.put({
    ...pod,
    metadata: { name: NAME, namespace: REF.namespace, labels: { 'drydock.dev/run': 'another-run' } },
  });

  const answer = await withNodeShell(shellContext(fake.port, 1000), PLACE, async () => await Promise.resolve(1));

  expect(answer).toMatchObject({ ok: false, why: expect.stringContaining('not the one that this run created') });
  expect(fake.read(REF)).not.toBeNull();
});

test('who lost the run deletes nothing: its successor may use the pod', async () => {
  const fake = cluster();
  const lost = new AbortController();
  const context = { ...shellContext(fake.port, 1000), signal: lost.signal };
  await withNodeShell(context, PLACE, async () => await Promise.resolve(lost.abort('lease-lost')));

  expect(fake.read(REF)).not.toBeNull();
  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
});

test('a creation of unknown outcome stays registered as long as no pod was seen', async () => {
  const fake = cluster(false);
  fake.fail({ method: 'create', error: { code: 'unknown-outcome', message: 'no answer' } });
  const context = shellContext(fake.port, 100_000);
  await withNodeShell(context, PLACE, async () => await Promise.resolve(1));

  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
});

test('nodes whose names differ in a dot have pods of their own', () => {
  expect(nodeShellName({ run: 'r', node: 'a.b' })).not.toBe(nodeShellName({ run: 'r', node: 'a-b' }));
});

test('the pod is pinned, tolerates everything, ends by itself and holds no token; long names stay names', () => {
  const pod = nodeShellPod({ run: 'r', node: 'n', image: 'i' });

  expect(pod).toMatchObject({
    spec: {
      nodeName: 'n',
      tolerations: [{ operator: 'Exists' }],
      activeDeadlineSeconds: 3600,
      automountServiceAccountToken: false,
      containers: [{ securityContext: { privileged: true } }],
    },
  });
  expect(long('ip-10-0-0-1')).toMatch(/^[a-z0-9-]{1,63}$/);
  expect(long('ip-10-0-0-1')).not.toBe(long('ip-10-0-0-2'));
});

function long(node: string): string {
  return nodeShellName({ run: 'upgrade-some-cluster-7f3k', node: `${node}.eu-west-1.compute.internal` });
}
