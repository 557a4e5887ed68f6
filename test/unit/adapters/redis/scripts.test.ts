import { describe, expect, test } from 'vitest';
import { checkPrefix, requestKey, runKeys, sharedKeys } from '../../../../src/adapters/redis/keys.ts';
import { createScripts, type ScriptClient } from '../../../../src/adapters/redis/scripts.ts';
import { StoreUnavailable } from '../../../../src/core/ports/run-store.ts';

interface Call {
  readonly how: 'sha' | 'text';
  readonly keyCount: number;
  readonly rest: readonly (string | number)[];
}

function client(fail: (how: Call['how']) => Error | null): { readonly redis: ScriptClient; readonly calls: Call[] } {
  const calls: Call[] = [];
  async function answer(how: Call['how'], keyCount: number, rest: Call['rest']): Promise<unknown> {
    calls.push({ how, keyCount, rest });
    const error = fail(how);
    if (error !== null) throw error;
    return how;
  }
  return {
    calls,
    redis: {
      evalsha: async (_sha, keyCount, ...rest) => answer('sha', keyCount, rest),
      eval: async (_text, keyCount, ...rest) => answer('text', keyCount, rest),
    },
  };
}

describe('createScripts', () => {
  test('a script Redis does not know is sent as text, once, with the same keys and arguments', async () => {
    const { redis, calls } = client((how) => (how === 'sha' ? new Error('NOSCRIPT No matching script.') : null));
    expect(await createScripts(redis, '{t}:')('park', { runId: 'a', args: ['x', 1] })).toBe('text');
    expect(calls.map((call) => call.how)).toEqual(['sha', 'text']);
    expect(calls[0]?.rest).toEqual([...sharedKeys('{t}:'), ...runKeys('{t}:', 'a'), '{t}:', 'x', 1]);
    expect(calls[1]?.rest).toEqual(calls[0]?.rest);
    expect(calls[0]?.keyCount).toBe(11);
  });

  test.each(['sha', 'text'] as const)(
    'an error (%s) is passed on without the arguments and is not repeated',
    async (where) => {
      const secret = Object.assign(new Error('READONLY no writes'), { command: { args: ['secret'] } });
      const { redis, calls } = client((how) => (how === where ? secret : new Error('NOSCRIPT')));
      const error: unknown = await createScripts(redis, '{t}:')('park', { args: ['secret'] }).catch(
        (each: unknown) => each,
      );
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(String(error)).toBe('StoreUnavailable: redis: park: READONLY no writes');
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
      expect(calls.length).toBe(where === 'sha' ? 1 : 2);
    },
  );

  test.each([
    ['Connection is closed.', true],
    ['Command timed out', true],
    ['LOADING Redis is loading the dataset in memory', true],
    ['OOM command not allowed', true],
    ['ERR Error running script: user_script:7: attempt to index a nil value', false],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', false],
  ])('"%s" is trouble of the store: %s', async (words, trouble) => {
    const { redis } = client(() => new Error(words));
    const error: unknown = await createScripts(redis, '{t}:')('park', {}).catch((each: unknown) => each);

    expect(error instanceof StoreUnavailable).toBe(trouble);
    expect(String(error)).toContain(words);
  });
});

describe('keys', () => {
  test('all keys begin with the prefix and so with its hash tag', () => {
    const keys = [...sharedKeys('{t}:'), ...runKeys('{t}:', 'a{b}'), requestKey('{t}:', '{x}')];
    expect(keys.filter((key) => !key.startsWith('{t}:'))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each(['drydock:', '{}:', '{a}', '', '{a b}:', '{a}{b}:', 'x{a}:'])('a prefix like "%s" is refused', (prefix) => {
    expect(() => checkPrefix(prefix)).toThrow('prefix');
  });

  test.each(['{drydock}:', '{a}-b:'])('a prefix like "%s" is taken', (prefix) => {
    expect(checkPrefix(prefix)).toBe(prefix);
  });
});
