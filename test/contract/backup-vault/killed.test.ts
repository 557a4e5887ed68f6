import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { idOf } from '../../support/backup-samples.ts';
import { folderScene, vaultIn } from './folder-scene.ts';
import { nextTime, orderOf, snapshotFile, takeBackup, valueOf } from './samples.ts';

const TAKER = fileURLToPath(new URL('dying-taker.ts', import.meta.url));
const { signal } = new AbortController();

test('a worker that is killed while it takes leaves nothing that is listed, and what it leaves is swept', async () => {
  const folders = await folderScene();
  const id = idOf(nextTime());
  const taker = spawn(process.execPath, [TAKER, folders.store, id], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(taker.stdout, 'data');
    const died = once(taker, 'exit');
    taker.kill('SIGKILL');
    await died;
    const vault = vaultIn(folders.store);
    const files = async () => (await readdir(`${folders.store}/prod/${id}`)).map((name) => name.slice(0, 12));

    expect(valueOf(await vault.list({ signal }))).toEqual([]);
    expect(await files()).toEqual(['.unfinished-']);
    expect(await vault.sweep('2000-01-01T00:00:00.000Z', { signal })).toEqual({ ok: true, value: 0 });
    expect(await vault.sweep('2100-01-01T00:00:00.000Z', { signal })).toEqual({ ok: true, value: 1 });
    expect(await files()).toEqual([]);
    // The same step may begin again under the same id.
    expect(await vault.take(orderOf(id, snapshotFile()), { signal })).toMatchObject({ ok: true });
    const { id: next } = await takeBackup(vault, snapshotFile(8));
    expect(valueOf(await vault.list({ signal })).map((each) => [each.id, each.state])).toEqual([
      [next, 'good'],
      [id, 'half-written'],
    ]);
  } finally {
    taker.kill('SIGKILL');
    await folders.stop();
  }
});
