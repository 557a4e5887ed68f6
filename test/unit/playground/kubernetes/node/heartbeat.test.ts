import { expect, test } from 'vitest';
import { startHeartbeat } from '../../../../../playground/kubernetes/node/heartbeat.ts';
import type { Answer, NodeApi } from '../../../../../playground/kubernetes/node/node-api.ts';

const PLACE = { name: 'n-1', address: '127.0.0.1', directory: '/nowhere', port: (port: number) => port };
const FACTS = { place: PLACE, kubeletVersion: 'v1.36.2', labels: {}, taints: [], podRange: '10.244.1.0/24' };
const NOT_FOUND: Answer = { status: 404, body: null };

/** An API server that answers a look at the node only when it is told to. */
function slowApi() {
  const looks: PromiseWithResolvers<Answer>[] = [];
  const calls: string[] = [];
  const api: NodeApi = {
    async call(method, path) {
      calls.push(`${method} ${path}`);
      if (method !== 'GET') return { status: 201, body: {} };
      const look = Promise.withResolvers<Answer>();
      looks.push(look);
      return await look.promise;
    },
    patchStatus: async () => await Promise.resolve(NOT_FOUND),
    remove: async () => await Promise.resolve(NOT_FOUND),
    followPods: async () => await Promise.resolve(),
  };
  return { api, looks, calls };
}

test.each([
  [false, ['GET /api/v1/nodes/n-1', 'POST /api/v1/nodes']],
  [true, ['GET /api/v1/nodes/n-1']],
])(
  'a kubelet registers a node that is not there; not when it was stopped while it looked: %s',
  async (stopped, made) => {
    const { api, looks, calls } = slowApi();
    const stop = new AbortController();
    const heart = startHeartbeat(api, FACTS, 1, stop.signal, () => undefined);

    if (stopped) stop.abort();
    looks[0]?.resolve(NOT_FOUND);
    await Promise.resolve();
    await expect.poll(() => calls.length).toBeGreaterThanOrEqual(made.length);
    stop.abort();
    await heart.done;

    expect(calls).toEqual(made);
  },
);
