import { type ConnectionOptions, checkServerIdentity, connect } from 'node:tls';
import type { EtcdResult } from '../../core/ports/etcd.ts';
import { formatSpan } from '../../core/time.ts';
import type { EtcdAddress } from './address.ts';
import type { Budget } from './budget.ts';
import { connectionError } from './errors.ts';
import { dialled, type MetricsRequest } from './metrics.ts';

/**
 * When the certificate ends that a member shows to clients, ISO; `null`: it speaks without TLS, or showed none that can be read. A handshake of its
 * own, with nothing sent over it; one that cannot be made says why, for instance that the certificate has expired.
 */
export async function readCertificateEnd(asked: MetricsRequest, budget: Budget): Promise<EtcdResult<string | null>> {
  const { address, tls } = asked;
  if (!address.secure) return { ok: true, value: null };
  const { promise, resolve } = Promise.withResolvers<EtcdResult<string | null>>();
  const what = `${asked.what} at ${address.url}`;
  const withinMs = Math.ceil(budget.remainingMs());
  const socket = connect({
    ...endOf(address),
    ...(tls === undefined ? {} : { ca: tls.ca, cert: tls.cert, key: tls.key }),
  });
  const cancel = (): void => resolve({ ok: false, error: { code: 'cancelled', message: `${what}: cancelled` } });
  socket.setTimeout(withinMs, () =>
    resolve({
      ok: false,
      error: { code: 'unknown-outcome', message: `${what}: no answer within ${formatSpan(withinMs)}` },
    }),
  );
  socket.once('error', (error) => resolve({ ok: false, error: connectionError(error.message, what) }));
  socket.once('secureConnect', () => resolve({ ok: true, value: isoOf(socket.getPeerCertificate().valid_to) }));
  budget.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await promise;
  } finally {
    budget.signal.removeEventListener('abort', cancel);
    socket.destroy();
  }
}

function endOf(address: EtcdAddress): ConnectionOptions {
  const { host, port, socketPath, servername } = dialled(address);
  return {
    ...(typeof socketPath === 'string' ? { path: socketPath } : { host: host ?? '', port: Number(port) }),
    servername: servername ?? '',
    checkServerIdentity: (_name, certificate) => checkServerIdentity(address.host, certificate),
  };
}

/** Node tells it as `Nov 22 03:00:00 2027 GMT`. */
function isoOf(time: string | undefined): string | null {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
