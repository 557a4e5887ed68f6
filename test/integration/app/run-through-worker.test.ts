import { describe, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { askForDefrag, askingSide, ended } from './asking-side.ts';
import { redisForTest, startDrydock, untilReady } from './support.ts';

describe('a run asked for by the bot and carried out by a worker process', () => {
  test('ends as blocked with words when the cluster does not answer, with run and cluster on the log lines', async () => {
    const redis = await redisForTest();
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);
    const { desk, runs } = await askingSide(redis.url);

    const runId = await askForDefrag(desk, 'one');
    const state = await ended(runs, runId);

    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
    await waitFor('the log', () => worker.process.output().includes(`"run":"${runId}"`));
  });

  test('that was asked for while no worker lived is carried out by the next one', async () => {
    const redis = await redisForTest();
    const { desk, runs } = await askingSide(redis.url);
    const runId = await askForDefrag(desk, 'two');
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);

    const state = await ended(runs, runId);

    expect(state.ended?.outcome).toBe('blocked');
  });
});
