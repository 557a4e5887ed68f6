import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files: what a client needs to talk to the ring. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Certificates of one ring, all signed by one authority of their own. */
export interface RingCertificates {
  /** For every member, towards clients and peers; valid for 127.0.0.1 and localhost. */
  readonly server: TlsFiles;
  /** For clients (common name `drydock`). */
  readonly client: TlsFiles;
}

/**
 * Makes an authority, a server and a client certificate in `directory` with the `openssl` program (elliptic keys, 30 days).
 *
 * @param addresses further addresses that the server certificate is valid for
 * @throws Error with openssl's words; when openssl is missing it says so.
 */
export async function makeRingCertificates(
  directory: string,
  addresses: readonly string[] = [],
): Promise<RingCertificates> {
  const ca = join(directory, 'ca.crt');
  const caKey = join(directory, 'ca.key');
  await openssl([
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=drydock-playground-ca',
    '-keyout',
    caKey,
    '-out',
    ca,
  ]);
  const signer = { directory, ca, caKey, addresses };
  const [server, client] = await Promise.all([
    issueCertificate({ ...signer, name: 'server', commonName: 'etcd', usage: 'serverAuth,clientAuth' }),
    issueCertificate({ ...signer, name: 'client', commonName: 'drydock', usage: 'clientAuth' }),
  ]);
  return { server, client };
}

interface IssueOptions {
  readonly directory: string;
  readonly ca: string;
  readonly caKey: string;
  readonly addresses: readonly string[];
  readonly name: string;
  readonly commonName: string;
  readonly usage: string;
}

async function issueCertificate(options: IssueOptions): Promise<TlsFiles> {
  function path(suffix: string): string {
    return join(options.directory, `${options.name}.${suffix}`);
  }
  const names = ['IP:127.0.0.1', 'DNS:localhost', ...options.addresses.map((address) => `IP:${address}`)].join(',');
  await writeFile(path('ext'), `subjectAltName=${names}\nextendedKeyUsage=${options.usage}\n`);
  await openssl([
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    `/CN=${options.commonName}`,
    '-keyout',
    path('key'),
    '-out',
    path('csr'),
  ]);
  await openssl([
    'x509',
    '-req',
    '-in',
    path('csr'),
    '-CA',
    options.ca,
    '-CAkey',
    options.caKey,
    '-days',
    '30',
    '-set_serial',
    `0x${Buffer.from(options.name).toString('hex')}`,
    '-extfile',
    path('ext'),
    '-out',
    path('crt'),
  ]);
  return { ca: options.ca, cert: path('crt'), key: path('key') };
}

/**
 * Runs the `openssl` program.
 *
 * @throws Error with openssl's words; when openssl is missing it says so.
 */
export async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run('openssl', args);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('openssl is not installed; on Debian: apt-get install openssl', { cause: error });
    }
    throw error;
  }
}
