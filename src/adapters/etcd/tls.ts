import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Client side of mutual TLS, as PEM. Never logged, never in a message. */
export interface EtcdTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Where the PEM files are. */
export interface EtcdTlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The files' content, or every problem found in them; a problem names the file, never what is in it. */
export type EtcdTlsResult =
  | { readonly ok: true; readonly tls: EtcdTls }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads and checks the three files: readable, of the right kind, key and certificate belong together. */
export async function readEtcdTls(files: EtcdTlsFiles): Promise<EtcdTlsResult> {
  const problems: string[] = [];
  async function read(path: string, kind: string): Promise<Buffer> {
    try {
      return await readFile(path);
    } catch (error) {
      problems.push(`cannot read the ${kind} ${path}: ${fileProblem(error)}`);
      return Buffer.alloc(0);
    }
  }
  const [ca, cert, key] = await Promise.all([
    read(files.ca, 'CA certificate'),
    read(files.cert, 'client certificate'),
    read(files.key, 'client key'),
  ]);
  if (problems.length === 0) problems.push(...contentProblems({ ca, cert, key }, files));
  return problems.length === 0 ? { ok: true, tls: { ca, cert, key } } : { ok: false, problems };
}

function contentProblems(tls: EtcdTls, files: EtcdTlsFiles): readonly string[] {
  const ca = attempt(() => new X509Certificate(tls.ca));
  const cert = attempt(() => new X509Certificate(tls.cert));
  const key = attempt(() => createPrivateKey(tls.key));
  const problems: string[] = [];
  if (ca === undefined) problems.push(`the CA certificate ${files.ca} is not a PEM certificate`);
  if (cert === undefined) problems.push(`the client certificate ${files.cert} is not a PEM certificate`);
  if (key === undefined) problems.push(`the client key ${files.key} is not an unencrypted PEM key`);
  if (cert !== undefined && key !== undefined && !cert.checkPrivateKey(key)) {
    problems.push(`the client key ${files.key} does not belong to the certificate ${files.cert}`);
  }
  return problems;
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    // The error may quote the content; only the fact counts.
    return undefined;
  }
}

function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return typeof code === 'string' ? code : 'unknown error';
}
