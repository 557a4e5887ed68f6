import { expect, test } from 'vitest';
import { standingChecks } from '../../../src/app/standing-checks.ts';
import type { KubernetesErrorCode } from '../../../src/core/ports/kubernetes.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';

const NEVER = new AbortController().signal;

test.each([
  'forbidden',
  'unauthorized',
  'unknown-outcome',
  'server-error',
  'throttled',
  'unreachable',
] as const satisfies readonly KubernetesErrorCode[])(
  'a list that fails (%s) is a warning, without the words of the server',
  async (code) => {
    const fake = createFakeKubernetes();
    fake.fail({ method: 'list', error: { code, message: 'list pods: dial tcp 10.0.0.1:6443' } });

    const checks = await standingChecks(fake.port, NEVER);

    expect(checks).toMatchObject([
      { id: 'hosts-unseen', verdict: 'warn', title: 'It cannot be seen whether this cluster hosts Drydock' },
    ]);
    expect(JSON.stringify(checks)).not.toMatch(/dial tcp|list pods:/);
  },
);

test.each(['not-configured', 'cancelled'] as const)(
  'nothing is said where there is no way to ask (%s), or no pod',
  async (code) => {
    const fake = createFakeKubernetes();
    expect(await standingChecks(fake.port, NEVER)).toEqual([]);
    fake.fail({ method: 'list', error: { code, message: 'no kubeconfig' } });
    expect(await standingChecks(fake.port, NEVER)).toEqual([]);
  },
);
