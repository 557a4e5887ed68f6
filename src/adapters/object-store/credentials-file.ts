import { readFile } from 'node:fs/promises';

/** Credentials as the SDK takes them. */
export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When the file is read again. */
  readonly expiration: Date;
}

/** Keys that were changed in the file are taken over within this time, ms. */
const READ_AGAIN_MS = 5 * 60_000;

/** Thrown for a file that gives no credentials. Says nothing of what is in it. */
export class CredentialsFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CredentialsFileError';
  }
}

/**
 * Reads a file of credentials as AWS tools write it: `aws_access_key_id`, `aws_secret_access_key` and perhaps `aws_session_token` under
 * `[default]`, or under no heading.
 *
 * @throws CredentialsFileError when it cannot be read or has no keys.
 */
export async function readAccessKeys(path: string, nowMs: number): Promise<AccessKeys> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CredentialsFileError(`the file of credentials ${path} cannot be read: ${errno}`);
  }
  const values = defaultsIn(text);
  const accessKeyId = values.get('aws_access_key_id') ?? '';
  const secretAccessKey = values.get('aws_secret_access_key') ?? '';
  const sessionToken = values.get('aws_session_token') ?? '';
  if (accessKeyId === '' || secretAccessKey === '')
    throw new CredentialsFileError(`${path} has no aws_access_key_id and aws_secret_access_key under [default]`);
  const expiration = new Date(nowMs + READ_AGAIN_MS);
  return { accessKeyId, secretAccessKey, expiration, ...(sessionToken === '' ? {} : { sessionToken }) };
}

function defaultsIn(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = 'default';
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) section = heading.trim();
    const [, name = '', value = ''] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (section === 'default' && name !== '') values.set(name.toLowerCase(), value);
  }
  return values;
}
