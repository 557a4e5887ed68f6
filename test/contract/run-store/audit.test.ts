import { describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { CHAIN_START, lineOf } from '../../../src/core/audit-chain.ts';
import { type ChainDemands, verifyChain } from '../../../src/core/audit-verify.ts';
import { entry, foreign, LONG, NOW, newRun, owned } from './samples.ts';
import { implementations, type Stores, useStores } from './stores.ts';

describe.each(implementations)('the audit chain ($name)', ({ start }) => {
  let stores: Stores;
  useStores(start, (opened) => {
    stores = opened;
  });

  async function verdict(demands: Partial<ChainDemands> = {}): Promise<ReturnType<typeof verifyChain>> {
    const entries = await stores.runs.auditEntries(0, 10_000);
    const text = entries.map((each) => `${lineOf(canonicalDigest, each, each.content, 'whole')}\n`).join('');
    return verifyChain(canonicalDigest, text, { anchors: [], first: 1, ...demands });
  }

  test('an empty log has no head', async () => {
    expect(await stores.runs.auditHead()).toEqual({ seq: 0, hash: null });
    expect(await stores.runs.auditEntries(0, 10)).toEqual([]);
  });

  test('every way of writing an entry links it: with a run, with its events, alone', async () => {
    await stores.runs.audit([entry('alone')]);
    await stores.runs.create(newRun('a'));
    const lease = await stores.runs.claim('a', 'w-1', LONG, NOW);
    if (lease === null) throw new Error('not claimed');
    await stores.runs.append('a', owned(lease, 1, { audit: [entry('step', 'a'), entry('step-done', 'a')] }));
    await stores.runs.append('a', foreign('k', 2, { audit: [entry('vote', 'a')] }));
    const entries = await stores.runs.auditEntries(0, 10);
    expect(entries.map(({ prev }) => prev)).toEqual([CHAIN_START, ...entries.slice(0, -1).map(({ hash }) => hash)]);
    const { seq, hash } = await stores.runs.auditHead();
    expect([seq, hash]).toEqual([5, entries.at(-1)?.hash]);
    expect(await verdict({ anchors: [{ seq, hash: hash ?? '' }] })).toMatchObject({ ok: true, last: 5, compared: 1 });
  });

  test('a refused write leaves no entry and no link', async () => {
    await stores.runs.create(newRun('a'));
    const before = await stores.runs.auditHead();
    const audit = [entry('never', 'a')];
    expect(await stores.runs.append('a', foreign(null, 7, { audit }))).toMatchObject({ kind: 'stale' });
    expect(await stores.runs.create(newRun('a', { audit }))).toMatchObject({ kind: 'duplicate' });
    expect(await stores.runs.auditHead()).toEqual(before);
    expect(await verdict()).toMatchObject({ ok: true, last: 1 });
  });

  test('secrets are taken out before the hash is made, in whatever way the entry is written', async () => {
    const secret = {
      ...entry('CANARY-SECRET'),
      detail: { note: 'xoxb-1234-abcd', password: 'hunter2', list: ['CANARY-SECRET'] },
    };
    await stores.runs.audit([secret]);
    await stores.runs.create(newRun('a', { audit: [secret] }));
    await stores.runs.append('a', foreign('k', 1, { audit: [secret] }));
    const entries = await stores.runs.auditEntries(0, 10);
    expect(entries).toHaveLength(3);
    expect(JSON.stringify(entries)).not.toMatch(/CANARY-SECRET|xoxb-1234|hunter2/);
    expect(entries[2]?.entry.detail).toEqual({ note: '[redacted]', password: '[redacted]', list: ['[redacted]'] });
    expect(await verdict()).toMatchObject({ ok: true, last: 3 });
  });

  test('awkward texts are linked too: broken surrogates, control characters, long numbers, nothing', async () => {
    const texts = ['\ud83d alone', '\u0000\u2028é', '"\\/', ''];
    await stores.runs.audit(
      texts.map((text) => Object.assign(entry('awkward'), { detail: { text, [text]: 1e-9, none: null } })),
    );
    expect(await verdict()).toMatchObject({ ok: true, last: 4 });
    expect((await stores.runs.auditEntries(0, 1))[0]?.entry.detail['text']).toBe('\ufffd alone');
  });

  test('marks are kept by name, and only whoever holds the office may change one', async () => {
    const by = { office: 'audit-mirror', who: 'a' };
    expect(await stores.marks.read('mirror')).toBeNull();
    expect(await stores.marks.save('mirror', { seq: 1 }, by)).toBe(false);
    expect(await stores.cards.elect(by.office, 'a', LONG)).toBe(true);
    expect(await stores.marks.save('mirror', { seq: 1, list: [] }, by)).toBe(true);
    expect(await stores.marks.save('mirror', { seq: 9 }, { ...by, who: 'b' })).toBe(false);
    expect(await stores.marks.save('other', { seq: 9 }, { ...by, office: 'another' })).toBe(false);
    expect(await stores.marks.read('mirror')).toEqual({ seq: 1, list: [] });
    await stores.cards.resign(by.office, 'a');
    expect(await stores.marks.save('mirror', { seq: 2 }, by)).toBe(false);
    expect(await stores.marks.read('other')).toBeNull();
  });
});
