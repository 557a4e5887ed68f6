import type { IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { EtcdError, EtcdMember, EtcdResult } from '../../core/ports/etcd.ts';
import { formatSpan } from '../../core/time.ts';
import type { EtcdAddress } from './address.ts';
import type { Budget } from './budget.ts';
import { connectionError } from './errors.ts';
import { findMetric } from './prometheus.ts';
import type { EtcdTls } from './tls.ts';

const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** A GET of one member's metrics page. */
export interface MetricsRequest {
  readonly address: EtcdAddress;
  readonly tls: EtcdTls | undefined;
  readonly member: EtcdMember;
  /** Completes error texts. */
  readonly what: string;
}

/** A member's metrics page, `null` when it shows none. A page that names another member is `wrong-member`. */
export async function readMetrics(request: MetricsRequest, budget: Budget): Promise<EtcdResult<string | null>> {
  const page = await fetchPage(request, budget);
  if (!page.ok || page.value === null) return page;
  const owner = findMetric(page.value, 'etcd_server_id')[0]?.labels['server_id'];
  if (owner === undefined || owner === request.member.id) return page;
  return fail('wrong-member', `${request.what} at ${request.address.url}: member ${owner} answered there`);
}

function fetchPage(asked: MetricsRequest, budget: Budget): Promise<EtcdResult<string | null>> {
  const { promise, resolve } = Promise.withResolvers<EtcdResult<string | null>>();
  const what = `${asked.what} at ${asked.address.url}`;
  const withinMs = Math.ceil(budget.remainingMs());
  const limit = AbortSignal.timeout(withinMs);
  const options: RequestOptions = {
    ...dialled(asked.address),
    path: '/metrics',
    // A connection of its own: no pool that could hand out one to another member.
    agent: false,
    signal: AbortSignal.any([limit, budget.signal]),
    ...(asked.tls === undefined ? {} : { ca: asked.tls.ca, cert: asked.tls.cert, key: asked.tls.key }),
  };
  function failed(error: Error): void {
    if (budget.signal.aborted) resolve(fail('cancelled', `${what}: cancelled`));
    else if (limit.aborted) resolve(fail('unknown-outcome', `${what}: no answer within ${formatSpan(withinMs)}`));
    else resolve({ ok: false, error: connectionError(error.message, what) });
  }
  const request = (asked.address.secure ? requestHttps : requestHttp)(options, (response) => {
    response.once('error', failed);
    if (response.statusCode === 200) {
      collect(response).then((text) => resolve({ ok: true, value: text }), failed);
    } else {
      response.resume();
      resolve({ ok: true, value: null });
    }
  });
  request.once('error', failed);
  request.end();
  return promise;
}

/** Where a connection to an address goes to; the certificate is checked against the address itself all the same. */
export function dialled(address: EtcdAddress): RequestOptions {
  if (address.target.startsWith('unix:')) return { socketPath: address.target.slice('unix:'.length) };
  const at = address.target.lastIndexOf(':');
  return {
    host: address.target.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.target.slice(at + 1)),
    servername: isIP(address.host) === 0 ? address.host : '',
    checkServerIdentity: (_name, certificate) => checkServerIdentity(address.host, certificate),
  };
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_PAGE_BYTES) throw new Error('the page is too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function fail(code: EtcdError['code'], message: string): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error: { code, message } };
}
