import { expect, test } from 'vitest';
import { kubernetesFailure } from '../../../../src/adapters/etcd/kubernetes-failure.ts';

const GONE = 'container not found ("etcd")';

test('words about a container that is gone mean "not started" only in an answer that came instead of a start', () => {
  for (const code of ['server-error', 'refused', 'invalid', 'not-found', 'conflict'] as const)
    expect(kubernetesFailure({ code, message: GONE }, 'Defragment', false)).toMatchObject({
      code: 'unreachable',
      refusesConnections: true,
    });
  const lost = {
    code: 'unknown-outcome',
    message: 'container etcd terminated; the program may still be running',
  } as const;

  expect(kubernetesFailure(lost, 'Defragment', false)).toEqual({
    code: 'unknown-outcome',
    message: `Defragment: ${lost.message}`,
  });
});
