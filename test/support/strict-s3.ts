import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { listeningPort } from './listening-port.ts';

/** A request that arrived. */
export interface S3Request {
  readonly method: string;
  /** Key, without the bucket; empty: the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What stands in the bucket. */
export interface StrictObject {
  body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

interface OpenUpload {
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  readonly parts: Map<number, Buffer>;
  readonly begun: string;
}

/**
 * A server with the bucket `drydock` in memory that has what s3rver has not: it asks for checksums and compares them, knows `If-None-Match`,
 * object lock, pages, and the end of uploads in parts. It looks at the name of who signed, not at the signature.
 */
export interface StrictS3 {
  readonly endpoint: string;
  readonly seen: readonly S3Request[];
  readonly objects: Map<string, StrictObject>;
  readonly uploads: Map<string, OpenUpload>;
  /** Is asked before the server answers; whoever answers there returns `true`. */
  fault: (request: S3Request, response: ServerResponse, count: number) => boolean;
  stop(): Promise<void>;
}

/** Who may ask it. */
export const STRICT_ID = 'STRICT';

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** An answer as S3 gives it when something is wrong. */
export function answerError(response: ServerResponse, status: number, code: string, message: string): true {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  return true;
}

/** Starts one on a free port of 127.0.0.1. `lock`: the bucket has object lock, it has not, or it passes over what it is asked. */
export async function startStrictS3(lock: 'on' | 'off' | 'ignored' = 'on'): Promise<StrictS3> {
  const seen: S3Request[] = [];
  const state = { objects: new Map<string, StrictObject>(), uploads: new Map<string, OpenUpload>(), lock };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://strict');
      const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
      const { method = '', headers } = request;
      const asked = { method, key, query: url.searchParams, headers, body: Buffer.concat(chunks) };
      seen.push(asked);
      if (strict.fault(asked, response, seen.length)) return;
      try {
        if (bucket !== 'drydock') throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
        if (!(headers.authorization ?? '').includes(`Credential=${STRICT_ID}/`))
          throw new Refusal(403, 'InvalidAccessKeyId', 'The access key does not exist in our records.');
        answer(state, asked, response);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (method !== 'HEAD') answerError(response, error.status, error.code, error.message);
        else response.writeHead(error.status).end();
      }
    });
  });
  const port = await listeningPort(server);
  const strict: StrictS3 = {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    objects: state.objects,
    uploads: state.uploads,
    fault: () => false,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.resolve();
    },
  };
  return strict;
}

interface State {
  readonly objects: Map<string, StrictObject>;
  readonly uploads: Map<string, OpenUpload>;
  readonly lock: 'on' | 'off' | 'ignored';
}

function answer(state: State, request: S3Request, response: ServerResponse): void {
  const { method, key, query } = request;
  if (key === '') sendXml(response, query.has('uploads') ? uploadsXml(state, query) : listXml(state, query));
  else if (method === 'POST' && query.has('uploads')) sendXml(response, begin(state, request));
  else if (method === 'POST') sendXml(response, complete(state, request));
  else if (query.has('legal-hold') || query.has('retention')) sendXml(response, lockXml(state, request));
  else if (method === 'DELETE') remove(state, request, response);
  else if (method === 'PUT' && query.has('uploadId')) putPart(state, request, response);
  else if (method === 'PUT') {
    checkSum(request);
    store(state, key, request.headers, request.body);
    response.writeHead(200, { etag: '"1"' }).end();
  } else read(state, request, response);
}

function sendXml(response: ServerResponse, xml: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
}

function checkSum({ headers, body }: S3Request): void {
  const given = headers['x-amz-checksum-sha256'];
  if (given === undefined) throw new Refusal(400, 'InvalidRequest', 'A checksum is required');
  if (given !== createHash('sha256').update(body).digest('base64'))
    throw new Refusal(400, 'BadDigest', 'The checksum you specified did not match what we received.');
}

function store({ objects, lock }: State, key: string, asked: IncomingHttpHeaders, body: Buffer): void {
  if (asked['if-none-match'] === '*' && objects.has(key))
    throw new Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  if (asked['x-amz-object-lock-mode'] !== undefined && lock === 'off')
    throw new Refusal(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const kept = Object.entries(asked).filter(
    ([name]) =>
      name.startsWith('x-amz-meta-') ||
      name.startsWith('x-amz-server-side') ||
      (lock === 'on' && name.startsWith('x-amz-object-lock')),
  );
  const headers = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  objects.set(key, { body, headers: { ...headers, 'last-modified': 'Sun, 01 Nov 2026 10:00:00 GMT' } });
}

function begin({ uploads }: State, { key, headers }: S3Request): string {
  const id = randomUUID();
  uploads.set(id, { key, headers, parts: new Map(), begun: '2026-11-01T10:00:00.000Z' });
  return `<InitiateMultipartUploadResult><Bucket>drydock</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
}

function uploadOf({ uploads }: State, { query }: S3Request): OpenUpload {
  const upload = uploads.get(query.get('uploadId') ?? '');
  if (upload === undefined) throw new Refusal(404, 'NoSuchUpload', 'The specified upload does not exist.');
  return upload;
}

function putPart(state: State, request: S3Request, response: ServerResponse): void {
  const upload = uploadOf(state, request);
  checkSum(request);
  upload.parts.set(Number(request.query.get('partNumber')), request.body);
  const sum = String(request.headers['x-amz-checksum-sha256']);
  response.writeHead(200, { etag: '"part"', 'x-amz-checksum-sha256': sum }).end();
}

function complete(state: State, request: S3Request): string {
  const { key, headers, parts } = uploadOf(state, request);
  const numbers = [...request.body.toString('utf8').matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) =>
    Number(n),
  );
  const bodies = numbers.map((number) => parts.get(number) ?? Buffer.alloc(0));
  store(state, key, { ...headers, ...conditionOf(request.headers) }, Buffer.concat(bodies));
  state.uploads.delete(request.query.get('uploadId') ?? '');
  return `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"1"</ETag></CompleteMultipartUploadResult>`;
}

function conditionOf(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers['if-none-match'] === undefined ? {} : { 'if-none-match': headers['if-none-match'] };
}

function remove(state: State, request: S3Request, response: ServerResponse): void {
  const { key, query } = request;
  const until = state.objects.get(key)?.headers['x-amz-object-lock-retain-until-date'];
  if (query.has('uploadId')) {
    uploadOf(state, request);
    state.uploads.delete(query.get('uploadId') ?? '');
  } else if (until !== undefined) {
    throw new Refusal(403, 'AccessDenied', 'Access Denied because object protected by object lock.');
  } else state.objects.delete(key);
  response.writeHead(204).end();
}

function lockXml({ objects, lock }: State, { key, query }: S3Request): string {
  const headers = objects.get(key)?.headers;
  if (headers === undefined) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  if (lock === 'off') throw new Refusal(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const hold = headers['x-amz-object-lock-legal-hold'];
  const mode = headers['x-amz-object-lock-mode'];
  const until = headers['x-amz-object-lock-retain-until-date'];
  if (query.has('legal-hold') && hold !== undefined) return `<LegalHold><Status>${hold}</Status></LegalHold>`;
  if (query.has('retention') && until !== undefined)
    return `<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`;
  throw new Refusal(
    404,
    'NoSuchObjectLockConfiguration',
    'The specified object does not have a ObjectLock configuration',
  );
}

function read({ objects }: State, { key, method }: S3Request, response: ServerResponse): void {
  const found = objects.get(key);
  if (found === undefined) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  response.writeHead(200, { ...found.headers, 'content-length': String(found.body.length) });
  response.end(method === 'HEAD' ? undefined : found.body);
}

function listXml({ objects }: State, query: URLSearchParams): string {
  const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? ''];
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
  const page = keys.slice(0, Number(query.get('max-keys') ?? 1000));
  const entries = page.map((key) => {
    const size = objects.get(key)?.body.length ?? 0;
    return `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>2026-11-01T10:00:00.000Z</LastModified></Contents>`;
  });
  const more = keys.length > page.length;
  return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${entries.join('')}</ListBucketResult>`;
}

/** One upload a page, so that whoever reads the list has to follow it. */
function uploadsXml({ uploads }: State, query: URLSearchParams): string {
  const after = `${query.get('key-marker') ?? ''} ${query.get('upload-id-marker') ?? ''}`;
  const all = [...uploads].map(([id, { key, begun }]) => ({ id, key, begun, at: `${key} ${id}` }));
  const [first, ...more] = all.filter(({ at }) => at > after).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  if (first === undefined)
    return '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>';
  const { id, key, begun } = first;
  const next = `<NextKeyMarker>${key}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`;
  const upload = `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`;
  return `<ListMultipartUploadsResult><IsTruncated>${more.length > 0}</IsTruncated>${next}${upload}</ListMultipartUploadsResult>`;
}
