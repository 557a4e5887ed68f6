import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { anchorContent, anchorKey, readAnchorObject } from '../../../src/core/anchor-object.ts';
import { type Anchor, lineOf } from '../../../src/core/audit-chain.ts';
import { verifyChain } from '../../../src/core/audit-verify.ts';
import { entry } from '../../contract/run-store/samples.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';

const AT = '2026-11-21T10:00:00.000Z';
let lines: readonly string[] = [];
let heads: readonly Anchor[] = [];

beforeAll(async () => {
  const runs = createFakeRunStore({ nowMs: () => 0 });
  await runs.audit(['a', 'b', 'c', 'd', 'e', 'f'].map((action) => entry(action)));
  const entries = await runs.auditEntries(0, 9);
  lines = entries.map((each) => lineOf(canonicalDigest, each, each.content, 'whole'));
  heads = entries.map(({ seq, hash }) => ({ seq, hash: hash ?? '' }));
});

function textOf(some: readonly string[]): string {
  return some.map((line) => `${line}\n`).join('');
}

function anchorsOf(...seqs: readonly number[]) {
  return heads.filter(({ seq }) => seqs.includes(seq)).map(({ seq, hash }) => ({ seq, hash, at: AT }));
}

describe('a log and its anchors', () => {
  test('whatever byte of the file changes, it is not proven', () => {
    const demands = { anchors: anchorsOf(6), first: 1 };
    const text = Buffer.from(textOf(lines));
    for (let at = 0; at < text.length; at += 1) {
      const changed = Buffer.from(text);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(verifyChain(canonicalDigest, changed.toString('utf8'), demands).ok, `byte ${at}`).toBe(false);
    }
    expect(verifyChain(canonicalDigest, text.toString('utf8'), demands)).toMatchObject({ ok: true, compared: 1 });
  });

  test('wherever the end was cut off, an anchor behind that place finds it and says from when it is', () => {
    for (let length = 1; length < 6; length += 1) {
      const found = verifyChain(canonicalDigest, textOf(lines.slice(0, length)), {
        anchors: anchorsOf(1, 6),
        first: 1,
      });
      expect(found).toMatchObject({ ok: false, fault: 'cut-tail', anchored: 1, words: expect.stringContaining(AT) });
    }
  });

  test('up to which anchor it still fits is told; none fits when it is another log', () => {
    const [wrong] = anchorsOf(4).map(({ seq, at }) => ({ seq, at, hash: 'f'.repeat(64) }));
    const rewritten = { anchors: [...anchorsOf(2, 3), ...(wrong === undefined ? [] : [wrong])], first: 1 };
    expect(verifyChain(canonicalDigest, textOf(lines), rewritten)).toMatchObject({ fault: 'other-chain', anchored: 3 });
    const other = { ...rewritten, anchors: rewritten.anchors.slice(-1) };
    expect(verifyChain(canonicalDigest, textOf(lines), other)).toMatchObject({ fault: 'other-chain', anchored: null });
  });

  test('a file that is older than the newest anchor passes when it is said where it has to end, and only then', () => {
    const older = textOf(lines.slice(0, 4));
    const anchors = anchorsOf(2, 6);
    expect(verifyChain(canonicalDigest, older, { anchors, first: 1 })).toMatchObject({ fault: 'cut-tail' });
    expect(verifyChain(canonicalDigest, older, { anchors, first: 1, last: 4 })).toMatchObject({
      ok: true,
      compared: 1,
    });
    expect(verifyChain(canonicalDigest, older, { anchors, first: 1, last: 5 })).toMatchObject({ fault: 'wrong-end' });
    expect(verifyChain(canonicalDigest, older, { anchors, first: 1, last: 3 })).toMatchObject({ fault: 'wrong-end' });
  });
});

describe('an anchor as an object', () => {
  const anchor = { seq: 17, hash: 'a'.repeat(64) };

  test('is read as it was written', () => {
    expect(anchorKey(17)).toBe('000000000017.anchor');
    expect(readAnchorObject(anchorKey(17), anchorContent(anchor, AT))).toEqual({ ...anchor, at: AT });
  });

  test('under another name, changed, cut or with more behind it is none', () => {
    const content = anchorContent(anchor, AT);
    expect(readAnchorObject(anchorKey(18), content)).toBeNull();
    expect(readAnchorObject(anchorKey(17), content.slice(0, -1))).toBeNull();
    expect(readAnchorObject(anchorKey(17), content.slice(1))).toBeNull();
    expect(readAnchorObject(anchorKey(17), Buffer.concat([content, content]))).toBeNull();
  });
});
