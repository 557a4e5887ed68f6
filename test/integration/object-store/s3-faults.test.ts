import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readWhole } from '../../../src/core/object-bytes.ts';
import { breaking, inChunks, sampleBytes, shaOf } from '../../contract/object-store/suite.ts';
import { writeCredentials } from '../../support/s3-server.ts';
import { answerError } from '../../support/strict-s3.ts';
import { SECRET, s3Scene } from './s3-scene.ts';

const BYTES = sampleBytes(1000);
const MOST = 64 * 1024 * 1024;
const QUICK = { patienceMs: 400, attempts: 2 };

describe('what an object store in a bucket says when something is wrong', () => {
  test.each([
    ['denied', 403, 'AccessDenied', 'Access Denied'],
    ['denied', 400, 'ExpiredToken', 'The provided token has expired.'],
    ['denied', 403, 'SignatureDoesNotMatch', 'The request signature does not match.'],
    ['wrong-place', 301, 'PermanentRedirect', 'The bucket must be addressed using the specified endpoint.'],
    ['wrong-place', 400, 'AuthorizationHeaderMalformed', 'the region us-east-1 is wrong; expecting eu-west-1'],
    ['full', 507, 'XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold.'],
    ['full', 403, 'QuotaExceeded', 'The quota is used up.'],
    ['clock-skew', 403, 'RequestTimeTooSkewed', 'The difference between the request time and the server is too large.'],
    ['checksum-differs', 400, 'BadDigest', 'The checksum you specified did not match.'],
    ['no-retention', 400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration'],
    ['refused', 400, 'InvalidArgument', 'Something else.'],
    ['already-there', 412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold'],
  ])('%s: %i %s', async (code, status, name, message) => {
    const { server, store } = await s3Scene();
    server.fault = (_request, response) => answerError(response, status, name, message);
    const put = await store().put('a', BYTES);
    expect(put).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(name) } });
    expect(JSON.stringify(put)).not.toContain(SECRET);
    expect(server.seen.length).toBeLessThanOrEqual(3);
  });

  test('why an object cannot be looked at is told, although an answer to HEAD says nothing', async () => {
    const { server, store } = await s3Scene();
    server.fault = (request, response) => {
      if (request.method !== 'HEAD') return answerError(response, 403, 'RequestTimeTooSkewed', 'too large');
      response.writeHead(403).end();
      return true;
    };
    expect(await store().head('a')).toMatchObject({ error: { code: 'clock-skew' } });
  });

  test('wrong credentials, none in the file, no file: no call gets through, and no secret gets out', async () => {
    const { folder, store, credentialsFile } = await s3Scene();
    const wrong = await store({ credentialsFile: await writeCredentials(folder, 'OTHER', SECRET) }).put('a', BYTES);
    expect(wrong).toMatchObject({ error: { code: 'denied' } });
    const empty = await store({ credentialsFile: await writeCredentials(folder, 'none', '') }).put('a', BYTES);
    expect(empty).toMatchObject({
      error: { code: 'denied', message: expect.stringContaining('aws_secret_access_key') },
    });
    await rm(credentialsFile);
    const gone = await store().put('a', BYTES);
    expect(gone).toMatchObject({ error: { code: 'denied', message: expect.stringContaining('ENOENT') } });
    expect(JSON.stringify([wrong, empty, gone])).not.toContain(SECRET);
  });

  test('a bucket that is not there', async () => {
    const { store } = await s3Scene();
    const other = store({ bucket: 'another' });
    expect(await other.put('a', BYTES)).toMatchObject({ error: { code: 'wrong-place' } });
    expect(await other.head('a')).toMatchObject({ error: { code: 'wrong-place' } });
    expect(await other.list()).toMatchObject({ error: { code: 'wrong-place' } });
  });

  test.each([500, 503])('%i is tried again, and not for ever', async (status) => {
    const { server, store } = await s3Scene();
    server.fault = (_request, response) => answerError(response, status, 'InternalError', 'busy');
    expect(await store().put('a', BYTES)).toMatchObject({ error: { code: 'away' } });
    expect(server.seen).toHaveLength(3);
    server.fault = (_request, response, count) => count === 4 && answerError(response, status, 'SlowDown', 'busy');
    expect(await store().put('a', BYTES)).toMatchObject({ ok: true });
  });

  test('a server that is not there, one that hangs up, one that says nothing', async () => {
    const { server, store } = await s3Scene();
    const nowhere = await store({ endpoint: 'http://127.0.0.1:1' }).put('a', BYTES);
    expect(nowhere).toMatchObject({ error: { code: 'away', message: expect.stringContaining('ECONNREFUSED') } });
    server.fault = (_request, response) => {
      response.destroy();
      return true;
    };
    expect(await store().put('a', BYTES)).toMatchObject({ error: { code: 'away' } });
    server.fault = () => true;
    expect(await store({}, QUICK).head('a')).toMatchObject({
      error: { code: 'away', message: expect.stringContaining('no answer within 400 ms') },
    });
  });

  test('content that stops in the middle, ends early, or came back changed', async () => {
    const { server, store } = await s3Scene();
    await store().put('a', BYTES);
    server.fault = ({ method }, response) => {
      if (method !== 'GET') return false;
      response.writeHead(200, { 'content-length': '1000' });
      response.write(BYTES.subarray(0, 500));
      return true;
    };
    expect(await readWhole(store({}, QUICK), 'a', MOST)).toMatchObject({ ok: false, error: { code: 'away' } });
    server.fault = ({ method }, response) => {
      if (method !== 'GET') return false;
      response.writeHead(200, { 'content-length': '1000' });
      response.write(BYTES.subarray(0, 500), () => response.destroy());
      return true;
    };
    expect(await readWhole(store(), 'a', MOST)).toMatchObject({ ok: false, error: { code: 'away' } });
    server.fault = () => false;
    const object = server.objects.get('a');
    if (object !== undefined) object.body = Buffer.from(object.body.map((byte, at) => (at === 7 ? byte ^ 1 : byte)));
    // Nobody said what to expect: the hash beside the object does.
    expect(await readWhole(store(), 'a', MOST)).toMatchObject({ error: { code: 'checksum-differs' } });
  });

  test('an upload in parts that fails leaves nothing; one that cannot be cleaned up says so and is swept', async () => {
    const { server, store } = await s3Scene();
    const broken = await store().put('a', breaking(9_000_000));
    expect(broken).toMatchObject({ error: { code: 'source-failed' } });
    expect([server.uploads.size, server.objects.size]).toEqual([0, 0]);
    expect(server.seen.some(({ method, query }) => method === 'DELETE' && query.has('uploadId'))).toBe(true);

    server.fault = ({ method }, response) => method === 'DELETE' && answerError(response, 403, 'AccessDenied', 'no');
    const left = await store().put('a', breaking(9_000_000));
    expect(left).toMatchObject({ error: { code: 'source-failed', message: expect.stringContaining('are left in') } });
    await store().put('b', breaking(9_000_000));
    expect(server.uploads.size).toBe(2);

    server.fault = () => false;
    expect(await store().removeUnfinished('2026-11-01T09:00:00.000Z')).toEqual({ ok: true, value: 0 });
    expect(await store().removeUnfinished('2026-11-01T11:00:00.000Z')).toEqual({ ok: true, value: 2 });
    expect(server.uploads.size).toBe(0);
  });

  test('a part that fails ends it at once, and is told, although the source stands still', async () => {
    const { server, store } = await s3Scene();
    server.fault = ({ query }, response) =>
      query.has('partNumber') && answerError(response, 403, 'AccessDenied', 'Access Denied');
    const put = await store().put('a', standingStill(9_000_000));
    expect(put).toMatchObject({ error: { code: 'denied', message: expect.stringContaining('AccessDenied') } });
    expect(server.uploads.size).toBe(0);
  });

  test('an upload whose end was made and not answered is found; one that was not made is away', async () => {
    const { server, store } = await s3Scene();
    let ends = 0;
    server.fault = ({ method, query }, response) => {
      if (method !== 'POST' || !query.has('uploadId')) return false;
      ends += 1;
      const upload = server.uploads.get(query.get('uploadId') ?? '');
      if (ends > 1 || upload === undefined) return false;
      const body = Buffer.concat([...upload.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part));
      server.objects.set(upload.key, { body, headers: {} });
      server.uploads.clear();
      response.destroy();
      return true;
    };
    const content = sampleBytes(9_000_000);
    const put = await store().put('a', inChunks(content), { createOnly: true });
    expect(put).toMatchObject({ ok: true, value: { size: 9_000_000, sha256: shaOf(content) } });
    expect(ends).toBeGreaterThan(1);

    server.fault = ({ method, query }, response) =>
      method === 'POST' && query.has('uploadId') && answerError(response, 404, 'NoSuchUpload', 'It does not exist.');
    expect(await store().put('b', inChunks(content), { createOnly: true })).toMatchObject({ error: { code: 'away' } });
  });

  test('a server that gives the same page of a list again and again is not followed for ever', async () => {
    const { server, store } = await s3Scene();
    server.fault = ({ query }, response) => {
      const uploads = query.has('uploads');
      const root = uploads ? 'ListMultipartUploadsResult' : 'ListBucketResult';
      const more = uploads
        ? '<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>'
        : '<Contents><Key>a</Key><Size>1</Size></Contents>';
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(`<${root}><IsTruncated>true</IsTruncated>${more}</${root}>`);
      return true;
    };
    expect(await store().removeUnfinished('2026-11-01T11:00:00.000Z')).toMatchObject({ error: { code: 'refused' } });
    expect(await store().list()).toMatchObject({ ok: true, value: { next: 'a' } });
    expect(await store().list({ after: 'a' })).toMatchObject({ error: { code: 'refused' } });
  });

  test('a server that loses a part of a stream is found out', async () => {
    const { server, store } = await s3Scene();
    const bytes = sampleBytes(9_000_000);
    const whole = await store().put('whole', inChunks(bytes), { sha256: shaOf(bytes), createOnly: true });
    expect(whole).toMatchObject({ ok: true, value: { size: bytes.length } });
    server.fault = ({ method, key }) => {
      const object = server.objects.get(key);
      if (method === 'HEAD' && object !== undefined) object.body = object.body.subarray(0, 8_388_608);
      return false;
    };
    const cut = await store().put('cut', inChunks(bytes));
    expect(cut).toMatchObject({
      error: { code: 'checksum-differs', message: expect.stringContaining('8388608 bytes') },
    });
  });
});

/** Gives so many bytes, and then nothing for ever. */
async function* standingStill(bytes: number): AsyncGenerator<Uint8Array> {
  yield* inChunks(sampleBytes(bytes));
  await new Promise<void>(() => undefined);
}
