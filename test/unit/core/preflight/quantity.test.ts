import { assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPodNeeds } from '../../../../src/core/kubernetes/pod-needs.ts';
import { amountWords, milliAmount, readResources } from '../../../../src/core/kubernetes/quantity.ts';
import { roomPod } from '../../../support/preflight/room.ts';

describe('amounts', () => {
  test.each([
    ['100m', 100],
    ['1', 1000],
    ['1.5', 1500],
    ['.5', 500],
    ['0.1', 100],
    ['2e3', 2_000_000],
    ['2E-3', 2],
    ['1E', 1e21],
    ['1500u', 2],
    ['1n', 1],
    ['1k', 1_000_000],
    ['1Ki', 1_024_000],
    ['1.5Gi', 1_610_612_736_000],
    ['0', 0],
    ['-1', -1000],
  ])('%s is %d thousandths', (text, milli) => {
    expect(milliAmount(text)).toBe(milli);
  });

  test.each(['', '.', 'm', 'Mi', '1 Gi', '1GB', '0x10', '1e', '1.2.3', '1e999', '１'])('%s is none', (text) => {
    expect(milliAmount(text)).toBeNull();
  });

  test('any text has an answer, and any whole amount is itself in every form', () => {
    assert(property(string(), (text) => milliAmount(text) === null || Number.isFinite(milliAmount(text))));
    const suffix = constantFrom(['m', 1], ['', 1e3], ['k', 1e6], ['Ki', 1024e3], ['Mi', 1024 ** 2 * 1e3]);
    assert(
      property(integer({ min: 0, max: 1e6 }), suffix, (amount, [name, factor]) => {
        expect(milliAmount(`${amount}${name}`)).toBe(amount * factor);
      }),
    );
  });

  test('what is no amount is left out, and amounts have words', () => {
    expect(readResources({ cpu: '250m', memory: 'much', pods: 110, 'nvidia.com/gpu': '2' })).toEqual({
      cpu: 250,
      pods: 110,
      'nvidia.com/gpu': 2,
    });
    expect(
      ['cpu', 'memory', 'ephemeral-storage', 'pods', 'nvidia.com/gpu'].map((name) => amountWords(name, 1000)),
    ).toEqual(['1 CPU', '1000 B memory', '1000 B disk', '1000 pods', '1000 nvidia.com/gpu']);
    expect(amountWords('cpu', 250)).toBe('0.25 CPUs');
  });
});

function needsOf(spec: Parameters<typeof roomPod>[0]['spec']) {
  return readPodNeeds(roomPod({ name: 'p', node: 'n', ...(spec === undefined ? {} : { spec }) }));
}

function container(cpu: string, more: object = {}) {
  return { name: cpu, resources: { requests: { cpu } }, ...more };
}

describe('what a pod needs', () => {
  test('containers together, init containers one by one, those that stay beside both, and overhead on top', () => {
    const { requests } = needsOf({
      containers: [container('200m'), container('300m')],
      initContainers: [container('100m', { restartPolicy: 'Always' }), container('900m')],
      overhead: { cpu: '10m' },
    });
    expect(requests).toEqual({ cpu: 1010, pods: 1 });
  });

  test('requests of the whole pod stand above those of its containers', () => {
    const { requests } = needsOf({ containers: [container('200m')], resources: { requests: { cpu: '1' } } });
    expect(requests).toEqual({ cpu: 1000, pods: 1 });
  });

  test('ports of the node, and its own kind that it keeps apart from', () => {
    const pod = readPodNeeds(
      roomPod({
        name: 'p',
        node: 'n',
        labels: { app: 'web' },
        ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }, { hostPort: 53, protocol: 'UDP' }],
        spec: {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } },
                { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'other' } } },
                { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } }, namespaces: ['elsewhere'] },
              ],
            },
          },
        },
      }),
    );
    // `spec` replaces nothing of the containers here: it has none of its own.
    expect(pod.hostPorts).toEqual(['TCP/8080', 'UDP/53']);
    expect(pod.apart.map(({ topologyKey }) => topologyKey)).toEqual(['zone']);
  });

  test('a pod without requests needs its place only', () => {
    expect(needsOf({ containers: null })).toEqual({ requests: { pods: 1 }, hostPorts: [], apart: [] });
  });
});
