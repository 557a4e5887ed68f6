import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';
import { startAnsweringProxy } from '../../support/answering-proxy.ts';
import { startApiScene } from '../../support/api-scene.ts';
import { kubeconfigText } from '../../support/scripted-api.ts';
import { codeOf, valueOf } from './cluster-under-test.ts';

// A server that refuses for now and says when to come back: the fake and the adapter before the playground's API server.

/** A cluster whose Leases are refused for a while. */
interface Throttled {
  readonly port: KubernetesPort;
  /** The next so many calls of one method are answered 429, with so many seconds to wait. */
  throttle(method: 'get' | 'list' | 'create', times: number, seconds: number): void;
  stop(): Promise<void>;
}

const CALL = { timeoutMs: 10_000 };
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default' } as const;
const MESSAGE = 'too many requests, please try again later';

async function fakeCluster(): Promise<Throttled> {
  const fake = createFakeKubernetes();
  fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return {
    port: fake.port,
    throttle(method, times, seconds) {
      const error = { code: 'throttled', message: MESSAGE, status: 429, retryAfterMs: seconds * 1000 } as const;
      fake.fail({ method, times, error });
    },
    stop: () => fake.port.close(),
  };
}

async function apiServer(): Promise<Throttled> {
  const scene = await startApiScene();
  const proxy = await startAnsweringProxy({ server: scene.server().url, ...scene.admin });
  const kubeconfig = join(scene.ring.directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText({ server: proxy.url }, {}));
  const port = openKubernetes({ kubeconfig, environment: {} });
  return {
    port,
    throttle(method, times, seconds) {
      const verb = method === 'create' ? 'POST' : 'GET';
      proxy.rule({
        when: (request) => request.method === verb && request.path.includes('/leases'),
        times,
        answer: { status: 429, reason: 'TooManyRequests', message: MESSAGE, retryAfter: seconds },
      });
    },
    async stop() {
      await port.close();
      await proxy.close();
      await scene.stop();
    },
  };
}

describe.each([
  ['fake', fakeCluster],
  ['adapter on the playground API server', apiServer],
] as const)('a server that refuses for now: %s', (_name, start) => {
  let cluster: Throttled;
  let number = 0;
  beforeAll(async () => {
    cluster = await start();
  }, 60_000);
  afterAll(() => cluster.stop());
  beforeEach(() => {
    number += 1;
  });

  function lease() {
    const { namespace, ...kind } = LEASE;
    return { ...kind, metadata: { namespace, name: `lease-${number}` }, spec: { holderIdentity: 'contract' } };
  }

  test('a change that was refused for now is made once, and seen by the next read, which waits too', async () => {
    cluster.throttle('create', 2, 1);
    const made = valueOf(await cluster.port.create(lease(), CALL));
    cluster.throttle('get', 1, 1);
    const got = valueOf(await cluster.port.get({ ...LEASE, name: made.metadata.name }, CALL));
    cluster.throttle('list', 1, 1);
    const { items } = valueOf(await cluster.port.list(LEASE, CALL));

    expect(got.metadata.uid).toBe(made.metadata.uid);
    expect(items.map(({ metadata }) => metadata.name)).toContain(made.metadata.name);
  });

  test('a time that does not fit is answered at once, with the time; nothing was changed', async () => {
    cluster.throttle('create', 1, 6);
    const refused = await cluster.port.create(lease(), CALL);

    expect(refused).toMatchObject({ ok: false, error: { code: 'throttled', retryAfterMs: 6000 } });
    expect(codeOf(await cluster.port.get({ ...LEASE, name: `lease-${number}` }, CALL))).toBe('not-found');
  });
});
