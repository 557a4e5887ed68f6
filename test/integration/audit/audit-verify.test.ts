import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { lineOf } from '../../../src/core/audit-chain.ts';
import { entry } from '../../contract/run-store/samples.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { ROOT, runProgram } from '../../support/repository.ts';

let folder = '';
let lines: readonly string[] = [];
let heads: readonly string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-verify-'));
  const runs = createFakeRunStore({ nowMs: () => 0 });
  await runs.audit(['a', 'b', 'c', 'd'].map((action) => entry(action)));
  const entries = await runs.auditEntries(0, 9);
  lines = entries.map((each) => lineOf(canonicalDigest, each, each.content, each.seq === 3 ? 'link' : 'whole'));
  heads = entries.map(({ seq, hash }) => `${seq}:${hash ?? ''}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function verify(
  text: string | Buffer,
  ...words: readonly string[]
): { readonly status: number | null; readonly said: string } {
  const file = join(folder, 'log.jsonl');
  writeFileSync(file, text);
  const { status, stdout, stderr } = runProgram(process.execPath, ['scripts/audit-verify.mjs', file, ...words], {
    cwd: ROOT,
  });
  return { status, said: `${stdout}${stderr}` };
}

function textOf(some: readonly string[]): string {
  return some.map((line) => `${line}\n`).join('');
}

describe('npm run audit:verify', () => {
  test('a whole log is proven, and its head told so that it can be noted', () => {
    const { status, said } = verify(
      textOf(lines),
      '--from',
      '1',
      '--anchor',
      heads[3] ?? '',
      '--anchor',
      heads[0] ?? '',
    );
    expect(said).toContain('Proven: 4 entries, from 1 to 4.');
    expect(said).toContain('Of 1 entry only the link is here');
    expect(said).toContain(`Head: ${heads[3]}`);
    expect(said).toContain('All 2 anchors fit.');
    expect(status).toBe(0);
  });

  test('a part says that it is one, and that a cut tail cannot be seen without an anchor', () => {
    const { status, said } = verify(textOf(lines.slice(1, 3)));
    expect(said).toContain('What came before entry 2 is not in this file.');
    expect(said).toContain('Without an anchor');
    expect(status).toBe(0);
  });

  test('the first broken entry is named in words, with its line', () => {
    const { status, said } = verify(textOf(lines.with(1, lines[1]?.replace('prod', 'prad') ?? '')));
    expect(said).toMatch(/^Broken at line 2: Entry 2 was altered/);
    expect(status).toBe(1);
    expect(verify(textOf(lines.slice(1)), '--from', '1')).toMatchObject({ status: 1 });
    expect(verify(Buffer.concat([Buffer.from(textOf(lines)), Buffer.from([0xff])]))).toMatchObject({ status: 1 });
  });

  test('a cut tail is found by the anchor', () => {
    const { status, said } = verify(textOf(lines.slice(0, 2)), '--anchor', heads[3] ?? '');
    expect(said).toContain('The end was cut off: entry 4 was anchored, and the file ends with entry 2.');
    expect(status).toBe(1);
  });

  test('what cannot be looked at is neither proven nor broken', () => {
    expect(verify(textOf(lines.slice(2)), '--anchor', heads[0] ?? '')).toMatchObject({ status: 2 });
    expect(verify(textOf(lines), '--anchor', 'soon')).toMatchObject({ status: 2 });
    expect(verify(textOf(lines), '--from', '0')).toMatchObject({ status: 2 });
    expect(verify(textOf(lines), 'another')).toMatchObject({ status: 2 });
    expect(runProgram(process.execPath, ['scripts/audit-verify.mjs', join(folder, 'none')], { cwd: ROOT }).status).toBe(
      2,
    );
  });
});
