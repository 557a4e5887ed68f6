import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createS3Store } from '../../../src/adapters/object-store/s3.ts';
import { s3Settings, startS3 } from '../../support/s3-server.ts';
import { describeObjectStore } from './suite.ts';

for (const prefix of [null, '/some/where/'])
  describeObjectStore(`in a bucket, prefix ${prefix ?? 'none'}`, async () => {
    const server = await startS3();
    const { endpoint, credentialsFile, folder } = server;
    const settings = s3Settings(endpoint, { credentialsFile, prefix });
    return {
      store: createS3Store(settings, { env: {}, nowMs: () => Date.now() }),
      pages: false,
      damage: async (key) => {
        const found = await readdir(join(folder, 'data'), { recursive: true });
        const path = join(folder, 'data', found.find((each) => each.endsWith(`${key}._S3rver_object`)) ?? 'none');
        const bytes = await readFile(path);
        bytes.writeUInt8(bytes.readUInt8(50) ^ 1, 50);
        await writeFile(path, bytes);
      },
      stop: async () => await server.stop(),
    };
  });
