import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../playground/certificates.ts';

const run = promisify(execFile);

/** A client certificate of `system:masters`, signed by the authority of a ring's directory. */
export async function makeAdminCertificate(directory: string): Promise<TlsFiles> {
  const [cert, key, csr, ext] = ['crt', 'key', 'csr', 'ext'].map((suffix) => join(directory, `admin.${suffix}`));
  const [ca, caKey] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  if (cert === undefined || key === undefined || csr === undefined || ext === undefined) throw new Error('no path');
  await writeFile(ext, 'extendedKeyUsage=clientAuth\n');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    'req',
    ...curve,
    '-subj',
    '/O=system:masters/CN=kubernetes-admin',
    '-keyout',
    key,
    '-out',
    csr,
  ]);
  const sign = ['x509', '-req', '-in', csr, '-CA', ca, '-CAkey', caKey, '-days', '30', '-set_serial', '4711'];
  await run('openssl', [...sign, '-extfile', ext, '-out', cert]);
  return { ca, cert, key };
}
