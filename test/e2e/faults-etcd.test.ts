import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import { activateCorrupt, addLearner } from '../contract/etcd/raw.ts';
import { CALL, memberOf, ok } from '../contract/etcd/ring-under-test.ts';
import { makeLeader, nextFollower, portTo, runToFirstPause, staysSo, turnsSeen } from '../support/e2e-faults.ts';
import { buttonsOf, type EndedRun, explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';

let scene: Scene;
let port: EtcdPort;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'faults of etcd' });
  port = await portTo(scene.ring);
}, 120_000);

afterAll(async () => {
  await port.close();
  await scene.stop();
});

beforeEach(async () => {
  await scene.refill();
});

afterEach(async () => {
  for (const member of scene.ring.members) {
    if (member.pid() === undefined) await member.start();
    else member.resume();
  }
  await scene.ring.waitHealthy();
});

/** What holds for every ending: the card says what the record says, and the lock is free. */
async function expectEnd(run: string, outcome: string, reason: string, timeoutMs?: number): Promise<EndedRun> {
  const end = await scene.ended(run, timeoutMs);
  expect(end.state.ended).toMatchObject({ outcome, reason });
  expect(end.card.outcome).toBe(outcome);
  expect(await scene.runs.locks()).toEqual([]);
  return end;
}

describe('a follower', () => {
  test('killed before its turn: the run stops, only the first member was touched', async () => {
    const run = await runToFirstPause(scene);
    const victim = await nextFollower(scene);
    await scene.ring.member(victim).kill();

    const { card } = await expectEnd(run, 'failed', 'member-unhealthy');

    expect(scene.turns.begun()).toHaveLength(1);
    expect(textOf(card)).toContain('No further member was touched.');
    expect(textOf(card)).toContain(victim);
  });

  test('frozen during its turn: nobody else has a turn until it is back, then all goes on', async () => {
    const frozen = scene.turns.atNext((member) => scene.ring.member(member).pause());
    const run = await scene.ask('/kube defrag prod --pause 0s');
    await scene.approve(run);
    const victim = await frozen;
    expect(scene.turns.isUnfinished(victim)).toBe(true);

    await staysSo('one turn', 3000, () => scene.turns.begun().length === 1);
    scene.ring.member(victim).resume();
    await expectEnd(run, 'succeeded', 'done');

    expect(scene.turns.begun().toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
  });

  test('killed during its turn and not back in time: a person has to look, the others are untouched', async () => {
    const killed = scene.turns.atNext((member) => void scene.ring.member(member).kill());
    const run = await scene.ask('/kube defrag prod --pause 0s');
    await scene.approve(run);
    const victim = await killed;

    const { card } = await expectEnd(run, 'needs-a-person', 'member-silent');

    expect(scene.turns.begun()).toEqual([victim]);
    expect(textOf(card)).toContain(`${victim} did not answer`);
  });

  test('killed during its turn and back with its old file: the run stops and calls no second time', async () => {
    let down: Promise<void> | undefined;
    const killed = scene.turns.atNext((member) => {
      down = scene.ring.member(member).kill();
    });
    const run = await scene.ask('/kube defrag prod --pause 0s');
    await scene.approve(run);
    const victim = await killed;
    await down;
    await scene.ring.member(victim).start();

    // Its metrics tell that its process is another one, however soon it is back.
    const { card } = await expectEnd(run, 'failed', 'member-unhealthy');

    expect(textOf(card)).toContain('went down and came back during its turn');
    expect(scene.turns.begun()).toEqual([victim]);
  });

  test('killed after its turn: the run stops before the next member', async () => {
    const run = await runToFirstPause(scene);
    const [first = ''] = scene.turns.begun();
    await scene.ring.member(first).kill();

    await expectEnd(run, 'failed', 'member-unhealthy');

    expect(scene.turns.begun()).toEqual([first]);
  });
});

describe('the leader', () => {
  test('changes once: who leads now has the last turn, each member has one (T4)', async () => {
    const run = await runToFirstPause(scene);
    const successor = await nextFollower(scene);
    await makeLeader(scene, port, successor);

    await expectEnd(run, 'succeeded', 'done');

    expect(scene.turns.begun().toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
    expect(scene.turns.begun().at(-1)).toBe(successor);
  });

  test('changes twice: the run ends as drifted, the last member is untouched', async () => {
    const run = await runToFirstPause(scene, '/kube defrag prod --pause 3s');
    const [first = ''] = scene.turns.begun();
    await makeLeader(scene, port, first);
    await scene.until('the second turn to be over', run, (state) => turnsSeen(state) === 2);
    const [, second = ''] = scene.turns.begun();
    await makeLeader(scene, port, second);

    await expectEnd(run, 'drifted', 'leader-flapping');

    expect(scene.turns.begun()).toEqual([first, second]);
  });
});

describe('alarms and members that change', () => {
  test('CORRUPT between two turns: the run stops; a new one is blocked; nobody disarms it (T9)', async () => {
    const run = await runToFirstPause(scene);
    const [first = ''] = scene.turns.begun();
    const corrupt = await memberOf(port, first);
    await activateCorrupt(scene.ring.member(first).clientUrl, scene.ring.tls, corrupt.id);

    await expectEnd(run, 'failed', 'corrupt-alarm');
    const again = await scene.ask('/kube defrag prod');
    const { card } = await expectEnd(again, 'blocked', 'check-blocked');

    expect(scene.turns.begun()).toEqual([first]);
    expect(textOf(card)).toContain('CORRUPT alarm');
    expect(ok(await port.alarms(CALL))).toEqual([{ memberId: corrupt.id, type: 'CORRUPT' }]);
    ok(await port.disarm({ memberId: corrupt.id, type: 'CORRUPT' }, CALL));
  });

  test('a member list that changes after the plan: drifted; Plan again finds the learner and is blocked (T6, T27)', async () => {
    const run = await scene.ask('/kube defrag prod');
    await scene.gate(run);
    const [first] = scene.ring.members;
    await addLearner(first?.clientUrl ?? '', scene.ring.tls, 'https://127.0.0.1:1');
    await scene.approve(run);

    const { card } = await expectEnd(run, 'drifted', 'plan-drifted');
    expect(buttonsOf(card)).toEqual(['run.plan-again']);
    const known = (await scene.runs.list({ cluster: null, limit: 100 })).length;
    await scene.press(run, 'run.plan-again', 'operator');
    await scene.workspace.waitFor('the new card', () => scene.newestRun() !== run);
    const blocked = await expectEnd(scene.newestRun(), 'blocked', 'check-blocked');

    expect(await scene.runs.list({ cluster: null, limit: 100 })).toHaveLength(known + 1);
    expect(textOf(blocked.card)).toContain('A membership change is under way');
    expect(scene.turns.begun()).toEqual([]);
  });
});
