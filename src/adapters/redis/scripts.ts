import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StoreUnavailable } from '../../core/ports/run-store.ts';
import { checkPrefix, runKeys, sharedKeys } from './keys.ts';

/** What the scripts need of an ioredis client (`Redis` or `Cluster`). */
export interface ScriptClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  eval(text: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}

/** One call of a script. */
export interface ScriptCall {
  /** The run it is about; default: none. */
  readonly runId?: string;
  /** A further key; default: none. */
  readonly key?: string;
  readonly args?: readonly (string | number)[];
}

/** Carries out one script of `lua/` and answers what Redis answered. */
export type RunScript = (name: string, call: ScriptCall) => Promise<unknown>;

interface Script {
  readonly text: string;
  readonly sha: string;
}

const loaded = new Map<string, Script>();

function load(name: string): Script {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const own = readLua(name);
  const parts = /^-- Needs: ([\w, ]+)\.$/m.exec(own)?.[1]?.split(', ') ?? [];
  const text = [...['shared', ...parts].map(readLua), own].join('\n');
  const script = { text, sha: createHash('sha1').update(text).digest('hex') };
  loaded.set(name, script);
  return script;
}

function readLua(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
}

/**
 * Binds the scripts to a client and a prefix.
 *
 * @throws (the returned function) as `askRedis`.
 */
export function createScripts(redis: ScriptClient, prefix: string): RunScript {
  const shared = sharedKeys(checkPrefix(prefix));
  return async (name, call) => {
    const script = load(name);
    const keys = [...shared, ...runKeys(prefix, call.runId ?? ''), ...(call.key === undefined ? [] : [call.key])];
    const rest = [...keys, prefix, ...(call.args ?? [])];
    try {
      return await redis.evalsha(script.sha, keys.length, ...rest);
    } catch (error) {
      if (!isUnknownScript(error)) throw withoutArguments(name, error);
    }
    return await askRedis(name, async () => await redis.eval(script.text, keys.length, ...rest));
  };
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/**
 * Carries out one call to Redis.
 *
 * @throws StoreUnavailable, or Error when Redis found the call itself wrong (`ERR`, `WRONGTYPE`). Both without the arguments
 * of the call: ioredis hangs them on its own errors, and they would reach the log.
 */
export async function askRedis<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw withoutArguments(name, error);
  }
}

function withoutArguments(name: string, error: unknown): Error {
  const words = error instanceof Error ? error.message : 'failed';
  const message = `redis: ${name}: ${words}`;
  return /^(?:ERR|WRONGTYPE)\b/.test(words) ? new Error(message) : new StoreUnavailable(message);
}
