import { describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { type DrydockProcess, startWorker } from '../../../src/app/process.ts';
import type { WorkerOptions } from '../../../src/app/worker.ts';
import { buildConfig } from '../../../src/config/build.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import type { TriggerPoint } from '../../../src/core/ports/runtime.ts';
import { askForDefrag, askingSide, ended } from './asking-side.ts';
import { redisForTest } from './support.ts';

async function workerInThisProcess(redisUrl: string, options: WorkerOptions): Promise<DrydockProcess> {
  const cluster = {
    platform: 'etcd',
    etcd: { access: 'direct', endpoints: ['http://127.0.0.1:1'] },
    channels: { ops: 'C0OPS' },
  };
  const config = buildConfig('/nowhere/drydock.yaml', ConfigFile.parse({ version: 1, clusters: { prod: cluster } }));
  const { environment } = readEnvironment({ REDIS_URL: redisUrl, PORT: '0', LOG_LEVEL: 'silent' }, 'worker');
  if (environment === null) throw new Error('the environment of the test is not in order');
  const worker = await startWorker(config, environment, options);
  onTestFinished(async () => {
    await worker.stop(0);
  });
  await worker.started;
  return worker;
}

describe('startWorker', () => {
  test('passes the trigger points of the engine', async () => {
    const redis = await redisForTest();
    const { desk, runs } = await askingSide(redis.url);
    const reached = new Set<TriggerPoint>();
    await workerInThisProcess(redis.url, {
      triggers: {
        reach: async (point) => {
          reached.add(point);
          await Promise.resolve();
        },
      },
    });

    await ended(runs, await askForDefrag(desk, 'one'));
    await waitFor('the last point, which comes after what others can see', () => reached.has('ended-after-store'));

    expect([...reached]).toEqual(expect.arrayContaining(['claimed', 'planned-after-store', 'ended-after-store']));
  });

  test('a stop waits no longer than it may, and the successor ends the run', async () => {
    const redis = await redisForTest();
    const { desk, runs } = await askingSide(redis.url);
    const claimed = Promise.withResolvers<null>();
    const stuck = Promise.withResolvers<null>();
    const settings = { leaseMs: 1500, leaseMarginMs: 500, watchMs: 100, retryMs: 100 };
    const first = await workerInThisProcess(redis.url, {
      settings,
      triggers: {
        reach: async () => {
          claimed.resolve(null);
          await stuck.promise;
        },
      },
    });
    const runId = await askForDefrag(desk, 'two');
    await claimed.promise;

    await first.stop(100);
    await workerInThisProcess(redis.url, { settings });
    const state = await ended(runs, runId);
    stuck.resolve(null);

    expect(state.ended).toMatchObject({ outcome: 'blocked', reason: 'cluster-unreachable' });
  });
});
