import {
  anything,
  array,
  assert as assertProperty,
  constantFrom,
  dictionary,
  oneof,
  property,
  string,
  tuple,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedact } from '../../../../src/adapters/log/redact.ts';

const CANARY = 'c4n4ry0123456789';
const PEM = `-----BEGIN PRIVATE KEY-----\n${CANARY}\nMIIE/+=\n-----END PRIVATE KEY-----`;
const KNOWN = `known/${CANARY}"ü`;
const redact = createRedact([KNOWN, CANARY.slice(0, 3)]);

/** Texts that each carry the canary in a form in which secrets appear. */
const SECRETS = [
  `xoxb-1-2-${CANARY}`,
  `xoxp-${CANARY}`,
  `xoxe.xoxp-1-${CANARY}`,
  `xapp-1-A0-${CANARY}`,
  PEM,
  PEM.replace('-----END PRIVATE KEY-----', ''),
  JSON.stringify({ key: PEM }),
  `redis://user:${CANARY}@host:6379/0`,
  `rediss://:${CANARY}@host`,
  `Authorization: Bearer ${CANARY}`,
  `authorization: Basic ${CANARY}==`,
  `{"authorization":"${CANARY}"}`,
  `bearer ${CANARY}`,
  `password=${CANARY}`,
  `client_secret: "${CANARY}"`,
  `https://hooks.slack.com/commands/T1/2/${CANARY}`,
  `eyJhbGciOiJIUzI1NiJ9.${CANARY}.abc`,
  KNOWN,
  encodeURIComponent(KNOWN),
  JSON.stringify(KNOWN),
];

describe('redact', () => {
  test.each(SECRETS)('takes the secret out of %j', (text) => {
    expect(redact.text(text)).not.toContain(CANARY);
    expect(redact.text(text)).toContain('[redacted]');
  });

  test('takes secrets out at any place of any value', () => {
    const around = string().map((text) => text.replaceAll(CANARY, ''));
    const secret = tuple(around, constantFrom(...SECRETS), around).map(
      ([before, text, after]) => `${before} ${text} ${after}`,
    );
    const value = oneof(
      secret,
      array(oneof(secret, anything())),
      dictionary(string(), oneof(secret, array(secret))),
      secret.map((text) => new Error(text, { cause: new Error(text) })),
      secret.map((text) => ({ a: new Map([[text, new Set([text])]]), b: { c: { d: text } } })),
      secret.map((text) => ({ [text]: 1 })),
    );
    assertProperty(
      property(value, (each) => {
        expect(JSON.stringify(redact(each))).not.toContain(CANARY);
      }),
    );
  });

  test('answers something that JSON can write, for any value', () => {
    assertProperty(
      property(
        anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }),
        (value) => {
          expect(() => JSON.stringify(redact(value))).not.toThrow();
        },
      ),
    );
  });

  test.each([
    'authorization',
    'Cookie',
    'password',
    'signingSecret',
    'botToken',
    'access_token',
    'private_key',
    'X-Slack-Signature',
    'response_url',
  ])('hides the value of the field %s', (name) => {
    expect(redact({ [name]: { deep: CANARY } })).toEqual({ [name]: '[redacted]' });
  });

  test('keeps what is not secret', () => {
    const value = {
      run: 'defrag-prod-7f3k',
      hash: 'a1b2c3d4e5f60718',
      endpoint: 'https://10.0.0.11:2379/health?x=1',
      revision: 12n,
      at: new Date(0),
      list: [1, true, null],
      hasToken: 'no',
    };

    expect(redact({ ...value, hasToken: true })).toEqual({
      ...value,
      revision: '12',
      at: '1970-01-01T00:00:00.000Z',
      hasToken: true,
    });
  });

  test('keeps type, message, code and causes of errors', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED' });
    const error = new AggregateError([cause], 'outer', { cause });

    expect(redact(error)).toMatchObject({
      type: 'AggregateError',
      message: 'outer',
      cause: { type: 'TypeError', message: 'inner', code: 'ECONNREFUSED' },
      errors: [{ message: 'inner' }],
    });
  });

  test('ends at circles, depths and getters that throw', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    let deep: unknown = 'end';
    for (let level = 0; level < 50; level += 1) deep = { deep };
    const trap = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });

    expect(redact(circle)).toEqual({ self: '[circular]' });
    expect(JSON.stringify(redact(deep))).toContain('[too deep]');
    expect(redact(trap)).toBe('[unreadable]');
  });

  test('leaves its argument as it is, and shows sizes of bytes only', () => {
    const value = { token: CANARY, bytes: Buffer.from(CANARY) };

    expect(redact(value)).toEqual({ token: '[redacted]', bytes: '[16 bytes]' });
    expect(value.token).toBe(CANARY);
  });
});
