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

test.each([
  [429, 'throttled', false, true],
  [404, 'no-such-kind', false, true],
  [404, 'not-found', false, true],
  [400, 'invalid', false, true],
  [409, 'conflict', false, true],
  // Behind a 5xx somebody may have begun: only of a look is it certain that nothing was changed.
  [500, 'server-error', false, undefined],
  [503, 'server-error', false, undefined],
  [500, 'server-error', true, true],
  [429, 'throttled', true, true],
] as const)(
  'an answer %i (%s) of the API server instead of the call, read only: %s',
  (status, code, readOnly, told) => {
    const error = kubernetesFailure({ code, status, message: 'so it says' }, 'Call', readOnly);

    expect(error.apiRefused).toBe(told);
    expect(error.code).toBe(told === true ? 'unreachable' : 'unknown-outcome');
  },
);

test.each([
  [{ code: 'unreachable', message: 'nothing was sent' }],
  [{ code: 'conflict', message: 'another pod has this name now' }],
  [{ code: 'server-error', status: 500, message: 'error dialing backend: dial tcp 10.0.0.3:10250: i/o timeout' }],
  [{ code: 'server-error', status: 500, message: GONE }],
  [{ code: 'forbidden', status: 403, message: 'not allowed' }],
] as const)('no refusal by the API: %o', (error) => {
  expect(kubernetesFailure(error, 'Look', true).apiRefused).toBeUndefined();
});
