import { describe, expect, test } from 'vitest';
import { nodeShellCleanup, withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { createNoAccess } from '../../../src/adapters/etcd/no-access.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { nodeShellName, nodeShellPod } from '../../../src/core/kubernetes/node-shell.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { SHELL, shellCluster } from '../../support/shell-cluster.ts';
import { shellContext } from '../../support/shell-context.ts';

const NO_ETCD = createNoAccess('not asked');
const PLACE = { node: 'cp-1', image: 'busybox:1.37' };

/** What the engine gives a cleanup. */
function cleaning({ port }: FakeKubernetes): Parameters<typeof nodeShellCleanup.restore>[0] {
  const { nowMs, pause, signal } = shellContext(port, 100_000);
  return { ports: { ...NO_PORTS, kubernetes: port, etcd: NO_ETCD }, nowMs, pause, signal };
}

test('runs programs of the node in its own root, and leaves nothing behind', async () => {
  const fake = shellCluster();
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
  expect(fake.read(SHELL)).toBeNull();
  expect(context.open.size).toBe(0);
});

test('work that throws leaves nothing behind either', async () => {
  const fake = shellCluster();
  const context = shellContext(fake.port, 1000);

  await expect(
    withNodeShell(context, PLACE, async () => await Promise.reject(new Error('the work broke'))),
  ).rejects.toThrow('the work broke');
  expect(fake.read(SHELL)).toBeNull();
  expect(context.open.size).toBe(0);
});

describe('its end', () => {
  test('is waited for: a pod that still goes is no pod that is gone', async () => {
    const fake = shellCluster({ endsAfter: 7 });
    const context = shellContext(fake.port, 100_000);
    await withNodeShell(context, PLACE, async () => await Promise.resolve(1));

    expect(fake.read(SHELL)).toBeNull();
    expect(context.open.size).toBe(0);
  });

  test('that does not come leaves the pod registered; the cleanup says what stays, where, and how to look', async () => {
    const fake = shellCluster({ endsAfter: Number.POSITIVE_INFINITY });
    const context = shellContext(fake.port, 100_000);
    const answer = await withNodeShell(context, PLACE, async () => await Promise.resolve('worked'));

    expect(answer).toEqual({ ok: true, value: 'worked' });
    expect(context.open).toEqual(new Set(['node-shell/cp-1']));
    const uid = fake.read(SHELL)?.metadata.uid;
    const why = await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name, run: context.runId });
    expect(why).toContain(`drydock-node-shell/${SHELL.name} (uid ${uid}) is still there 60 s after it was deleted`);
    expect(why).toContain(`kubectl -n drydock-node-shell get pod ${SHELL.name} -o wide`);
    fake.finish(SHELL);
    expect(await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name, run: context.runId })).toBeNull();
  });

  test.each([
    ['unreachable', 'notYet'],
    ['unknown-outcome', 'notYet'],
    ['forbidden', 'in vain'],
  ] as const)('that cannot be asked for, %s: %s; the command by hand is told', async (code, how) => {
    const fake = shellCluster();
    const context = shellContext(fake.port, 100_000);
    fake.fail({ method: 'delete', error: { code: 'unreachable', message: 'no connection' } });
    await withNodeShell(context, PLACE, async () => await Promise.resolve(1));
    fake.fail({ method: 'get', error: { code, message: 'no answer' } });

    const answer = await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name, run: context.runId });
    const told = answer !== null && typeof answer === 'object' ? ['notYet', answer.notYet] : ['in vain', answer];
    const words = `could not be read: no answer. By hand: kubectl -n drydock-node-shell delete pod ${SHELL.name}`;
    expect(told).toEqual([how, expect.stringContaining(words)]);
    expect(await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name, run: context.runId })).toBeNull();
  });

  test('is of the very pod: another of its name is neither waited for nor deleted', async () => {
    const fake = shellCluster({ endsAfter: Number.POSITIVE_INFINITY });
    const context = shellContext(fake.port, 100_000);
    const pause = async (ms: number) => {
      fake.finish(SHELL);
      fake.put(podOfAnother());
      await context.pause(ms);
    };
    await withNodeShell({ ...context, pause }, PLACE, async () => await Promise.resolve(1));

    expect(context.open.size).toBe(0);
    expect(fake.read(SHELL)?.metadata.deletionTimestamp).toBeUndefined();
  });

  test('is asked for, and not waited for, when the step was stopped', async () => {
    const fake = shellCluster({ endsAfter: Number.POSITIVE_INFINITY });
    const stopped = new AbortController();
    const context = { ...shellContext(fake.port, 100_000), signal: stopped.signal };
    await withNodeShell(context, PLACE, async () => await Promise.resolve(stopped.abort('shutdown')));

    expect(fake.read(SHELL)?.metadata.deletionTimestamp).toBeDefined();
    expect(context.open).toEqual(new Set(['node-shell/cp-1']));
    expect(context.nowMs()).toBe(0);
  });
});

test('without the namespace it says so; a pod that could not be deleted stays registered and the cleanup takes it', async () => {
  const bare = createFakeKubernetes();
  bare.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'cp-1' } });
  const none = shellContext(bare.port, 1000);
  expect(await withNodeShell(none, PLACE, async () => await Promise.resolve(1))).toMatchObject({
    ok: false,
    why: expect.stringContaining('could not be created'),
  });

  const fake = shellCluster();
  const context = shellContext(fake.port, 1000);
  fake.fail({ method: 'delete', error: { code: 'unreachable', message: 'gone for lunch' } });
  await withNodeShell(context, PLACE, async () => await Promise.resolve(1));
  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
  expect(fake.read(SHELL)).not.toBeNull();

  expect(await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name })).toBeNull();
  expect(await nodeShellCleanup.restore(cleaning(fake), { name: SHELL.name })).toBeNull();
  expect(fake.read(SHELL)).toBeNull();
});

test('a pod that another run made under this name is neither used nor deleted', async () => {
  const fake = shellCluster();
  fake.put(podOfAnother());

  const answer = await withNodeShell(shellContext(fake.port, 1000), PLACE, async () => await Promise.resolve(1));

  expect(answer).toMatchObject({ ok: false, why: expect.stringContaining('not the one that this run created') });
  expect(fake.read(SHELL)).not.toBeNull();
});

test('who lost the run deletes nothing: its successor may use the pod', async () => {
  const fake = shellCluster();
  const lost = new AbortController();
  const context = { ...shellContext(fake.port, 1000), signal: lost.signal };
  await withNodeShell(context, PLACE, async () => await Promise.resolve(lost.abort('lease-lost')));

  expect(fake.read(SHELL)).not.toBeNull();
  expect(context.open).toEqual(new Set(['node-shell/cp-1']));
});

test('a creation of unknown outcome stays registered as long as no pod was seen', async () => {
  const fake = shellCluster();
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
      terminationGracePeriodSeconds: 1,
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

function podOfAnother(): JsonObject {
  const metadata = { name: SHELL.name, namespace: SHELL.namespace, labels: { 'drydock.dev/run': 'another-run' } };
  return { ...nodeShellPod({ run: 'another-run', ...PLACE }), metadata };
}
