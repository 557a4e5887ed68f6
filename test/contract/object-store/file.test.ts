import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { describeObjectStore } from './suite.ts';

describeObjectStore('in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-objects-'));
  await mkdir(join(folder, 'store'));
  return {
    store: createFileStore(join(folder, 'store')),
    pages: true,
    damage: async (key) => {
      const path = join(folder, 'store', key);
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(50) ^ 1, 50);
      await chmod(path, 0o640);
      await writeFile(path, bytes);
    },
    stop: async () => await rm(folder, { recursive: true, force: true }),
  };
});

test('a folder tells how much room there is, and one that is not there that nothing can be stored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-objects-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));

  const room = await createFileStore(folder).room?.();
  expect(room?.ok === true && room.value > 0).toBe(true);
  expect(await createFileStore(join(folder, 'gone')).room?.()).toMatchObject({
    ok: false,
    error: { code: 'not-there' },
  });
});
