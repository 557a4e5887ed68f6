import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EtcdTls } from '../../../src/adapters/etcd/tls.ts';

const run = promisify(execFile);

/** An authority in a directory: `ca.crt` and `ca.key`. */
export interface Authority {
  readonly directory: string;
}

/** What a certificate says. */
export interface CertificateRequest {
  /** File name without ending; also the common name. */
  readonly name: string;
  /** Subject alternative names, for instance `IP:127.0.0.1`. */
  readonly names: string;
  /** Days from now to its end; negative: it has ended. */
  readonly days: number;
}

/** Makes a certificate of that authority with openssl, as PEM. @throws Error with openssl's words. */
export async function issue(authority: Authority, request: CertificateRequest): Promise<EtcdTls> {
  function at(suffix: string): string {
    return join(authority.directory, `${request.name}.${suffix}`);
  }
  const ca = join(authority.directory, 'ca.crt');
  await writeFile(at('ext'), `subjectAltName=${request.names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('key')];
  await run('openssl', ['req', ...key, '-subj', `/CN=${request.name}`, '-out', at('csr')]);
  const signing = ['-CA', ca, '-CAkey', join(authority.directory, 'ca.key'), '-set_serial', '77'];
  const days = ['-days', String(request.days), '-extfile', at('ext')];
  await run('openssl', ['x509', '-req', '-in', at('csr'), ...signing, ...days, '-out', at('crt')]);
  const [authorityPem, cert, pem] = await Promise.all([readFile(ca), readFile(at('crt')), readFile(at('key'))]);
  return { ca: authorityPem, cert, key: pem };
}
