import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { type CrashScene, startCrashScene } from '../../support/crash-scene.ts';
import { sigkillSuite } from '../../support/sigkill-suite.ts';

describe('a real worker killed with SIGKILL', () => {
  // The points round a destructive call; all others are in test/slow.
  sigkillSuite(['intent-after-store', 'call-made', 'observed-after-store', 'ended-before-store']);
});

describe('a real worker killed with SIGKILL, and Redis as well', () => {
  let scene: CrashScene;

  beforeAll(async () => {
    scene = await startCrashScene();
  });
  afterAll(async () => {
    await scene.close();
  });

  it('with Redis restarted in between: locks, gates and intents survive a restart of everything', async () => {
    const runId = await scene.ask(['restart-1', 'restart-2']);
    const victim = await scene.worker({ at: 'call-made', signal: 'SIGKILL' });
    await scene.approveWhile(runId, () => victim.end() === undefined);
    expect(new Set((await scene.store.locks()).map((lock) => lock.runId))).toEqual(new Set([runId]));
    await scene.redis.kill();
    await scene.redis.start();
    await waitFor(
      'the store to answer again',
      async () =>
        await scene.store.locks().then(
          (locks) => locks.length > 0,
          () => false,
        ),
    );

    const successor = await scene.worker(null);
    const ended = await scene.untilEnded(runId);
    await successor.kill();

    expect(ended.ended).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.valves.turns()).filter((valve) => valve.startsWith('restart-'))).toEqual([
      'restart-1',
      'restart-2',
    ]);
  });
});
