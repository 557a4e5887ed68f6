import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { KEPT_WITHOUT_END } from '../../../src/core/ports/object-store.ts';
import { createStoreAnchor } from '../../../src/engine/store-anchor.ts';
import { inChunks, sampleBytes } from '../../contract/object-store/suite.ts';
import { listeningPort } from '../../support/listening-port.ts';
import { answerError, STRICT_ID, type StrictS3 } from '../../support/strict-s3.ts';
import { SECRET, s3Scene } from './s3-scene.ts';

const UNTIL = '2030-01-01T00:00:00.000Z';
const BYTES = sampleBytes(1000);

function putsIn({ seen }: StrictS3) {
  return seen.filter(({ method, query }) => (method === 'PUT' && !query.has('partNumber')) || query.has('uploads'));
}

describe('what an object store in a bucket asks for', () => {
  test('that an object is kept: asked for with the mode, and looked for afterwards', async () => {
    const { server, store } = await s3Scene();
    const kept = await store({ retentionMode: 'governance' }).put('a', BYTES, { retainUntil: UNTIL });
    expect(kept).toMatchObject({ ok: true, value: { retainedUntil: UNTIL } });
    expect(putsIn(server)[0]?.headers).toMatchObject({
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': expect.stringMatching(/^2030-01-01T00:00:00/),
      'x-amz-checksum-sha256': expect.any(String),
    });
    expect(await store().delete('a')).toMatchObject({ error: { code: 'retained' } });
    const stream = await store().put('b', inChunks(sampleBytes(9_000_000)), { retainUntil: UNTIL });
    expect(stream).toMatchObject({ ok: true, value: { retainedUntil: UNTIL } });
  });

  test('a server that passes over that is not believed', async () => {
    const { store } = await s3Scene('ignored');
    const put = await store().put('a', BYTES, { retainUntil: UNTIL });
    expect(put).toMatchObject({ error: { code: 'no-retention', message: expect.stringContaining('was stored, and') } });
  });

  test('encryption, and that nothing is replaced', async () => {
    const { server, store } = await s3Scene();
    await store({ encryption: { kind: 'kms', key: 'arn:aws:kms:eu-west-1:1:key/k' } }).put('a', BYTES, {
      createOnly: true,
    });
    await store({ encryption: { kind: 'aes256' } }).put('b', BYTES);
    expect(putsIn(server).map(({ headers }) => headers)).toMatchObject([
      {
        'if-none-match': '*',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:1:key/k',
      },
      { 'x-amz-server-side-encryption': 'AES256' },
    ]);
  });

  test.each([
    ['nothing of it', {}, 'does not show that it is encrypted (aws:kms)'],
    ['other encryption', { 'x-amz-server-side-encryption': 'AES256' }, 'encrypted it with AES256 instead of aws:kms'],
    [
      'another key',
      {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:a:1:key/l',
      },
      'encrypted it with the key arn:aws:kms:a:1:key/l instead of arn:aws:kms:a:1:key/k',
    ],
  ])('a server that shows %s is not believed', async (_what, headers, words) => {
    const { server, store } = await s3Scene();
    server.fault = ({ method, key, body }, response) => {
      if (method !== 'PUT') return false;
      server.objects.set(key, { body, headers });
      response.writeHead(200).end();
      return true;
    };
    const put = await store({ encryption: { kind: 'kms', key: 'arn:aws:kms:a:1:key/k' } }).put('a', BYTES);
    expect(put).toMatchObject({ error: { code: 'no-encryption', message: `a was stored, and drydock ${words}` } });
  });

  test('each part of a stream has its checksum, and one that came in first stays', async () => {
    const { server, store } = await s3Scene();
    await store().put('a', inChunks(sampleBytes(9_000_000)), { createOnly: true });
    const parts = server.seen.filter(({ query }) => query.has('partNumber'));
    expect(parts.length).toBe(2);
    expect(parts.every(({ headers }) => headers['x-amz-checksum-sha256'] !== undefined)).toBe(true);
    // Between the look and the end of the upload, somebody else stores it.
    server.fault = ({ key, method }) => {
      if (key === 'b' && method === 'PUT') server.objects.set('b', { body: Buffer.from('first'), headers: {} });
      return false;
    };
    const second = await store().put('b', inChunks(sampleBytes(9_000_000)), { createOnly: true });
    expect(second).toMatchObject({ error: { code: 'already-there' } });
    expect(String(server.objects.get('b')?.body)).toBe('first');
    expect(server.uploads.size).toBe(0);
  });

  test('the secret goes nowhere', async () => {
    const { server, store } = await s3Scene();
    await store().put('a', BYTES);
    expect(server.seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(server.seen.map(({ headers }) => headers))).not.toContain(SECRET);
  });

  test('credentials of the environment, where no file is named', async () => {
    const { store } = await s3Scene();
    vi.stubEnv('AWS_ACCESS_KEY_ID', STRICT_ID);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
    expect(await store({ credentialsFile: null }).put('a', BYTES)).toMatchObject({ ok: true });
  });

  test('a proxy is gone through, unless it is not to be', async () => {
    const { server, store } = await s3Scene();
    const through: string[] = [];
    const proxy = createServer((request, response) => {
      through.push(request.url ?? '');
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>the proxy says no</Message></Error>');
    });
    const port = await listeningPort(proxy);
    onTestFinished(() => void proxy.close());
    const env = { HTTP_PROXY: `http://127.0.0.1:${port}` };
    const refused = await store({ endpoint: 'http://s3.invalid' }, { env }).list();
    expect(refused).toMatchObject({ error: { code: 'denied' } });
    expect(through[0]).toContain('http://s3.invalid/drydock');
    // As OpenShift writes it: ranges, and names that stand for their subdomains.
    const direct = { env: { ...env, NO_PROXY: '10.0.0.0/8, 127.0.0.0/8,invalid' } };
    expect(await store({}, direct).list()).toMatchObject({ ok: true });
    expect(await store({ endpoint: 'http://s3.invalid' }, direct).list()).toMatchObject({ error: { code: 'away' } });
    expect(through).toHaveLength(1);
    expect(server.seen.length).toBe(1);
  });
});

describe('anchors in a bucket', () => {
  const AT = '2026-11-21T10:00:00.000Z';
  const DAY = 86_400_000;
  const anchor = { seq: 12, hash: 'a'.repeat(64) };

  test('each is an object of its own, kept as long as configured; the same again changes nothing', async () => {
    const { server, store } = await s3Scene();
    const anchors = createStoreAnchor(store({ prefix: 'audit' }), 365 * DAY);
    expect(await anchors.keep(anchor, AT)).toEqual({ kept: true });
    expect(await anchors.keep(anchor, '2026-11-22T10:00:00.000Z')).toEqual({ kept: true });
    expect([...server.objects.keys()]).toEqual(['audit/000000000012.anchor']);
    const kept = server.objects.get('audit/000000000012.anchor');
    expect(String(kept?.body)).toBe(`12:${'a'.repeat(64)} ${AT}\n`);
    expect(kept?.headers).toMatchObject({
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': expect.stringMatching(/^2027-11-21T10:00:00/),
    });
  });

  test('another one in its place is a fault, and so is a bucket that keeps nothing, again and again', async () => {
    const { store } = await s3Scene();
    await createStoreAnchor(store(), DAY).keep(anchor, AT);
    const other = await createStoreAnchor(store(), DAY).keep({ ...anchor, hash: 'b'.repeat(64) }, AT);
    expect(other).toMatchObject({ kept: false, fault: 'another-anchor' });
    const without = createStoreAnchor((await s3Scene('off')).store(), DAY);
    expect(await without.keep(anchor, AT)).toMatchObject({ kept: false, fault: 'no-retention' });
    const ignoring = createStoreAnchor((await s3Scene('ignored')).store(), DAY);
    expect(await ignoring.keep(anchor, AT)).toMatchObject({ kept: false, fault: 'no-retention' });
    expect(await ignoring.keep(anchor, AT)).toMatchObject({ kept: false, fault: 'no-retention' });
  });
});

describe('what a bucket keeps', () => {
  const HOLD = { 'x-amz-object-lock-legal-hold': 'ON' };

  test('a legal hold has no end, and keeps from being removed, though the server would let it be hidden', async () => {
    const { server, store } = await s3Scene();
    server.objects.set('a', { body: Buffer.from('x'), headers: HOLD });
    expect(await store().head('a')).toMatchObject({ ok: true, value: { retainedUntil: KEPT_WITHOUT_END } });
    expect(await store().delete('a')).toMatchObject({
      error: { code: 'retained', message: 'a could not be removed: drydock keeps it under a legal hold' },
    });
    expect(server.objects.has('a')).toBe(true);
    expect(server.seen.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  test('a lock that HEAD does not show, because the right to see it is missing, is not taken for none', async () => {
    const { server, store } = await s3Scene();
    await store().put('a', BYTES);
    server.fault = ({ query }, response) =>
      query.has('retention') && answerError(response, 403, 'AccessDenied', 'Access Denied');
    const removed = await store().delete('a');
    expect(removed).toMatchObject({
      error: { code: 'denied', message: expect.stringMatching(/keeps a could not be seen.*s3:GetObjectRetention/) },
    });
    expect(server.objects.has('a')).toBe(true);
  });

  test('a server away while it is asked is away, and nothing is removed', async () => {
    const { server, store } = await s3Scene();
    await store().put('a', BYTES);
    server.fault = ({ query }, response) =>
      query.has('legal-hold') && answerError(response, 503, 'SlowDown', 'Please reduce your request rate.');
    expect(await store({}, { attempts: 1 }).delete('a')).toMatchObject({ error: { code: 'away' } });
    expect(server.objects.has('a')).toBe(true);
  });

  test.each([
    ['a bucket without object lock', 400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration'],
    ['an object without a lock', 404, 'NoSuchObjectLockConfiguration', 'The specified object does not have one'],
    ['a server that has none', 501, 'NotImplemented', 'A header you provided implies functionality that is missing'],
  ])('%s keeps nothing', async (_what, status, code, words) => {
    const { server, store } = await s3Scene();
    await store().put('a', BYTES);
    server.fault = ({ query }, response) =>
      (query.has('retention') || query.has('legal-hold')) && answerError(response, status, code, words);
    expect(await store({}, { attempts: 1 }).delete('a')).toMatchObject({ ok: true });
    expect(server.objects.size).toBe(0);
  });
});
