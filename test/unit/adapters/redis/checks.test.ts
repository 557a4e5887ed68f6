import { describe, expect, test } from 'vitest';
import { type CheckedRedis, checkRedis, mayStart } from '../../../../src/adapters/redis/checks.ts';

class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

interface Server {
  readonly version?: string;
  readonly role?: string;
  /** `null`: CONFIG is forbidden. */
  readonly settings: Readonly<Record<string, string>> | null;
}

const GOOD = { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'always' };

function server({ version = '7.0.15', role = 'master', settings }: Server): CheckedRedis {
  return {
    info: async () => `# Server\r\nredis_version:${version}\r\nrole:${role}\r\n`,
    async config(_subcommand, name) {
      if (settings === null) throw new ReplyError("ERR unknown command 'CONFIG'");
      const value = settings[name];
      return value === undefined ? [] : [name, value];
    },
  };
}

async function levels(redis: CheckedRedis, acceptRisk: string | null = null): Promise<readonly string[]> {
  return (await checkRedis(redis, { acceptRisk })).map((finding) => finding.level);
}

describe('checkRedis', () => {
  test('a Redis set up as required passes', async () => {
    const findings = await checkRedis(server({ settings: GOOD }), { acceptRisk: null });
    expect(findings.map((finding) => finding.level)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(mayStart(findings)).toBe(true);
  });

  test.each([
    ['6.2.0', 'ok'],
    ['6.10.1', 'ok'],
    ['10.0.0', 'ok'],
    ['6.0.16', 'refuse'],
    ['5.0.3', 'refuse'],
    ['2.8', 'refuse'],
    ['unknown', 'warn'],
  ])('version %s: %s', async (version, level) => {
    expect((await levels(server({ version, settings: GOOD })))[0]).toBe(level);
  });

  test('a replica is refused', async () => {
    const findings = await checkRedis(server({ role: 'slave', settings: GOOD }), { acceptRisk: 'all of it' });
    expect(findings.find((finding) => finding.level === 'refuse')?.text).toContain('replica');
    expect(mayStart(findings)).toBe(false);
  });

  test('eviction is refused even if the risk is accepted', async () => {
    const redis = server({ settings: { ...GOOD, 'maxmemory-policy': 'allkeys-lru' } });
    const findings = await checkRedis(redis, { acceptRisk: 'we know' });
    expect(findings.filter((finding) => finding.level === 'refuse').map((finding) => finding.text)).toEqual([
      'maxmemory-policy is allkeys-lru: Redis may throw runs and locks away. Set it to noeviction.',
    ]);
  });

  test.each([
    ['appendfsync', 'everysec'],
    ['appendonly', 'no'],
  ])('%s %s is refused, or accepted in the words of the configuration', async (name, value) => {
    const redis = server({ settings: { ...GOOD, [name]: value } });
    expect(mayStart(await checkRedis(redis, { acceptRisk: null }))).toBe(false);
    const accepted = await checkRedis(redis, { acceptRisk: 'a second may be lost' });
    expect(mayStart(accepted)).toBe(true);
    const warning = accepted.find((finding) => finding.level === 'warn');
    expect(warning?.text).toContain(`${name} is ${value}`);
    expect(warning?.text).toContain('"a second may be lost"');
  });

  test('a service that forbids CONFIG is warned about, naming what could not be checked', async () => {
    const findings = await checkRedis(server({ settings: null }), { acceptRisk: null });
    expect(mayStart(findings)).toBe(true);
    const warnings = findings
      .filter((finding) => finding.level === 'warn')
      .map((finding) => finding.text.split(' ')[0]);
    expect(warnings).toEqual(['maxmemory-policy', 'appendonly', 'appendfsync']);
  });

  test('a broken connection is no answer', async () => {
    const redis: CheckedRedis = {
      ...server({ settings: GOOD }),
      config: () => Promise.reject(new Error('Connection is closed.')),
    };
    await expect(checkRedis(redis, { acceptRisk: null })).rejects.toThrow('Connection is closed.');
  });
});
