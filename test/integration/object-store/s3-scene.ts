import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createS3Store } from '../../../src/adapters/object-store/s3.ts';
import type { S3Process } from '../../../src/adapters/object-store/s3-client.ts';
import type { ObjectStore } from '../../../src/core/ports/object-store.ts';
import type { S3Place } from '../../../src/core/s3-place.ts';
import { s3Settings, writeCredentials } from '../../support/s3-server.ts';
import { STRICT_ID, type StrictS3, startStrictS3 } from '../../support/strict-s3.ts';

/** A store on a strict server of its own. */
export interface S3Scene {
  readonly server: StrictS3;
  /** Makes one with other settings. */
  readonly store: (settings?: Partial<S3Place>, process?: Partial<S3Process>) => ObjectStore;
  readonly credentialsFile: string;
  readonly folder: string;
}

/** The secret of the only key that the server accepts. */
export const SECRET = 'canary/secret+of/the/key';

/** Starts the server and stops it when the test is over. */
export async function s3Scene(lock: 'on' | 'off' | 'ignored' = 'on'): Promise<S3Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-s3-scene-'));
  const server = await startStrictS3(lock);
  const credentialsFile = await writeCredentials(folder, STRICT_ID, SECRET);
  onTestFinished(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    server,
    credentialsFile,
    folder,
    store: (settings = {}, process = {}) =>
      createS3Store(s3Settings(server.endpoint, { credentialsFile, ...settings }), {
        env: {},
        nowMs: () => Date.now(),
        ...process,
      }),
  };
}
