import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import { kubectl, type Said } from '../support/cluster-pods.ts';
import { leasesLeft, wordsOf } from '../support/cluster-traces.ts';
import { runToFirstPause } from '../support/e2e-faults.ts';
import { type EndedRun, explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';
import { type KeptRedis, keepRedis, loseTail } from '../support/older-redis.ts';
import { startSecondInstallation } from '../support/second-installation.ts';

vi.setConfig({ testTimeout: 420_000 });

const MEMBERS = ['cp-1', 'cp-2', 'cp-3'];

let scene: Scene;
let cluster: PlaygroundCluster;
const kept: KeptRedis[] = [];

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'second witness', prod: 'cluster', clusters: ['prod'], access: 'exec' });
  if (scene.cluster === null) throw new Error('no cluster');
  ({ cluster } = scene);
}, 180_000);

afterAll(async () => {
  await scene.stop();
  for (const each of kept) await each.remove();
});

beforeEach(async () => {
  if (scene.turns.begun().length > 0) await scene.refill();
});

afterEach(async () => {
  scene.worker.resume();
  await scene.redis.start();
  await scene.worker.start();
});

/** Ends processes the moment the next member begins its turn. Answers the member. */
async function killInNextTurn(...victims: readonly { kill(): Promise<void> }[]): Promise<string> {
  const dead = Promise.withResolvers<unknown>();
  const member = await scene.turns.atNext(() => {
    void Promise.all(victims.map(async (each) => await each.kill())).then(dead.resolve, dead.reject);
  });
  await dead.promise;
  return member;
}

/** Has a run approved and answers how it ended. */
async function carriedOut(by: Pick<Scene, 'ask' | 'approve' | 'ended'>, line: string): Promise<EndedRun> {
  const run = await by.ask(line);
  await by.approve(run);
  return await by.ended(run, 200_000);
}

/** Types what a card says, word for word, and answers what kubectl answered. */
async function doAsTold(end: EndedRun): Promise<readonly Said[]> {
  const commands =
    wordsOf(end).match(/kubectl -n kube-system (?:get|delete) lease drydock-[a-z0-9-]+(?: -o yaml)?/g) ?? [];
  const said: Said[] = [];
  for (const command of new Set(commands)) said.push(await kubectl(cluster, command.split(' ').slice(1)));
  return said;
}

/** What the card of a run says that lost its newest call, and what it must not say. */
function expectContradiction(end: EndedRun, lost: string): void {
  const words = wordsOf(end);
  expect(end.state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'witness-contradiction' });
  expect(end.state.acts.at(-1)?.observed).toMatchObject({ result: 'not-done' });
  expect(words).toMatch(
    new RegExp(
      `The cluster remembers defragment of ${lost}, announced \\S+, as call 2 of this run; .* does not have it`,
    ),
  );
  expect(words).toContain('The call was not made, and nothing further was begun.');
  expect(words).toContain('Its locks are free again.');
  // That member was rewritten, whatever the record says.
  expect(words.toLowerCase()).not.toContain('left as it was');
}

async function expectNoTraces(): Promise<void> {
  expect(await scene.runs.locks()).toEqual([]);
  await waitFor('no Lease to be left', async () => !(await leasesLeft(cluster)).includes('drydock/'));
}

test('Redis put back to an older state in the middle of a run: nothing is repeated, and who does what the card says goes on', async () => {
  const run = await runToFirstPause(scene);
  // The next turn begins when the copy is there, however long that takes.
  scene.worker.pause();
  const older = await keepRedis(scene.redis);
  kept.push(older);
  const killed = killInNextTurn(scene.redis, scene.worker);
  scene.worker.resume();
  const lost = await killed;
  const turns = scene.turns.begun();
  await older.putBack();
  await scene.redis.start();
  await scene.worker.start();
  expectContradiction(await scene.ended(run, 200_000), lost);
  expect(scene.turns.begun()).toEqual(turns);

  const stopped = await carriedOut(scene, '/kube defrag prod --pause 0s');
  expect(stopped.state.ended).toMatchObject({ reason: 'witness-contradiction' });
  expect(wordsOf(stopped)).toContain('which ended; its record does not have this call and is older than the cluster');
  expect(scene.turns.begun()).toEqual(turns);

  const [looked, deleted, ...others] = await doAsTold(stopped);
  expect(looked).toMatchObject({ code: 0, text: expect.stringContaining(`"item":"${lost}"`) });
  expect(deleted).toMatchObject({ code: 0, text: expect.stringContaining(`"drydock-${run}" deleted`) });
  expect(others).toEqual([]);
  const next = await carriedOut(scene, '/kube defrag prod --pause 0s');
  expect(next.state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(scene.turns.begun().toSorted()).toEqual(MEMBERS);
  await expectNoTraces();

  // Once more, now that the run is over and its Lease is gone.
  await Promise.all([scene.redis.kill(), scene.worker.kill()]);
  await older.putBack();
  await scene.redis.start();
  await scene.worker.start();
  const { ended } = await scene.until('the run to end again', run, (state) => state.ended !== null, 200_000);
  expect(ended).toMatchObject({ reason: 'witness-contradiction' });
  await waitFor(
    'the card to say so',
    () => wordsOf({ card: scene.card(run) }).includes('remembers nothing of this run now'),
    {
      timeoutMs: 60_000,
    },
  );
  expect(scene.turns.begun().toSorted()).toEqual(MEMBERS);
  await expectNoTraces();
});

test.each(['dies with it', 'lives on'] as const)(
  'Redis losing its last second, the announcement of a call in it, while the worker %s: nothing is repeated',
  async (how) => {
    const run = await runToFirstPause(scene, '/kube defrag prod --pause 1s');
    const lost = await killInNextTurn(...(how === 'lives on' ? [scene.redis] : [scene.redis, scene.worker]));
    const turns = scene.turns.begun();
    await loseTail(scene.redis, '"type":"intent"');
    await scene.redis.start();
    await scene.worker.start();
    const end = await scene.ended(run, 200_000);

    expectContradiction(end, lost);
    expect(scene.turns.begun()).toEqual(turns);
    expect((await doAsTold(end)).map(({ code }) => code)).toEqual([0, 0]);
    await expectNoTraces();
  },
);

test('a second installation, with another name for the cluster, is stopped before its call, disturbs nobody, and goes through afterwards', async () => {
  await using other = await startSecondInstallation(scene, 'main');
  const run = await runToFirstPause(scene);
  // Its Lease stays in the cluster, however long it takes.
  scene.worker.pause();
  const turns = scene.turns.begun();
  const stopped = await carriedOut(other, '/kube defrag main --pause 0s');

  expect(stopped.state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'witness-contradiction' });
  const words = wordsOf(stopped);
  expect(words).toMatch(new RegExp(`The cluster remembers run ${run} \\(.*\\), which this Drydock does not know`));
  expect(words).toContain('another installation works on the cluster');
  expect(words).toContain(`(Lease kube-system/drydock-${run})`);
  expect(words).toContain('If another Drydock has that run, wait until it is over there: its Lease goes with it.');
  expect(scene.turns.begun()).toEqual(turns);

  scene.worker.resume();
  const ours = await scene.ended(run, 200_000);
  expect(ours.state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(scene.turns.begun().toSorted()).toEqual(MEMBERS);
  await expectNoTraces();

  scene.turns.forget();
  const theirs = await carriedOut(other, '/kube defrag main member/cp-2');
  expect(theirs.state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(scene.turns.begun()).toEqual(['cp-2']);
  await expectNoTraces();
});
