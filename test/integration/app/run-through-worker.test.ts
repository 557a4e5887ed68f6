import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { waitFor } from '../../../playground/waiting.ts';
import { askForDefrag, askingSide, ended } from './asking-side.ts';
import { redisForTest, type Started, startDrydock, untilReady } from './support.ts';

const Line = z.object({
  msg: z.string(),
  run: z.string().optional(),
  cluster: z.string().optional(),
  event: z.string().optional(),
});

/** The lines that a process logged about a run. */
function linesOf({ process }: Started, run: string): readonly z.infer<typeof Line>[] {
  const texts = process
    .output()
    .split('\n')
    .filter((text) => text.endsWith('}'));
  return texts.map((text) => Line.parse(JSON.parse(text))).filter((line) => line.run === run);
}

describe('a run asked for by the bot and carried out by a worker process', () => {
  test('ends as blocked with words when the cluster does not answer, with run and cluster on the log lines', async () => {
    const redis = await redisForTest();
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);
    const { desk, runs } = await askingSide(redis.url);

    const runId = await askForDefrag(desk, 'one');
    const state = await ended(runs, runId);

    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
    await waitFor('the log', () => linesOf(worker, runId).some((line) => line.msg === 'run was advanced'));
    const lines = linesOf(worker, runId);
    expect(lines.map((line) => line.event).filter((event) => event !== undefined)).toEqual([
      'planned',
      'ending',
      'ended',
    ]);
    expect(lines.filter((line) => line.cluster !== 'prod')).toEqual([]);
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
