import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDrill } from '../../../../src/adapters/drill/drill.ts';
import { createNoAccess } from '../../../../src/adapters/etcd/no-access.ts';
import type { DrillPrograms, DrillResult } from '../../../../src/core/ports/drill.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-programs-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

/** Programs that only tell a version, as those of etcd do. */
async function install(
  place: string,
  version: string,
  names: readonly string[] = ['etcdutl', 'etcdctl'],
): Promise<void> {
  await mkdir(join(folder, place), { recursive: true });
  for (const name of ['etcd', ...names]) {
    const line = name === 'etcd' ? `etcd Version: ${version}` : `${name} version: ${version}`;
    await writeFile(join(folder, place, name), `#!/bin/sh\necho "${line}"\n`, { mode: 0o755 });
  }
}

const etcdAt = () => createNoAccess('no etcd is started here');

async function programsFor(version: string, path = ''): Promise<DrillResult<DrillPrograms>> {
  const clock = createFakeClock();
  const drill = createDrill({ folder, searchIn: [folder], path, etcdAt, clock, log: createRecordingLog() });
  return await drill.programsFor(version, { signal: new AbortController().signal });
}

test('the same minor version, of the highest patch', async () => {
  await install('3.4.30', '3.4.30');
  await install('3.5.9', '3.5.9');
  await install('etcd-3.5.16/bin', '3.5.16');
  await install('3.6.1', '3.6.1');

  const bin = join(folder, 'etcd-3.5.16/bin');
  expect(await programsFor('3.5.2')).toEqual({
    ok: true,
    value: { version: '3.5.16', etcd: join(bin, 'etcd'), restore: join(bin, 'etcdutl') },
  });
});

test('else the next newer one, never an older one', async () => {
  await install('a', '3.4.30');
  await install('b', '3.7.0');
  await install('c', '3.6.1');

  expect(await programsFor('3.5.2')).toMatchObject({ ok: true, value: { version: '3.6.1' } });
  expect(await programsFor('3.8.0')).toMatchObject({ ok: false, error: { code: 'no-program' } });
  expect(await programsFor('2.3.0')).toMatchObject({ ok: false, error: { code: 'no-program' } });
});

test('etcdctl restores up to 3.5, from 3.6 on only etcdutl does', async () => {
  await install('old', '3.5.9', ['etcdctl']);
  await install('new', '3.6.1', ['etcdctl']);

  expect(await programsFor('3.5.9')).toMatchObject({ ok: true, value: { restore: join(folder, 'old/etcdctl') } });
  expect(await programsFor('3.6.0')).toEqual({
    ok: false,
    error: {
      code: 'no-program',
      message: expect.stringMatching(
        /^a drill needs etcd 3\.6 or newer .* there is only .*3\.6\.1 \(.*new\/etcd, nothing beside it that restores\)/,
      ),
    },
  });
});

test('a program of another version beside it is not used', async () => {
  await install('mixed', '3.5.9', []);
  await writeFile(join(folder, 'mixed/etcdutl'), '#!/bin/sh\necho "etcdutl version: 3.6.1"\n', { mode: 0o755 });

  expect(await programsFor('3.5.9')).toMatchObject({ ok: false, error: { code: 'no-program' } });
});

test('the search path is looked through last, and one that lies there twice counts once', async () => {
  await install('sub/folder/deep', '3.5.9');
  expect(await programsFor('3.5.9')).toEqual({
    ok: false,
    error: { code: 'no-program', message: expect.stringMatching(/, and there is none$/) },
  });

  await symlink(join(folder, 'sub/folder/deep'), join(folder, 'linked'));
  expect(await programsFor('3.5.9', `relative:${join(folder, 'sub/folder/deep')}`)).toMatchObject({
    ok: true,
    value: { etcd: join(folder, 'linked/etcd') },
  });
});

test('what does not run, tells no version or is no program is not there', async () => {
  await mkdir(join(folder, 'a/etcd'), { recursive: true });
  await mkdir(join(folder, 'b'));
  await writeFile(join(folder, 'b/etcd'), 'no program', { mode: 0o755 });
  await mkdir(join(folder, 'c'));
  await writeFile(join(folder, 'c/etcd'), '#!/bin/sh\nexit 1\n', { mode: 0o644 });

  expect(await programsFor('3.5.9')).toMatchObject({ ok: false, error: { message: expect.stringMatching(/none$/) } });
  expect(await programsFor('newest')).toEqual({
    ok: false,
    error: { code: 'no-program', message: '"newest" is no version of etcd' },
  });
});
