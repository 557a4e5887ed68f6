import { array, assert, constantFrom, integer, jsonValue, nat, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { type Anchor, anchorText, CHAIN_START, lineOf, linkHash, readAnchor } from '../../../src/core/audit-chain.ts';
import { type ChainDemands, verifyChain } from '../../../src/core/audit-verify.ts';
import { Json } from '../../../src/core/json.ts';

interface Chain {
  readonly lines: readonly string[];
  readonly anchors: readonly Anchor[];
}

/** A chain over these contents; `hidden` entries are there as links alone, the first `old` ones without hashes. */
function chainOf(contents: readonly Json[], hidden: readonly number[] = [], old = 0): Chain {
  let before = CHAIN_START;
  const anchors: Anchor[] = [];
  const lines = contents.map((content, index) => {
    const seq = index + 1;
    const how = hidden.includes(seq) ? 'link' : 'whole';
    if (seq <= old) return lineOf(canonicalDigest, { seq, prev: null, hash: null }, content, how);
    const prev = before;
    const hash = linkHash(canonicalDigest, { seq, prev, entry: canonicalDigest.of(content) });
    before = hash;
    anchors.push({ seq, hash });
    return lineOf(canonicalDigest, { seq, prev, hash }, content, how);
  });
  return { lines, anchors };
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function verify(lines: readonly string[], demands: Partial<ChainDemands> = {}): ReturnType<typeof verifyChain> {
  return verifyChain(canonicalDigest, textOf(lines), { anchors: [], first: null, ...demands });
}

const five = chainOf(['a', { b: [1, 'x'] }, 'ü', null, { e: 5 }], [3]);
const [one = '', two = '', three = '', four = '', fifth = ''] = five.lines;
const content = jsonValue({ noUnicodeString: false }).map((value) => Json.parse(JSON.parse(JSON.stringify(value))));

describe('a chain that is whole', () => {
  test('is proven, with what is in it', () => {
    const head = five.anchors.at(-1);
    expect(verify(five.lines, { anchors: five.anchors, first: 1 })).toEqual({
      ok: true,
      first: 1,
      last: 5,
      unchained: 0,
      links: 1,
      compared: 5,
      head,
    });
  });

  test('a part of one is proven by itself, and compared with the anchor right before it', () => {
    const part = five.lines.slice(2);
    expect(verify(part, { anchors: five.anchors.slice(1, 2) })).toMatchObject({ ok: true, first: 3, compared: 1 });
    expect(verify(part, { anchors: five.anchors.slice(0, 1) })).toMatchObject({ ok: true, compared: 0 });
  });

  test('entries from before the chain are counted apart', () => {
    const chain = chainOf(['old', 'old', 'new', 'new'], [2], 2);
    expect(verify(chain.lines, { first: 1 })).toMatchObject({ ok: true, unchained: 2, links: 1, last: 4 });
    expect(verify(chain.lines.slice(0, 2))).toMatchObject({ ok: true, unchained: 2, head: null });
  });

  test('the hash is that of RFC 8785 over entry, predecessor and number', () => {
    const text = `{"entry":"${'a'.repeat(64)}","prev":"${'b'.repeat(64)}","seq":12}`;
    const link = { seq: 12, prev: 'b'.repeat(64), entry: 'a'.repeat(64) };
    expect(canonicalDigest.text({ ...link })).toBe(text);
    expect(linkHash(canonicalDigest, link)).toBe(canonicalDigest.of(link));
  });
});

describe('the first entry that does not fit is named', () => {
  test.each([
    ['altered', [one, two.replace('"x"', '"y"'), three], 'altered', 2, 2],
    ['its number is altered', [one, two.replace('"seq":2', '"seq":7')], 'missing', 2, 2],
    ['a hash is altered', [one, two.replace(/"hash":"./, '"hash":"-')], 'unreadable', 2, null],
    ['missing', [one, three, four], 'missing', 2, 2],
    ['several missing', [one, fifth], 'missing', 2, 2],
    ['swapped', [one, three, two, four], 'out-of-order', 2, 3],
    ['moved to the end', [one, three, four, two], 'out-of-order', 2, 3],
    ['doubled', [one, two, two, three], 'doubled', 3, 2],
    ['doubled later', [one, two, three, one], 'out-of-order', 4, 1],
    ['going backwards', [one, two, three, two], 'out-of-order', 4, 2],
    ['the first is missing', [two, three], 'wrong-start', 1, 2],
    ['an empty line', [one, '', two], 'unreadable', 2, null],
    ['no JSON', [one, 'two'], 'unreadable', 2, null],
    ['another spelling of the same', [one, two.replace('{', '{ ')], 'unreadable', 2, null],
    ['a further field', [one, two.replace('{', '{"a":1,')], 'unreadable', 2, null],
    ['nothing', [], 'missing', 1, null],
  ] as const)('%s', (_name, lines, fault, line, seq) => {
    const found = verify(lines, { first: 1 });
    expect(found).toMatchObject({ ok: false, fault, line, seq });
    expect(found.ok ? '' : found.words).toMatch(/^[A-Z].*\.$/);
  });

  test('a start that names an entry before it', () => {
    const link = { seq: 1, prev: 'f'.repeat(64), entry: canonicalDigest.of('x') };
    const line = lineOf(canonicalDigest, { ...link, hash: linkHash(canonicalDigest, link) }, 'x', 'whole');
    expect(verify([line])).toMatchObject({ fault: 'wrong-start', seq: 1 });
  });

  test('a chain that lost its older part and was begun anew behind it', () => {
    const anew = chainOf(['a', 'b', 'c', 'd', 'e'], [], 3).lines;
    expect(verify([...five.lines.slice(0, 3), ...anew.slice(3)])).toMatchObject({ fault: 'altered', seq: 4 });
  });

  test('an entry without a hash behind one that has one', () => {
    const none = lineOf(canonicalDigest, { seq: 2, prev: null, hash: null }, 'x', 'whole');
    const half = lineOf(canonicalDigest, { seq: 2, prev: 'f'.repeat(64), hash: null }, 'x', 'whole');
    expect(verify([one, none])).toMatchObject({ fault: 'unchained', seq: 2 });
    expect(verify([one, half])).toMatchObject({ fault: 'altered', seq: 2 });
  });

  test('a cut tail, by an anchor behind it; and a line without its end', () => {
    const anchors = five.anchors.slice(-1);
    expect(verify(five.lines.slice(0, 3), { anchors })).toMatchObject({ fault: 'cut-tail', seq: 4, line: 4 });
    const cut = textOf(five.lines).slice(0, -1);
    expect(verifyChain(canonicalDigest, cut, { anchors: [], first: 1 })).toMatchObject({
      fault: 'unreadable',
      line: 5,
    });
  });

  test('a chain that was written anew from some entry on, by an anchor in it', () => {
    const anew = chainOf(['a', { b: [1, 'x'] }, 'other', null, { e: 5 }]);
    expect(verify(anew.lines)).toMatchObject({ ok: true });
    expect(verify(anew.lines, { anchors: five.anchors.slice(-1) })).toMatchObject({ fault: 'other-chain', seq: 5 });
    expect(verify(anew.lines.slice(3), { anchors: five.anchors.slice(2, 3) })).toMatchObject({
      fault: 'other-chain',
      seq: 4,
    });
  });
});

describe('whatever is done to a file', () => {
  const chains = tuple(array(content, { minLength: 1, maxLength: 6 }), nat(8)).map(([contents, hidden]) =>
    chainOf(contents, [hidden]),
  );

  test('whatever the entries say, the chain is proven', () => {
    assert(
      property(chains, ({ lines, anchors }) => {
        expect(verify(lines, { anchors, first: 1 })).toMatchObject({ ok: true, last: lines.length });
      }),
    );
  });

  test('any change of one byte is found', () => {
    assert(
      property(chains, nat(), integer({ min: 1, max: 255 }), ({ lines }, place, flip) => {
        const bytes = Buffer.from(textOf(lines), 'utf8');
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const text = decoded(bytes);
        expect(text === null || !verifyChain(canonicalDigest, text, { anchors: [], first: 1 }).ok).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('every single byte of one file, changed in every bit', () => {
    const whole = Buffer.from(textOf(five.lines), 'utf8');
    const unseen = Array.from({ length: whole.length * 8 }, (_, bit) => bit).filter((bit) => {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const text = decoded(bytes);
      return text !== null && verifyChain(canonicalDigest, text, { anchors: [], first: null }).ok;
    });
    expect(unseen).toEqual([]);
  });

  test('any line removed, swapped, doubled or put in is found', () => {
    const acts = constantFrom('remove', 'swap', 'double', 'insert');
    assert(
      property(chains, acts, nat(), nat(), content, ({ lines, anchors }, act, a, b, put) => {
        const changed = changedLines(lines, act, a % lines.length, b % lines.length, put);
        const same = changed.join('\n') === lines.join('\n');
        expect(verify(changed, { anchors: anchors.slice(-1), first: 1 }).ok).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever text it is, there is an answer', () => {
    assert(
      property(content, (value) => {
        const found = verifyChain(canonicalDigest, `${JSON.stringify(value)}\n`, { anchors: [], first: null });
        expect(found).toMatchObject({ ok: false, line: 1 });
      }),
    );
  });
});

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function changedLines(
  lines: readonly string[],
  act: 'remove' | 'swap' | 'double' | 'insert',
  a: number,
  b: number,
  put: Json,
): readonly string[] {
  const [first = '', second = ''] = [lines[a], lines[b]];
  switch (act) {
    case 'remove':
      return lines.toSpliced(a, 1);
    case 'swap':
      return lines.with(a, second).with(b, first);
    case 'double':
      return lines.toSpliced(b, 0, first);
    case 'insert':
      return lines.toSpliced(a, 0, forged(put, a + 1));
  }
}

function forged(put: Json, seq: number): string {
  const link = { seq, prev: CHAIN_START, entry: canonicalDigest.of(put) };
  return lineOf(canonicalDigest, { ...link, hash: linkHash(canonicalDigest, link) }, put, 'whole');
}

describe('anchors as people pass them on', () => {
  test.each([1, 17, 999_999_999_999])('%d comes back', (seq) => {
    const anchor = { seq, hash: 'a0'.repeat(32) };
    expect(readAnchor(` ${anchorText(anchor)}\n`)).toEqual(anchor);
  });

  test.each([
    '',
    '17',
    '17:',
    `0:${'a'.repeat(64)}`,
    `17:${'A'.repeat(64)}`,
    `17:${'a'.repeat(63)}`,
    `x:${'a'.repeat(64)}`,
  ])('"%s" is none', (text) => {
    expect(readAnchor(text)).toBeNull();
  });
});
