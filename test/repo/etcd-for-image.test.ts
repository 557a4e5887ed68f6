import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ROOT, runProgram, textOf } from '../support/repository.ts';

const SCRIPT = textOf('scripts/etcd-for-image.mjs');
const VERSIONS = [...SCRIPT.matchAll(/^ {2}'(3\.\d+\.\d+)': \{$/gm)].map(([, version = '']) => version);
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** A folder of this test. */
function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-image-etcd-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An archive as etcd's are, of programs that call themselves that version. */
function archiveOf(folder: string, version: string): Buffer {
  const name = `etcd-v${version}-linux-${ARCHITECTURE}`;
  mkdirSync(join(folder, name));
  for (const program of ['etcd', 'etcdctl', 'etcdutl']) {
    writeFileSync(join(folder, name, program), `#!/bin/sh\necho ${program} version: ${version}\n`);
    chmodSync(join(folder, name, program), 0o755);
  }
  const file = join(folder, `${name}.tar.gz`);
  expect(runProgram('tar', ['-czf', file, '-C', folder, name], { cwd: folder }).status).toBe(0);
  return readFileSync(file);
}

/** The script with the sums of those archives, run against a server that has `served`. Answers the folder and how it ended. */
async function fetched(known: ReadonlyMap<string, Buffer>, served: ReadonlyMap<string, Buffer>) {
  const server = createServer((request, response) => {
    const body = served.get(basename(request.url ?? ''));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = z.object({ port: z.number() }).parse(server.address());
  let text = SCRIPT;
  for (const [name, bytes] of known) {
    const version = /v(3[.\d]+)-/.exec(name)?.[1] ?? '';
    const own = createHash('sha256').update(bytes).digest('hex');
    text = text.replace(
      new RegExp(`('${version}': \\{[^}]*${ARCHITECTURE}: ')[0-9a-f]{64}'`),
      (_all, before: string) => `${before}${own}'`,
    );
  }
  const [folder, place] = [folderOf(), folderOf()];
  writeFileSync(join(place, 'script.mjs'), text);
  const child = spawn(process.execPath, [join(place, 'script.mjs'), folder, `http://127.0.0.1:${port}`], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const [code] = z
    .tuple([z.number()])
    .rest(z.unknown())
    .parse(await once(child, 'close'));
  return { folder, code, said };
}

function archives(): ReadonlyMap<string, Buffer> {
  const folder = folderOf();
  return new Map(VERSIONS.map((each) => [`etcd-v${each}-linux-${ARCHITECTURE}.tar.gz`, archiveOf(folder, each)]));
}

test('the programs of each version are put where drills look for them, and nothing else is', async () => {
  const all = archives();

  const { folder, code, said } = await fetched(all, all);

  expect(said).toBe('');
  expect(code).toBe(0);
  expect(VERSIONS.length).toBeGreaterThan(1);
  expect(readdirSync(folder).toSorted()).toEqual(VERSIONS.toSorted());
  for (const version of VERSIONS) expect(readdirSync(join(folder, version)).toSorted()).toEqual(['etcd', 'etcdutl']);
});

test('an archive with another sum is not unpacked', async () => {
  const all = archives();
  const [first = ''] = all.keys();
  const other = Buffer.concat([all.get(first) ?? Buffer.of(), Buffer.of(0)]);

  const { folder, code, said } = await fetched(all, new Map([...all, [first, other]]));

  expect(code).toBe(1);
  expect(said).toContain('nothing was unpacked');
  expect(readdirSync(folder)).toEqual([]);
});

test('a server without it is told of', async () => {
  const { code, said } = await fetched(archives(), new Map());

  expect(code).toBe(1);
  expect(said).toMatch(/etcd-v3\.\d+\.\d+-linux-\w+\.tar\.gz: the server answers 404/);
});

test('each version has a sum for each architecture', () => {
  const sums = SCRIPT.match(/'[0-9a-f]{64}'/g) ?? [];

  expect(new Set(sums).size).toBe(VERSIONS.length * 2);
});
