import { expect, test } from 'vitest';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { atTurn, type DefragScene, portError } from '../../support/defrag-scene.ts';

/** A port through which the state of the members other than `m-2` cannot be seen while `blind.now`. */
function blinding(blind: { now: boolean }): (port: EtcdPort) => EtcdPort {
  return (port) => ({
    ...port,
    status: async (member, call) =>
      blind.now && member.name !== 'm-2'
        ? { ok: false, error: portError('unreachable', 'the way is cut') }
        : await port.status(member, call),
  });
}

test('others who cannot be looked at during a turn are no others without a leader: told, and the run goes on when they are seen', async () => {
  const blind = { now: false };
  const scene = await atTurn(
    1,
    ({ harness }) => {
      blind.now = true;
      void harness.clock.sleep(40_000).then(() => void (blind.now = false));
    },
    { etcd: { leader: 'm-1', defragMs: 30_000 }, defrag: { pauseMs: 0 }, wrap: blinding(blind) },
  );

  expect(await scene.run()).toMatchObject({ kind: 'done' });
  expect(scene.turns()).toEqual(['m-2', 'm-3', 'm-1']);
  expect(scene.harness.words.join('\n')).toMatch(
    /m-2 is done .*the other members could not be looked at for \d+ s meanwhile/,
  );
});

test('while nobody can be looked at, no further member is begun', async () => {
  const blind = { now: false };
  const scene = await atTurn(1, () => void (blind.now = true), {
    etcd: { leader: 'm-1', defragMs: 30_000 },
    defrag: { pauseMs: 0 },
    wrap: blinding(blind),
  });

  expect(await scene.run()).toMatchObject({ kind: 'stop', reason: 'member-unhealthy' });
  expect(scene.turns()).toEqual(['m-2']);
});

/** A call without an answer to a member without metrics, which begins after `ms`. */
async function lateStart(ms: number): Promise<DefragScene> {
  const scene = await atTurn(
    1,
    ({ harness }, name) => {
      const member = harness.etcd.member(name);
      void harness.clock.sleep(ms).then(() => void (member.dbSizeBytes = member.dbSizeInUseBytes));
    },
    { etcd: { leader: 'm-1', members: [{}, { showsMetrics: false }, {}] } },
  );
  scene.harness.etcd.failOnce({ method: 'defragment', member: 'm-2', error: portError('unknown-outcome') });
  return scene;
}

test('a member whose work cannot be seen may begin late: an unchanged file is watched for 20 s', async () => {
  const late = await lateStart(15_000);
  expect(await late.run()).toMatchObject({ kind: 'done' });
  expect(late.turns()).toEqual(['m-2', 'm-3', 'm-1']);

  const never = await lateStart(3_600_000);
  const end = await never.run();
  expect(end).toMatchObject({ kind: 'stop', reason: 'call-without-effect' });
  expect(end.note).toContain('seen so for 20 s, because it may begin late');
});
