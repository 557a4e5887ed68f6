import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { freePort } from '../../../playground/ports.ts';
import { startProcess } from '../../../playground/processes.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { checkRedis } from '../../../src/adapters/redis/checks.ts';
import { textOf } from '../../support/repository.ts';

/** Starts redis-server with the shipped settings; only the places are others. Answers its port. */
async function startShipped(password: string): Promise<number> {
  const directory = await makeTemporaryDirectory('redis');
  const port = await freePort();
  await mkdir(join(directory, 'data'));
  await writeFile(join(directory, 'auth.conf'), `requirepass ${password}\n`);
  const settings = textOf('deploy/kustomize/base/redis.conf')
    .replace('/etc/drydock-redis/auth/auth.conf', join(directory, 'auth.conf'))
    .replace('dir /data', `dir ${join(directory, 'data')}`)
    .replace('bind * -::*', 'bind 127.0.0.1')
    .replace('port 6379', `port ${port}`);
  const file = join(directory, 'redis.conf');
  await writeFile(file, settings);
  const server = await startProcess({ name: 'redis-server', command: 'redis-server', args: [file] });
  onTestFinished(async () => {
    await server.kill();
    await removeDirectory(directory);
  });
  await waitFor('Redis to listen', () => server.output().includes('Ready to accept connections'));
  return port;
}

test('a Redis with the shipped settings is what Drydock asks for, and asks for its password', async () => {
  const port = await startShipped('not-a-password');
  const redis = new Redis({ port, password: 'not-a-password', lazyConnect: true });
  const stranger = new Redis({ port, lazyConnect: true });
  stranger.on('error', () => undefined);
  onTestFinished(() => {
    redis.disconnect();
    stranger.disconnect();
  });

  const findings = await checkRedis(redis, { acceptRisk: null });

  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  await expect(stranger.get('key')).rejects.toThrow('NOAUTH');
  expect(await redis.config('GET', 'maxmemory')).toEqual(['maxmemory', String(384 * 1024 * 1024)]);
});
