import { expect, test } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { CONFIG, redisForTest, startDrydock } from '../integration/app/support.ts';
import { canariesIn, makeCanaries, pemWith } from '../support/canaries.ts';

/** What a process says that is to stop by itself, to its end. */
async function said(args: readonly string[], env: Readonly<Record<string, string>>, yaml?: string): Promise<string> {
  const { process } = await startDrydock(args, env, yaml);
  await waitFor('its end', () => process.end());
  return process.output();
}

test('secrets in the wrong place of drydock.yaml or of the environment are not in what is said of them', async () => {
  const canaries = makeCanaries();
  const yaml = CONFIG.replace('version: 1', `version: 1\npassword: ${canaries.lockReason}`)
    .replace('http://127.0.0.1:1', `https://etcd:${canaries.etcdText}@10.0.0.1:2379`)
    .replace('C0OPS', `"https://hooks.slack.com/services/${canaries.typedWord}"`)
    .replace('[U0OPERATOR]', `["ghp_${canaries.typedDirect}"]`)
    .replace('allow: [operator]', `allow: [operator, ${JSON.stringify(pemWith(canaries.tlsKey))}]`);
  const env = {
    REDIS_URL: `redis//:${canaries.redisPassword}@127.0.0.1`,
    SLACK_BOT_TOKEN: canaries.botToken,
    SLACK_SIGNING_SECRET: canaries.signingSecret,
    SLACK_APP_TOKEN: canaries.appToken,
    SLACK_API_URL: `ftp://slack:${canaries.proxyPassword}@127.0.0.1`,
    LOG_LEVEL: `token=${canaries.pluginSetting}`,
    DRYDOCK_PASSWORD: canaries.clientKey,
  };
  const [broken, ...words] = await Promise.all([
    said(['check-config'], env, CONFIG.replace('C0OPS', `!${canaries.fileName}`)),
    said(['check-config'], env, yaml),
    said(['bot'], env, yaml),
  ]);

  for (const each of words) {
    expect(each).toContain('password: there is no such field');
    expect(each).toContain('clusters.prod.channels.ops');
    expect(each).toContain('SLACK_BOT_TOKEN: expected a bot token');
    expect(canariesIn(each, canaries)).toEqual([]);
  }
  expect(broken).toContain('not valid YAML');
  expect(canariesIn(broken, canaries)).toEqual([]);
});

test('a Redis that refuses the password is told of without it', async () => {
  const canaries = makeCanaries();
  const redis = await redisForTest();
  const client = connectRedis(redis.url, 'store');
  await client.connect();
  await client.config('SET', 'requirepass', canaries.signingSecret);
  client.disconnect();
  const env = { REDIS_URL: `redis://drydock:${canaries.redisPassword}@127.0.0.1:${redis.port}`, LOG_LEVEL: 'trace' };
  const { process } = await startDrydock(['worker'], env);
  await waitFor('a word on Redis', () => /"msg":"(waiting for Redis|the connection to Redis)/.test(process.output()));
  await process.stop(25_000);

  expect(process.output()).toContain('WRONGPASS');
  expect(canariesIn(process.output(), canaries)).toEqual([]);
});
