import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSwitches, type Switches } from '../../../playground/page/switches.ts';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';

const none = {
  pid: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  kill: async () => await Promise.resolve(),
  start: async () => await Promise.resolve(),
};

const backups = {
  flipBit: async () => await Promise.resolve('There is none.'),
  setAway: async () => await Promise.resolve(),
};

let workspace: Workspace;
let redis: PlaygroundRedis;
let connection: Redis;
let switches: Switches;

beforeEach(async () => {
  [workspace, redis] = await Promise.all([startWorkspace(), startRedis()]);
  connection = new Redis(redis.url, { commandTimeout: 300, maxRetriesPerRequest: 0 });
  connection.on('error', () => undefined);
  switches = createSwitches({ workspace, redis, ring: { members: [] }, bot: none, worker: none, backups });
});

afterEach(async () => {
  connection.disconnect();
  await redis.stop();
  await workspace.stop();
});

test('a member that froze is not frozen any more once its kubelet has started another process in its place', async () => {
  let pid = 100;
  const member = { ...none, name: 'cp-1', pid: () => pid };
  const ofCluster = createSwitches({ workspace, redis, ring: { members: [member] }, bot: none, worker: none, backups });
  expect(await ofCluster.set({ target: 'cp-1', fault: 'freeze' })).toBeUndefined();
  expect(ofCluster.isFrozen('cp-1')).toBe(true);
  pid = 101;

  expect(ofCluster.isFrozen('cp-1')).toBe(false);
});

test('a frozen Redis answers nobody, and goes on where it was', async () => {
  await connection.set('run', '1');
  expect(await switches.set({ target: 'redis', fault: 'freeze' })).toBeUndefined();
  expect(switches.redis()).toBe('frozen');
  await expect(connection.get('run')).rejects.toThrow('timed out');
  expect(await switches.set({ target: 'redis', fault: 'thaw' })).toBeUndefined();

  expect(switches.redis()).toBe('running');
  await expect.poll(() => connection.get('run').catch(() => null)).toBe('1');
});

test('a killed Redis is down until it is started, and has kept what was written', async () => {
  await connection.set('run', '1');
  expect(await switches.set({ target: 'redis', fault: 'kill' })).toBeUndefined();
  expect(switches.redis()).toBe('down');
  expect(await switches.set({ target: 'redis', fault: 'freeze' })).toBe('redis is down.');
  expect(await switches.set({ target: 'redis', fault: 'start' })).toBeUndefined();

  expect(switches.redis()).toBe('running');
  await expect.poll(() => connection.get('run').catch(() => null)).toBe('1');
});

test('a frozen Redis can be restarted; what is no fault of its is refused', async () => {
  await switches.set({ target: 'redis', fault: 'freeze' });
  expect(await switches.set({ target: 'redis', fault: 'restart' })).toBeUndefined();

  expect(switches.redis()).toBe('running');
  await expect.poll(() => connection.ping().catch(() => null)).toBe('PONG');
  expect(await switches.set({ target: 'redis', fault: 'rate-limited' })).toBe('redis cannot be told to rate-limited.');
});

test('the store of backups is taken away and brought back; a bit that cannot be flipped is told', async () => {
  const asked: boolean[] = [];
  const store = { ...backups, setAway: async (away: boolean) => await Promise.resolve(void asked.push(away)) };
  const set = createSwitches({ workspace, redis, ring: { members: [] }, bot: none, worker: none, backups: store });
  expect(await set.set({ target: 'backups', fault: 'down' })).toBeUndefined();
  expect(await set.set({ target: 'backups', fault: 'up' })).toBeUndefined();

  expect(asked).toEqual([true, false]);
  expect(await set.set({ target: 'backups', fault: 'flip-bit' })).toBe('There is none.');
  expect(await set.set({ target: 'backups', fault: 'kill' })).toBe('The store of backups cannot be told to kill.');
  expect(await set.set({ target: 'redis', fault: 'flip-bit' })).toBe('redis cannot be told to flip-bit.');
});
