import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileSink } from '../../../src/adapters/audit/file-sink.ts';
import { createStreamSink } from '../../../src/adapters/audit/stream-sink.ts';
import { createFileStore } from '../../../src/adapters/object-store/file.ts';
import type { AuditAnchor } from '../../../src/core/ports/audit-out.ts';
import { createStoreAnchor } from '../../../src/engine/store-anchor.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function line(seq: number, size = 10): string {
  return `{"entry":"${'x'.repeat(size)}","hash":null,"prev":null,"seq":${seq}}\n`;
}

describe('a mirror in a file', () => {
  test('is made when it is not there, and goes on where it ends', async () => {
    const path = join(folder, 'audit.jsonl');
    expect(await createFileSink(path).newest()).toBeNull();
    await createFileSink(path).write(line(1) + line(2));
    await createFileSink(path).write(line(3));
    expect(await createFileSink(path).newest()).toBe(3);
    expect(readFileSync(path, 'utf8')).toBe(line(1) + line(2) + line(3));
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  test('loses the half line that a killed process left, and nothing else', async () => {
    const path = join(folder, 'audit.jsonl');
    writeFileSync(path, line(1) + line(2).slice(0, 15));
    expect(await createFileSink(path).newest()).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(line(1));
    writeFileSync(path, line(1).slice(0, 15));
    expect(await createFileSink(path).newest()).toBeNull();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  test('may be moved away', async () => {
    const path = join(folder, 'audit.jsonl');
    const sink = createFileSink(path);
    await sink.write(line(1));
    renameSync(path, `${path}.1`);
    await sink.write(line(2));
    expect(readFileSync(path, 'utf8')).toBe(line(2));
    expect(await sink.newest()).toBe(2);
  });

  test('long lines are read too; a file of something else is not touched', async () => {
    const path = join(folder, 'audit.jsonl');
    writeFileSync(path, line(1) + line(2, 3_000_000));
    expect(await createFileSink(path).newest()).toBe(2);
    const other = join(folder, 'notes.txt');
    writeFileSync(other, 'mine\n');
    await expect(createFileSink(other).newest()).rejects.toThrow('is no entry of the audit log');
    appendFileSync(path, 'y'.repeat(5_000_000));
    await expect(createFileSink(path).newest()).rejects.toThrow('longer than');
    await expect(createFileSink(join(folder, 'none', 'audit.jsonl')).write(line(1))).rejects.toThrow('ENOENT');
  });
});

describe('a mirror on a stream', () => {
  test('resolves when the lines are out, and rejects when the stream is gone', async () => {
    const stream = new PassThrough();
    const sink = createStreamSink(stream);
    await sink.write(line(1));
    expect(String(stream.read())).toBe(line(1));
    expect(await sink.newest()).toBeNull();
    stream.on('error', () => undefined);
    stream.destroy();
    await expect(sink.write(line(2))).rejects.toThrow('destroyed');
  });
});

function anchorsIn(place: string): AuditAnchor {
  return createStoreAnchor(createFileStore(place), null);
}

describe('anchors in a folder', () => {
  const hash = 'a'.repeat(64);

  test('each is a read-only file of its own', async () => {
    const place = join(folder, 'deep', 'anchors');
    expect(await anchorsIn(place).keep({ seq: 12, hash }, '2026-01-01T00:00:00.000Z')).toEqual({ kept: true });
    const [name = '', ...more] = readdirSync(place);
    expect([name, more]).toEqual(['000000000012.anchor', []]);
    expect(readFileSync(join(place, name), 'utf8')).toBe(`12:${hash} 2026-01-01T00:00:00.000Z\n`);
    expect(statSync(join(place, name)).mode & 0o222).toBe(0);
  });

  test('the same again changes nothing, another one in its place is refused', async () => {
    const anchors = anchorsIn(folder);
    expect(await anchors.keep({ seq: 12, hash }, 'then')).toEqual({ kept: true });
    expect(await anchors.keep({ seq: 12, hash }, 'later')).toEqual({ kept: true });
    const other = await anchors.keep({ seq: 12, hash: 'b'.repeat(64) }, 'later');
    expect(other).toMatchObject({ kept: false, fault: 'another-anchor' });
    expect(readFileSync(join(folder, '000000000012.anchor'), 'utf8')).toBe(`12:${hash} then\n`);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
