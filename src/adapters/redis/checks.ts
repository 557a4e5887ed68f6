/** One thing that was looked at when starting. `refuse`: do not start. */
export interface RedisFinding {
  readonly level: 'ok' | 'warn' | 'refuse';
  /** For the log and for people. */
  readonly text: string;
}

/** What the configuration says about a Redis that may lose writes. */
export interface RedisCheckOptions {
  /** The configuration's own words that accept the risk; `null`: it does not. */
  readonly acceptRisk: string | null;
}

/** What the checks ask a client (ioredis fits). */
export interface CheckedRedis {
  info(): Promise<string>;
  config(subcommand: 'GET', name: string): Promise<unknown>;
}

const OLDEST = [6, 2] as const;

/**
 * Looks whether Redis can be trusted with the truth: version 6.2 or newer, a writable primary, `noeviction`, append-only
 * file, `appendfsync always`. Only the last two can be accepted as a risk. Source: `docs/adr/0003-keys-of-the-run-store.md`.
 *
 * @throws Error when Redis cannot be reached.
 */
export async function checkRedis(
  redis: CheckedRedis,
  { acceptRisk }: RedisCheckOptions,
): Promise<readonly RedisFinding[]> {
  const info = parseInfo(await redis.info());
  return [checkVersion(info), checkRole(info), ...(await checkSettings(redis, info, acceptRisk))];
}

/** Whether a process may start with these findings. */
export function mayStart(findings: readonly RedisFinding[]): boolean {
  return findings.every((finding) => finding.level !== 'refuse');
}

type Info = ReadonlyMap<string, string>;

function parseInfo(text: string): Info {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

function checkVersion(info: Info): RedisFinding {
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!/^\d+\.\d+/.test(version))
    return { level: 'warn', text: 'Redis does not tell its version. 6.2 or newer is needed.' };
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return isOld
    ? { level: 'refuse', text: `Redis ${version} is too old: 6.2 or newer is needed.` }
    : { level: 'ok', text: `Redis ${version}.` };
}

function checkRole(info: Info): RedisFinding {
  return info.get('role') === 'slave'
    ? { level: 'refuse', text: 'This Redis is a replica: it takes no writes. Give the address of the primary.' }
    : { level: 'ok', text: 'Redis is a primary.' };
}

async function checkSettings(
  redis: CheckedRedis,
  info: Info,
  acceptRisk: string | null,
): Promise<readonly RedisFinding[]> {
  const policy = (await setting(redis, 'maxmemory-policy')) ?? info.get('maxmemory_policy') ?? null;
  const appendOnly = (await setting(redis, 'appendonly')) ?? yesNo(info.get('aof_enabled'));
  const sync = await setting(redis, 'appendfsync');
  return [
    checkPolicy(policy),
    checkRisk('appendonly', appendOnly, 'yes', 'a restart of Redis loses every run and every lock', acceptRisk),
    checkRisk(
      'appendfsync',
      sync,
      'always',
      'a crash of Redis can lose the last second of intents and results',
      acceptRisk,
    ),
  ];
}

function yesNo(flag: string | undefined): string | null {
  return flag === undefined ? null : flag === '1' ? 'yes' : 'no';
}

/** `null`: the server does not say, as managed services that forbid CONFIG. */
async function setting(redis: CheckedRedis, name: string): Promise<string | null> {
  try {
    const answer: unknown = await redis.config('GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return null;
    throw error;
  }
}

function checkPolicy(policy: string | null): RedisFinding {
  if (policy === null) return notTold('maxmemory-policy', 'noeviction');
  return policy === 'noeviction'
    ? { level: 'ok', text: 'maxmemory-policy is noeviction.' }
    : {
        level: 'refuse',
        text: `maxmemory-policy is ${policy}: Redis may throw runs and locks away. Set it to noeviction.`,
      };
}

function checkRisk(
  name: string,
  value: string | null,
  wanted: string,
  risk: string,
  acceptRisk: string | null,
): RedisFinding {
  if (value === null) return notTold(name, wanted);
  if (value === wanted) return { level: 'ok', text: `${name} is ${wanted}.` };
  const text = `${name} is ${value}: ${risk}. Set it to ${wanted}`;
  return acceptRisk === null
    ? { level: 'refuse', text: `${text}, or accept the risk in the configuration.` }
    : { level: 'warn', text: `${text}. The configuration accepts this: "${acceptRisk}".` };
}

function notTold(name: string, wanted: string): RedisFinding {
  return { level: 'warn', text: `${name} could not be checked: this Redis forbids CONFIG. It must be ${wanted}.` };
}
