import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3Store } from '../../../src/adapters/object-store/s3.ts';
import { s3Settings, writeCredentials } from '../../support/s3-server.ts';
import { STRICT_ID, startStrictS3 } from '../../support/strict-s3.ts';
import { describeObjectStore } from './suite.ts';

describeObjectStore('in a bucket of a server that asks for checksums and has no object lock', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-strict-'));
  const server = await startStrictS3('off');
  const credentialsFile = await writeCredentials(folder, STRICT_ID, 'secret');
  return {
    store: createS3Store(s3Settings(server.endpoint, { credentialsFile }), { env: {}, nowMs: () => Date.now() }),
    pages: true,
    damage: async (key) => {
      const object = server.objects.get(key);
      if (object === undefined) throw new Error(`no ${key}`);
      object.body = Buffer.from(object.body);
      object.body.writeUInt8(object.body.readUInt8(50) ^ 1, 50);
      await Promise.resolve();
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
