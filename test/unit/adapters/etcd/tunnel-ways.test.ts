import { expect, test } from 'vitest';
import { openWays } from '../../../../src/adapters/etcd/tunnel-ways.ts';
import type { KubernetesCall, KubernetesPort } from '../../../../src/core/ports/kubernetes.ts';

const CALL = { timeoutMs: 15_000 };
const URL = 'https://10.0.0.11:2379';

interface Ask {
  readonly pod: string;
  readonly call: KubernetesCall;
}

/** Pods to which ways lead; `down`: they are away. */
function scene() {
  const asked: Ask[] = [];
  const closed: number[] = [];
  const down = new Set<string>();
  const time = { ms: 0 };
  const forward: KubernetesPort['forward'] = async (pod, _port, call) => {
    asked.push({ pod: pod.name, call });
    const localPort = 40_000 + asked.length;
    await Promise.resolve();
    if (down.has(pod.name)) return { ok: false, error: { code: 'unreachable', message: 'no answer in time' } };
    return { ok: true, value: { localPort, close: async () => await Promise.resolve(void closed.push(localPort)) } };
  };
  return { asked, closed, down, time, ways: openWays({ kubernetes: { forward }, nowMs: () => time.ms }) };
}

function place(name: string) {
  return { pod: { namespace: 'kube-system', name }, url: URL, port: 2379 };
}

test('a way leads to the pod of that name: another pod at the same address gets a way of its own, the former is closed', async () => {
  const { asked, closed, ways } = scene();
  await ways.ensure(place('etcd-a'), CALL);
  const before = ways.version();
  await ways.ensure(place('etcd-a'), CALL);
  expect(asked).toHaveLength(1);

  expect(await ways.ensure(place('etcd-b'), CALL)).toEqual({ ok: true, value: null });
  expect(closed).toEqual([40_001]);
  expect(ways.at(URL)?.localPort).toBe(40_002);
  expect(ways.version()).not.toBe(before);
});

test('two who come at once open one way', async () => {
  const { asked, ways } = scene();
  await Promise.all([ways.ensure(place('etcd-a'), CALL), ways.ensure(place('etcd-a'), CALL)]);

  expect(asked).toHaveLength(1);
});

test('a pod that is away costs a short wait, and none again for 10 s', async () => {
  const { asked, down, time, ways } = scene();
  down.add('etcd-a');
  expect(await ways.ensure(place('etcd-a'), CALL)).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  time.ms = 9_999;
  expect(await ways.ensure(place('etcd-a'), CALL)).toMatchObject({ ok: false, error: { code: 'unreachable' } });
  expect(asked.map(({ call }) => call.timeoutMs)).toEqual([5000]);

  down.clear();
  time.ms = 10_000;
  expect(await ways.ensure(place('etcd-a'), CALL)).toEqual({ ok: true, value: null });
});

test('a way that comes about while all are being closed is closed too', async () => {
  const { closed, ways } = scene();
  const coming = ways.ensure(place('etcd-a'), CALL);
  await ways.close();

  expect(await coming).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  expect(closed).toEqual([40_001]);
});
