import { describe, expect, test } from 'vitest';
import type { EtcdError, EtcdPort } from '../../../src/core/ports/etcd.ts';
import { defragScene, portError } from '../../support/defrag-scene.ts';

const BUSY: EtcdError = { ...portError('unreachable', 'exec of etcd-m-2: too many requests'), apiRefused: true };
const NEVER_SHOWN = { showsMetrics: false };

/** Refuses looks at a member from the moment it was to be defragmented. */
function blindAfterTurn(error: EtcdError): (port: EtcdPort) => EtcdPort {
  const turn = { asked: false };
  return (port) => ({
    ...port,
    defragment: async (member, call) => {
      turn.asked = true;
      return await port.defragment(member, call);
    },
    status: async (member, call) => (turn.asked ? { ok: false, error } : await port.status(member, call)),
  });
}

test('a turn that the API does not take: the member is fine, nothing was begun, and the reason says so', async () => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' } });
  harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: BUSY });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'api-refused' });
  expect(end.note).toContain('Nothing was sent: exec of etcd-m-2: too many requests');
  expect(turns()).toEqual(['m-2']);
  expect(harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
});

test.each([
  ['too', BUSY, 'api-refused', 'm-2 could not be looked at for 2 min'],
  [
    'not, and the member is silent',
    portError('unreachable', 'no connection'),
    'member-unhealthy',
    'm-2 did not answer',
  ],
] as const)('a turn that the API does not take; looks are refused %s', async (_how, look, reason, words) => {
  const { harness, run, turns } = await defragScene({ etcd: { leader: 'm-1' }, wrap: blindAfterTurn(look) });
  harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: BUSY });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason });
  expect(end.note).toContain(words);
  expect(turns()).toEqual(['m-2']);
  expect(harness.acts).toMatchObject([{ observed: { result: 'not-done' } }]);
});

test('a turn of unknown outcome, and the API takes no look: a person decides, and nobody says the member was silent', async () => {
  const { harness, run } = await defragScene({ etcd: { leader: 'm-1' }, wrap: blindAfterTurn(BUSY) });
  harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'outcome-unknown' });
  expect(end.note).toContain('m-2 could not be looked at for 15 min 0 s: exec of etcd-m-2: too many requests');
});

test('a turn of unknown outcome that could still begin when the time is over: the member answers, so it is not called silent', async () => {
  const { harness, run } = await defragScene({
    etcd: { leader: 'm-1', members: [NEVER_SHOWN, NEVER_SHOWN, NEVER_SHOWN] },
    defrag: { answerWithinMs: 8000 },
  });
  harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome', 'a fault') });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'outcome-unknown' });
  expect(end.note).toContain('m-2 answers, but after 8.0 s the call may still begin: the file did not shrink');
  expect(harness.acts).toMatchObject([{ observed: { result: 'unknown' } }]);
});

test('leadership that the API does not let through stays where it is', async () => {
  const { harness, run } = await defragScene({ etcd: { leader: 'm-1' } }, { moveLeader: true });
  harness.etcd.failOnce({ method: 'moveLeader', error: BUSY });

  const end = await run();

  expect(end).toMatchObject({ kind: 'stop', reason: 'api-refused' });
  expect(end.note).toContain('m-1 still leads');
});

describe('a ring behind an API that takes no call is not said to be silent', () => {
  test('when it is planned', async () => {
    const members = async () => await Promise.resolve({ ok: false, error: BUSY } as const);
    const { draft } = await defragScene({ wrap: (port) => ({ ...port, members }) });

    expect(draft.checks).toEqual([
      {
        id: 'reachable',
        verdict: 'block',
        title: 'The API of the cluster does not take the call',
        evidence: BUSY.message,
      },
    ]);
  });

  test('between two turns', async () => {
    const gate = { shut: false };
    const { harness, run } = await defragScene({
      etcd: { leader: 'm-1', onCall: ({ method }) => void (gate.shut ||= method === 'defragment') },
      wrap: (port) => ({
        ...port,
        members: async (call) => (gate.shut ? { ok: false, error: BUSY } : await port.members(call)),
      }),
    });

    const end = await run();

    expect(end).toMatchObject({ kind: 'stop', reason: 'quorum-at-risk' });
    expect(end.note).toContain('The API of the cluster does not take the call: ');
    expect(harness.acts).toHaveLength(1);
  });
});
