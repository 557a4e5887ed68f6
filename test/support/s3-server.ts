import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Place } from '../../src/core/s3-place.ts';

/** Settings of a store on a server of the tests. */
export function s3Settings(endpoint: string, more: Partial<S3Place> = {}): S3Place {
  return {
    bucket: 'drydock',
    prefix: null,
    region: 'us-east-1',
    endpoint,
    forcePathStyle: true,
    credentialsFile: null,
    encryption: null,
    retentionMode: 'compliance',
    ...more,
  };
}

/** A file of credentials. */
export async function writeCredentials(folder: string, id: string, key: string): Promise<string> {
  const path = join(folder, `credentials-${id}`);
  await writeFile(path, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\n`, { mode: 0o600 });
  return path;
}

/** A running s3rver with the bucket `drydock`. It knows no object lock, no checksums, no conditions and no end of an upload in parts. */
export interface S3Server {
  readonly endpoint: string;
  /** Credentials that it accepts. */
  readonly credentialsFile: string;
  /** Where it and the test may keep files. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startS3(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: join(folder, 'data'),
    configureBuckets: [{ name: 'drydock' }],
  });
  const { port } = await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentialsFile: await writeCredentials(folder, 'S3RVER', 'S3RVER'),
    folder,
    stop: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
