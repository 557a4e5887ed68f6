import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import { inChunks, sampleBytes } from '../../contract/object-store/suite.ts';
import { ROOT } from '../../support/repository.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-file-faults-'));
  await chmod(folder, 0o755);
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** A program: puts so many bytes into a folder, as a user without rights where one is named, and prints what came of it. */
const PROGRAM = `
import { createFileStore } from './src/adapters/object-store/file.ts';
const [folder, size, user] = process.argv.slice(1);
if (user !== undefined && process.getuid() === 0) process.setuid(Number(user));
const store = createFileStore(folder);
const put = await store.put('a/b', new Uint8Array(Number(size)));
process.stdout.write(JSON.stringify({ put, listed: await store.list({ prefix: 'a/' }) }));
`;

/** Runs it under limits of a shell. */
function putUnder(limits: string, ...words: readonly string[]): unknown {
  const command = `${limits} exec "$0" --input-type=module -e "$@"`;
  const ran = spawnSync('sh', ['-c', command, process.execPath, PROGRAM, ...words], { cwd: ROOT, encoding: 'utf8' });
  return JSON.parse(ran.stdout === '' ? JSON.stringify({ failed: ran.stderr }) : ran.stdout);
}

describe('what an object store in a folder says when something is wrong', () => {
  test("a folder beside what is asked for that may not be entered is nobody's business", async () => {
    await chmod(folder, 0o777);
    await mkdir(join(folder, 'lost+found'), { mode: 0o000 });
    const said = putUnder('', folder, '10', '65534');
    expect(said).toMatchObject({ put: { ok: true }, listed: { ok: true, value: { objects: [{ key: 'a/b' }] } } });
    const store = createFileStore(folder);
    expect(await store.list({ prefix: '../' })).toMatchObject({ ok: true, value: { objects: [] } });
    expect(await store.list({ prefix: 'none/' })).toMatchObject({ ok: true, value: { objects: [] } });
  });

  test('no room: nothing is there under the key, and nothing unfinished is left', async () => {
    const said = putUnder('ulimit -f 16;', folder, '1000000');
    expect(said).toMatchObject({ put: { ok: false, error: { code: 'full' } }, listed: { value: { objects: [] } } });
    expect(await readdir(join(folder, 'a'))).toEqual([]);
  });

  test('a folder that nobody may write to', async () => {
    await mkdir(join(folder, 'a'));
    await chmod(join(folder, 'a'), 0o555);
    expect(putUnder('', folder, '10', '65534')).toMatchObject({
      put: { ok: false, error: { code: 'denied', message: 'a/b could not be stored: the worker may not (EACCES)' } },
    });
  });

  test('a folder that is none, or is not there', async () => {
    await writeFile(join(folder, 'file'), 'x');
    const store = createFileStore(join(folder, 'file'));
    expect(await store.put('a', sampleBytes(1))).toMatchObject({ ok: false });
    for (const [name, why] of [
      ['file', 'ENOTDIR'],
      ['none', 'ENOENT'],
    ] as const) {
      const message = `there is no folder ${join(folder, name)} (${why}): mount its disk, or make it and let the worker write to it`;
      expect(await createFileStore(join(folder, name)).list()).toEqual({
        ok: false,
        error: { code: 'wrong-place', message },
      });
    }
  });

  test('what a put that died left behind is no object, and is swept when it is old enough', async () => {
    const store = createFileStore(folder);
    await store.put('kept/one', inChunks(sampleBytes(10)));
    const left = join(folder, 'kept', '.unfinished-1');
    await writeFile(left, 'half');
    const old = new Date('2026-11-01T10:00:00.000Z');
    await utimes(left, old, old);
    expect(await store.list()).toMatchObject({ value: { objects: [{ key: 'kept/one' }] } });
    expect(await store.removeUnfinished('2026-11-01T10:00:00.000Z')).toEqual({ ok: true, value: 0 });
    expect(await store.removeUnfinished('2026-11-01T10:00:01.000Z')).toEqual({ ok: true, value: 1 });
    expect(await readdir(join(folder, 'kept'))).toEqual(['one']);
  });

  test('of ten that create the same, one does', async () => {
    const store = createFileStore(folder);
    const puts = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => await store.put('one', sampleBytes(index), { createOnly: true })),
    );
    expect(puts.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['one']);
  });
});
