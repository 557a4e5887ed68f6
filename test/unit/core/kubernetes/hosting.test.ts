import { describe, expect, test } from 'vitest';
import { hostingCheck, type InstalledPod, installedPod } from '../../../../src/core/kubernetes/hosting.ts';

function pod(component: string | null, { namespace = 'drydock', phase = 'Running' } = {}): InstalledPod {
  const labels = { 'app.kubernetes.io/part-of': 'drydock' };
  return {
    namespace,
    labels: component === null ? labels : { ...labels, 'app.kubernetes.io/component': component },
    phase,
  };
}

const MEANS = {
  redis: 'while Redis is away nothing goes on, no button works, and a call under way is looked at when it is back',
  worker: 'while no worker is there the run stands still, then goes on; nothing is done twice',
  bot: 'while no bot is there the run goes on, but no card is kept current and no button works',
};

describe('a cluster that hosts Drydock is warned of, with what each part means for the run', () => {
  test.each([
    ['the whole', ['bot', 'worker', 'redis'], 'Drydock and its Redis', ['redis', 'worker', 'bot']],
    ['Redis alone', ['redis'], "Drydock's Redis", ['redis']],
    ['workers alone', ['worker'], 'Drydock', ['worker']],
    ['bots alone', ['bot'], 'Drydock', ['bot']],
    ['a part that we do not know', ['mirror'], 'Drydock', ['worker']],
    ['a pod without the name of its part', [null], 'Drydock', ['worker']],
  ] as const)('%s', (_name, components, what, told) => {
    const check = hostingCheck(components.map((component) => pod(component)));

    expect(check).toMatchObject({ id: 'hosts-drydock', verdict: 'warn', title: `This cluster hosts ${what}` });
    expect(check?.evidence.split('. Seen ')[0]).toBe(told.map((part) => MEANS[part]).join('; '));
  });
});

test('where it was seen is counted by namespace and part', () => {
  const pods = [pod('worker'), pod('bot'), pod('worker'), pod(null, { namespace: 'staging' })];

  expect(hostingCheck(pods)?.evidence.split('. Seen ')[1]).toBe(
    'in the namespace drydock: bot (1 pod), worker (2 pods); in the namespace staging: others (1 pod)',
  );
});

test.each(['Succeeded', 'Failed'])('pods that have ended (%s) host nothing', (phase) => {
  expect(hostingCheck([pod('worker', { phase })])).toBeNull();
  expect(hostingCheck([pod('worker', { phase }), pod('redis')])?.title).toBe("This cluster hosts Drydock's Redis");
});

test('no pod, no warning', () => {
  expect(hostingCheck([])).toBeNull();
});

test.each([
  [{ phase: 'Pending' }, 'Pending'],
  [{}, ''],
  [undefined, ''],
  [{ phase: 7 }, ''],
] as const)('a pod with the status %j is read as in phase %j, and never throws', (status, phase) => {
  const metadata = { namespace: 'drydock', name: 'p', uid: 'u', resourceVersion: '1' };

  expect(installedPod({ apiVersion: 'v1', kind: 'Pod', metadata, status })).toEqual({
    namespace: 'drydock',
    labels: {},
    phase,
  });
});
