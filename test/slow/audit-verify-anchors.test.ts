import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFileStore } from '../../src/adapters/object-store/file.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { canonicalDigest } from '../../src/adapters/runtime/canonical-digest.ts';
import { anchorKey } from '../../src/core/anchor-object.ts';
import { type Anchor, lineOf } from '../../src/core/audit-chain.ts';
import type { ObjectStore } from '../../src/core/ports/object-store.ts';
import { createStoreAnchor } from '../../src/engine/store-anchor.ts';
import { entry } from '../contract/run-store/samples.ts';
import { createFakeRunStore } from '../fakes/run-store.ts';
import { ROOT, runProgram } from '../support/repository.ts';
import { runBeside } from '../support/run-beside.ts';
import { type S3Server, s3Settings, startS3 } from '../support/s3-server.ts';

const AT = '2026-11-21T10:00:00.000Z';

interface Log {
  readonly lines: readonly string[];
  readonly heads: readonly Anchor[];
}

async function logOf(...actions: readonly string[]): Promise<Log> {
  const runs = createFakeRunStore({ nowMs: () => 0 });
  await runs.audit(actions.map((action) => entry(action)));
  const entries = await runs.auditEntries(0, 99);
  return {
    lines: entries.map((each) => lineOf(canonicalDigest, each, each.content, 'whole')),
    heads: entries.map(({ seq, hash }) => ({ seq, hash: hash ?? '' })),
  };
}

let log: Log;
let folder = '';
beforeAll(async () => {
  log = await logOf('a', 'b', 'c', 'd', 'e', 'f');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-anchored-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Anchors entries, by number, of a log. */
async function anchor(store: ObjectStore, { heads }: Log, ...seqs: readonly number[]): Promise<void> {
  const keeper = createStoreAnchor(store, null);
  for (const head of heads.filter(({ seq }) => seqs.includes(seq)))
    expect(await keeper.keep(head, AT)).toEqual({ kept: true });
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function verify(lines: readonly string[], ...words: readonly string[]) {
  const file = join(folder, 'log.jsonl');
  writeFileSync(file, textOf(lines));
  const asked = words.length > 0 ? words : ['--anchors', join(folder, 'anchors')];
  const { status, stdout, stderr } = runProgram(process.execPath, ['scripts/audit-verify.mjs', file, ...asked], {
    cwd: ROOT,
  });
  return { status, said: `${stdout}${stderr}` };
}

describe('npm run audit:verify with a folder of anchors', () => {
  let anchors: ObjectStore;
  beforeEach(() => {
    anchors = createFileStore(join(folder, 'anchors'));
  });

  test('all of them fit, and it is said what is newer than the newest', async () => {
    await anchor(anchors, log, 1, 4);
    const { status, said } = verify(log.lines);
    expect(said).toContain('All 2 anchors fit.');
    expect(said).toContain(`Entries 5 to 6 are newer than the newest anchor in ${join(folder, 'anchors')}, of ${AT}.`);
    expect(status).toBe(0);
  });

  test('a cut tail, and a file that is older than the newest anchor, which has to be said', async () => {
    await anchor(anchors, log, 2, 5);
    const cut = verify(log.lines.slice(0, 3));
    expect(cut.said).toContain(
      `Broken at line 4: The end was cut off: entry 5 was anchored at ${AT}, and the file ends with entry 3.`,
    );
    expect(cut.said).toContain('--to SEQ');
    expect(cut.said).toContain('Up to entry 2 it is the log that was anchored.');
    expect(cut.status).toBe(1);
    const older = verify(log.lines.slice(0, 3), '--anchors', join(folder, 'anchors'), '--to', '3');
    expect(older.said).toContain('The anchor fits.');
    expect(older.said).toContain('Not compared: 1 from behind entry 3.');
    expect(older.status).toBe(0);
    expect(verify(log.lines.slice(0, 3), '--to', '4')).toMatchObject({ status: 1 });
  });

  test('a chain that was written anew from some entry on, and one of another log', async () => {
    await anchor(anchors, log, 2, 5);
    const anew = await logOf('a', 'b', 'c', 'x', 'e', 'f');
    const rewritten = verify(anew.lines);
    expect(rewritten.said).toContain('Broken at line 5: Entry 5 is not the one that was anchored');
    expect(rewritten.said).toContain('Up to entry 2 it is the log that was anchored.');
    expect(rewritten.status).toBe(1);
    const other = verify((await logOf('z', 'b', 'c', 'd', 'e', 'f')).lines);
    expect(other.said).toContain('No anchor before it fits');
    expect(other.status).toBe(1);
  });

  test('a part of the log is compared with the anchors that lie in it', async () => {
    await anchor(anchors, log, 1, 4);
    const { status, said } = verify(log.lines.slice(2));
    expect(said).toContain('The anchor fits.');
    expect(said).toContain('Not compared: 1 from before the file.');
    expect(status).toBe(0);
    expect(verify(log.lines.slice(5))).toMatchObject({ status: 2 });
  });

  test('no folder, no anchors, and an anchor that was changed prove nothing', async () => {
    expect(verify(log.lines)).toMatchObject({ status: 2, said: expect.stringContaining('cannot be read') });
    await anchor(anchors, log, 4);
    const path = join(folder, 'anchors', anchorKey(4));
    chmodSync(path, 0o640);
    writeFileSync(path, `5:${log.heads[4]?.hash} ${AT}\n`);
    const changed = verify(log.lines);
    expect(changed.said).toContain(`${anchorKey(4)} in ${join(folder, 'anchors')} is no anchor as Drydock writes it`);
    expect(changed.status).toBe(2);
  });
});

describe('npm run audit:verify with a bucket of anchors', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(async () => await server.stop());

  test('reads them with the credentials it is given', async () => {
    const settings = s3Settings(server.endpoint, { credentialsFile: server.credentialsFile, prefix: 'audit' });
    await anchor(createS3Store(settings, { env: {}, nowMs: () => Date.now() }), log, 3, 6);
    const words = ['--anchors', 's3://drydock/audit', '--endpoint', server.endpoint, '--path-style'];
    // The server lives in this process, which therefore must not stand still while it is asked.
    const proven = await verifyBeside(log.lines, [...words, '--credentials', server.credentialsFile]);
    expect(proven.said).toContain('All 2 anchors fit.');
    expect(proven.status).toBe(0);
    const cut = await verifyBeside(log.lines.slice(0, 4), [...words, '--credentials', server.credentialsFile]);
    expect(cut.said).toContain('The end was cut off: entry 6 was anchored');
    expect(cut.status).toBe(1);
  });
});

async function verifyBeside(lines: readonly string[], words: readonly string[]) {
  const file = join(folder, 'log.jsonl');
  writeFileSync(file, textOf(lines));
  return await runBeside(['scripts/audit-verify.mjs', file, ...words]);
}
