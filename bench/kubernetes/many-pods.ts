import { z } from 'zod';
import type { LocalApi, LocalRequest } from '../../playground/kubernetes/contracts.ts';

/** Where the pods are. Nothing else is there. */
export const NAMESPACE = 'bench';

/** Writes that are under way at once. */
const AT_ONCE = 16;
/** A busy etcd may not answer in time. All writes here may be repeated: the same once more changes nothing and is no event. */
const TRIES = 5;

/**
 * Makes so many pods as objects. They wait for a gate of their scheduling, so that nothing runs them and nothing changes them.
 *
 * @throws Error when the API server refuses one.
 */
export async function createPods(api: LocalApi, count: number): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await send(api, { method: 'POST', path: '/api/v1/namespaces', body: namespace });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: NAMESPACE } };
  const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await send(api, { method: 'POST', path: accounts, body: account });
  await eachAtOnce(count, async (index) => {
    await send(api, { method: 'POST', path: `/api/v1/namespaces/${NAMESPACE}/pods`, body: podOf(index) });
  });
}

/** Changes an annotation of every pod once. */
export async function changePods(api: LocalApi, count: number, value: string): Promise<void> {
  await eachAtOnce(count, async (index) => {
    await send(api, {
      method: 'PATCH',
      path: `/api/v1/namespaces/${NAMESPACE}/pods/${nameOf(index)}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { 'bench/change': value } } },
    });
  });
}

const List = z.object({ items: z.array(z.unknown()) });

/** Bytes of a pod as JSON, by the first hundred. */
export async function bytesOfPod(api: LocalApi): Promise<number> {
  const { body } = await api.request({ method: 'GET', path: `/api/v1/namespaces/${NAMESPACE}/pods?limit=100` });
  const { items } = List.parse(body);
  return Math.round(JSON.stringify(items).length / items.length);
}

async function eachAtOnce(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  async function work(): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      await act(index);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function send(api: LocalApi, request: LocalRequest): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, body } = await api.request({ agent: 'bench', ...request });
    if (status < 300 || status === 409) return;
    if (status < 500 || attempt === TRIES)
      throw new Error(`${request.method} ${request.path}: ${status} ${JSON.stringify(body)}`);
  }
}

function nameOf(index: number): string {
  return `web-${String(index).padStart(5, '0')}`;
}

/** As large as pods of web services are. */
function podOf(index: number): object {
  const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, timeoutSeconds: 2 };
  const env = Array.from({ length: 20 }, (_, at) => ({ name: `SETTING_${at}`, value: `value-${index}-${at}` }));
  const container = {
    name: 'web',
    image: 'registry.example.com/shop/web:1.24.3',
    args: ['--listen=:8080', '--log-format=json'],
    env,
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    livenessProbe: probe,
    readinessProbe: probe,
    volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: nameOf(index),
      labels: {
        app: 'web',
        'app.kubernetes.io/name': 'web',
        'app.kubernetes.io/part-of': 'shop',
        shard: String(index % 50),
      },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
    },
    spec: {
      schedulingGates: [{ name: 'bench.example.com/never' }],
      containers: [container],
      volumes: [{ name: 'scratch', emptyDir: {} }],
      tolerations: [{ key: 'spot', operator: 'Exists', effect: 'NoSchedule' }],
    },
  };
}
