import { describe, expect, test } from 'vitest';
import type { EtcdError, EtcdPort } from '../../../src/core/ports/etcd.ts';
import { atTurn, defragScene, portError } from '../../support/defrag-scene.ts';

const RULE = 'get pods/exec etcd-m-1 in namespace kube-system is not allowed for ops; add `create` on `pods/exec`';
const REFUSED = portError('access-refused', RULE);
const UNUSABLE = portError('access-unusable', 'kubeconfig /etc/prod has no context prod-admin; it has none');

/** A port that from some moment on answers every call with the same error. */
function closable(port: EtcdPort) {
  const door: { shut: EtcdError | null } = { shut: null };
  const gated = new Proxy(port, {
    get(target, name: keyof EtcdPort) {
      return async (...given: never[]) => {
        if (door.shut !== null && name !== 'close') return { ok: false, error: door.shut };
        const call: unknown = target[name];
        return typeof call === 'function' ? await Reflect.apply(call, target, given) : undefined;
      };
    },
  });
  return { door, gated };
}

/** A run whose access is taken away at its n-th turn, while the call of that turn itself goes through. */
async function shutAfterTurn(nth: number, error: EtcdError) {
  const holder: { door: { shut: EtcdError | null } } = { door: { shut: null } };
  const scene = await atTurn(
    nth,
    ({ harness }) => void harness.clock.sleep(3000).then(() => (holder.door.shut = error)),
    {
      etcd: { leader: 'm-1' },
      wrap: (port) => {
        const { door, gated } = closable(port);
        holder.door = door;
        return gated;
      },
    },
  );
  return scene;
}

describe('access that is gone in the middle of a run has a reason of its own', () => {
  test.each([
    [REFUSED, 'The cluster refuses Drydock'],
    [UNUSABLE, 'The access to the cluster cannot be used'],
  ])('between two turns: %o', async (error, words) => {
    const scene = await shutAfterTurn(1, error);

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused' });
    expect(end.note).toContain(`${words}: ${error.message}`);
    expect(end.note).not.toContain('does not answer');
    expect(scene.turns()).toEqual(['m-2']);
  });

  test('a call that is refused: not done, and no word of etcd', async () => {
    const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: REFUSED });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused' });
    expect(end.note).toContain(`The call was refused: ${RULE}`);
    expect(end.note).not.toContain('etcd answered');
    expect(turns()).toEqual(['m-2']);
    expect(harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
  });

  test('during a turn, so that its end cannot be seen: for a person, and nobody says the member was silent', async () => {
    const holder: { door: { shut: EtcdError | null } } = { door: { shut: null } };
    const scene = await atTurn(1, () => (holder.door.shut = REFUSED), {
      etcd: { leader: 'm-1' },
      wrap: (port) => {
        const made = closable(port);
        holder.door = made.door;
        return made.gated;
      },
    });

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'outcome-unknown' });
    expect(end.note).toContain(`m-2 could not be looked at for 15 min 0 s: ${RULE}`);
    expect(scene.harness.acts).toMatchObject([{ observed: { result: 'unknown' } }]);
    expect(scene.turns()).toEqual(['m-2']);
  });

  test('after the last turn: the ring could not be verified, for that reason', async () => {
    const scene = await shutAfterTurn(3, REFUSED);

    const end = await scene.run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'access-refused' });
    expect(end.note).toContain(RULE);
  });
});

describe('a plan says what the matter was', () => {
  test.each([
    [REFUSED, 'The cluster refuses Drydock'],
    [UNUSABLE, 'The access to the cluster cannot be used'],
  ])('%o', async (error, title) => {
    const { draft } = await defragScene({
      wrap: (port) => {
        const { door, gated } = closable(port);
        door.shut = error;
        return gated;
      },
    });

    expect(draft.checks).toEqual([{ id: 'access', verdict: 'block', title, evidence: error.message }]);
  });
});

describe('what a call ended with is told as what it was', () => {
  test.each([
    ['unknown-outcome', 'The call ended without a certain answer: '],
    ['cancelled', 'The call ended without a certain answer: '],
    ['unreachable', 'Nothing was sent: '],
    ['permission', 'The call was refused: '],
    ['access-refused', 'The call was refused: '],
    ['access-unusable', 'Nothing was sent: '],
    ['not-available', 'This way of access cannot do it: '],
    ['wrong-member', 'Nothing was changed: '],
    ['refused', 'etcd answered: '],
  ] as const)('%s', async (code, words) => {
    const { harness, run } = await defragScene({ etcd: { leader: 'm-1' } });
    harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError(code, 'so it says') });

    expect((await run()).note).toContain(`${words}so it says.`);
  });
});
