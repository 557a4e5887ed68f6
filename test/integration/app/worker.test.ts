import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../playground/ports.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { CONFIG, redisForTest, startDrydock, untilReady } from './support.ts';

describe('node src/app/main.ts worker', () => {
  test('takes work without any Slack variable, answers its three paths, and ends with 0 on SIGTERM', async () => {
    const redis = await redisForTest();
    const backups = '    backups: { store: { type: file, path: . } }\n    channels: {';
    const yaml = CONFIG.replace('    channels: {', () => backups);
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url }, yaml);
    await untilReady(worker);

    const health = await fetch(`${worker.url}/healthz`);
    const metrics = await fetch(`${worker.url}/metrics`);
    const other = await fetch(`${worker.url}/slack/events`, { method: 'POST' });

    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ alive: true });
    expect(await metrics.text()).toContain('drydock_queue_depth 0');
    expect(other.status).toBe(404);
    // It looks after backups from the beginning; what it saw first is told when it sees it again.
    await expect.poll(async () => await backupsSeen(redis.url), { timeout: 60_000 }).toContain('"key":"none"');
    expect(await worker.process.stop(25_000)).toEqual({ code: 0, signal: null });
  });

  test('waits for a Redis that is not there yet, and takes work when it comes', async () => {
    const redis = await redisForTest();
    await redis.halt();
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });

    expect(await waitFor('an answer of /readyz', async () => (await worker.readyz()) || false)).toBe(503);
    await redis.start();
    await untilReady(worker);

    expect(worker.process.output()).toContain('the connection to Redis failed');
  });

  test('says that it is not ready while Redis is away, and comes back with it', async () => {
    const redis = await redisForTest();
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(worker);

    await redis.kill();
    await waitFor('503', async () => (await worker.readyz()) === 503);
    await redis.start();
    await untilReady(worker);

    expect(worker.process.end()).toBeUndefined();
  });

  test('ends with 0 on SIGTERM also while it waits for Redis', async () => {
    const worker = await startDrydock(['worker'], { REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    await waitFor('an answer of /readyz', async () => (await worker.readyz()) === 503);

    expect(await worker.process.stop(25_000)).toEqual({ code: 0, signal: null });
  });

  test('refuses a Redis that may throw runs away, with 69 and words', async () => {
    const redis = await redisForTest(['--maxmemory-policy', 'allkeys-lru']);
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url });

    expect(await worker.process.ended).toMatchObject({ code: 69 });
    expect(worker.process.output()).toContain('maxmemory-policy is allkeys-lru');
  });

  test('accepts the risk that the configuration accepts in words', async () => {
    const redis = await redisForTest(['--appendfsync', 'everysec']);
    const refused = await startDrydock(['worker'], { REDIS_URL: redis.url });
    const accepted = await startDrydock(
      ['worker'],
      { REDIS_URL: redis.url },
      `${CONFIG}redis: { acceptRisk: "a test" }\n`,
    );

    expect(await refused.process.ended).toMatchObject({ code: 69 });
    await untilReady(accepted);
    expect(accepted.process.output()).toContain('The configuration accepts this');
  });

  test('says that its port is taken', async () => {
    const redis = await redisForTest();
    const first = await startDrydock(['worker'], { REDIS_URL: redis.url });
    await untilReady(first);
    const second = await startDrydock(['worker'], { REDIS_URL: redis.url, PORT: new URL(first.url).port });

    expect(await second.process.ended).toMatchObject({ code: 69 });
    expect(second.process.output()).toContain('EADDRINUSE. PORT names another one.');
  });

  test('never writes a password into its log', async () => {
    const redis = await redisForTest();
    await setPassword(redis.url, 'canary-password');
    const worker = await startDrydock(['worker'], { REDIS_URL: redis.url.replace('://', '://:canary-password@') });
    await waitFor('a log', () => worker.process.output().includes('listening'));
    await waitFor('readiness', async () => (await worker.readyz()) === 200);
    await redis.kill();
    await waitFor('a lost connection', () => worker.process.output().includes('the connection to Redis'));

    expect(worker.process.output()).not.toContain('canary');
  });
});

/** What is stored of the backups of `prod`. */
async function backupsSeen(url: string): Promise<string | null> {
  const redis = new Redis(url);
  try {
    return await redis.hget('{drydock}:control:backups', 'prod');
  } finally {
    redis.disconnect();
  }
}

describe('a process that cannot start', () => {
  test('reports every problem and opens no connection, with 78', async () => {
    const redis = await redisForTest();
    const before = await connections(redis.port);
    const worker = await startDrydock(
      ['worker'],
      { REDIS_URL: redis.url, DRYDOCK_TYPO: '1', LOG_LEVEL: 'loud' },
      CONFIG.replace('C0OPS', 'ops'),
    );

    expect(await worker.process.ended).toMatchObject({ code: 78 });
    expect(worker.process.output()).toContain('drydock.yaml:7: clusters.prod.channels.ops: ');
    expect(worker.process.output()).toContain('environment: DRYDOCK_TYPO: there is no such variable');
    expect(worker.process.output()).toContain('environment: LOG_LEVEL: ');
    // One more for each question of this test itself.
    expect(await connections(redis.port)).toBe(before + 1);
  });

  test('check-config ends with 0 or 78, and a wrong word with 64', async () => {
    const good = await startDrydock(['check-config'], {});
    const bad = await startDrydock(['check-config'], {}, CONFIG.replace('version: 1', 'version: 3'));
    const strict = await startDrydock(['check-config', 'bot'], {});
    const wrong = await startDrydock(['wroker'], {});

    expect(await good.process.ended).toMatchObject({ code: 0 });
    expect(good.process.output()).toContain('ok: ');
    expect(await bad.process.ended).toMatchObject({ code: 78 });
    expect(await strict.process.ended).toMatchObject({ code: 78 });
    expect(await wrong.process.ended).toMatchObject({ code: 64 });
    expect(wrong.process.output()).toContain('Usage: ');
  });
});

async function setPassword(url: string, password: string): Promise<void> {
  const client = new Redis(url);
  await client.config('SET', 'requirepass', password);
  client.disconnect();
}

/** How many connections this Redis ever accepted. */
async function connections(port: number): Promise<number> {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('INFO stats\r\n'));
    let text = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!text.includes('total_net_input_bytes')) return;
      socket.destroy();
      resolve(text);
    });
  });
  return Number(/total_connections_received:(\d+)/.exec(answer)?.[1] ?? Number.NaN);
}
