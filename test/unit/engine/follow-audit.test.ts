import { beforeEach, describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { verifyChain } from '../../../src/core/audit-verify.ts';
import type { AuditMarks } from '../../../src/core/ports/audit-marks.ts';
import type { AuditSink } from '../../../src/core/ports/audit-out.ts';
import { createAuditMirror, type FollowDeps } from '../../../src/engine/follow-audit.ts';
import { entry } from '../../contract/run-store/samples.ts';
import { createFakeAuditMarks } from '../../fakes/audit-marks.ts';
import { createFakeCardStore } from '../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let store: FakeRunStore;
let marks: AuditMarks;
let told: string[];

beforeEach(() => {
  clock = createFakeClock();
  store = createFakeRunStore(clock);
  marks = createFakeAuditMarks(store);
  told = [];
});

function depsOf(who: string): FollowDeps {
  const log = { ...silentLog, error: (message: string) => void told.push(message) };
  return { store, marks, offices: createFakeCardStore(store), digest: canonicalDigest, clock, log, who };
}

async function write(...actions: readonly string[]): Promise<void> {
  await store.audit(actions.map((action) => entry(action)));
}

interface TextSink extends AuditSink {
  text: string;
  /** The next write fails: before anything is there, after all of it, or after some of it. */
  fail: 'before' | 'after' | 'half' | null;
}

/** A file, or a stream of which nothing can be seen. */
function sinkOf(kind: 'file' | 'stream'): TextSink {
  const sink: TextSink = {
    text: '',
    fail: null,
    newest: async () => {
      await Promise.resolve();
      if (kind === 'stream') return null;
      sink.text = sink.text.slice(0, sink.text.lastIndexOf('\n') + 1);
      const seqs = [...sink.text.matchAll(/"seq":(\d+)\}\n/g)].map(([, seq]) => Number(seq));
      return seqs.at(-1) ?? null;
    },
    write: async (lines) => {
      await Promise.resolve();
      const { fail } = sink;
      sink.fail = null;
      if (fail !== 'before') sink.text += fail === 'half' ? lines.slice(0, lines.length - 20) : lines;
      if (fail !== null) throw new Error('the disk is full');
    },
  };
  return sink;
}

function seqsIn({ text }: TextSink): readonly number[] {
  return [...text.matchAll(/"seq":(\d+)\}\n/g)].map(([, seq]) => Number(seq));
}

describe('the mirror', () => {
  test('writes every entry once, in order, from the first on, and goes on with the next', async () => {
    const sink = sinkOf('file');
    const mirror = createAuditMirror(depsOf('a'), sink);
    await write('one', 'two');
    await mirror.round();
    await mirror.round();
    await write('three');
    await mirror.round();
    expect(seqsIn(sink)).toEqual([1, 2, 3]);
    expect(verifyChain(canonicalDigest, sink.text, { anchors: [], first: 1 })).toMatchObject({ ok: true, last: 3 });
  });

  test('many at once', async () => {
    const sink = sinkOf('stream');
    await write(...Array.from({ length: 450 }, (_, index) => `e ${index}`));
    await createAuditMirror(depsOf('a'), sink).round();
    expect(verifyChain(canonicalDigest, sink.text, { anchors: [], first: 1 })).toMatchObject({ ok: true, last: 450 });
  });

  test('after a restart it goes on where it was', async () => {
    const sink = sinkOf('stream');
    await write('one', 'two');
    await createAuditMirror(depsOf('a'), sink).round();
    await write('three');
    await clock.advance(60_000);
    await createAuditMirror(depsOf('b'), sink).round();
    expect(seqsIn(sink)).toEqual([1, 2, 3]);
  });

  test('one process of several does it; another follows when that one is gone', async () => {
    const sink = sinkOf('stream');
    const [first, second] = [createAuditMirror(depsOf('a'), sink), createAuditMirror(depsOf('b'), sink)];
    await write('one');
    await Promise.all([first.round(), second.round()]);
    expect(seqsIn(sink)).toEqual([1]);
    await first.leave();
    await write('two');
    await second.round();
    expect(seqsIn(sink)).toEqual([1, 2]);
  });

  test.each(['before', 'after', 'half'] as const)(
    'a file has each entry once, when a write fails (%s)',
    async (fail) => {
      const sink = sinkOf('file');
      const mirror = createAuditMirror(depsOf('a'), sink);
      await write('one');
      await mirror.round();
      await write('two', 'three');
      sink.fail = fail;
      await expect(mirror.round()).rejects.toThrow('disk');
      await mirror.round();
      expect(verifyChain(canonicalDigest, sink.text, { anchors: [], first: 1 })).toMatchObject({ ok: true, last: 3 });
    },
  );

  test('a stream has each entry at least once, when a write fails after it was made', async () => {
    const sink = sinkOf('stream');
    const mirror = createAuditMirror(depsOf('a'), sink);
    await write('one', 'two');
    sink.fail = 'after';
    await expect(mirror.round()).rejects.toThrow('disk');
    await mirror.round();
    expect(seqsIn(sink)).toEqual([1, 2, 1, 2]);
  });

  test('a file that was moved away goes on in a new one, and a part of it that is lost is written again', async () => {
    const sink = sinkOf('file');
    const mirror = createAuditMirror(depsOf('a'), sink);
    await write('one', 'two', 'three');
    await mirror.round();
    sink.text = '';
    await write('four');
    await mirror.round();
    expect(seqsIn(sink)).toEqual([4]);
    await clock.advance(60_000);
    await write('five');
    sink.text = '';
    await createAuditMirror(depsOf('b'), sink).round();
    expect(seqsIn(sink)).toEqual([5]);
  });

  test('an entry that was changed in the store is mirrored as it is, and told', async () => {
    const sink = sinkOf('file');
    await write('one', 'two');
    const second = store.memory.audit[1];
    if (second !== undefined) store.memory.audit[1] = { ...second, text: second.text.replace('two', 'owt') };
    await createAuditMirror(depsOf('a'), sink).round();
    expect(told).toEqual(['the audit chain is broken: an entry is not what its hash says']);
    expect(verifyChain(canonicalDigest, sink.text, { anchors: [], first: 1 })).toMatchObject({
      fault: 'altered',
      seq: 2,
    });
  });

  test('a store that lost its newest entries is told', async () => {
    const sink = sinkOf('file');
    const mirror = createAuditMirror(depsOf('a'), sink);
    await write('one', 'two');
    await mirror.round();
    store.memory.audit.pop();
    await mirror.round();
    expect(told).toEqual(['the store has fewer audit entries than were mirrored']);
  });

  test.each(['file', 'stream'] as const)(
    'after the store lost its newest entries, what comes then is mirrored, and the loss is told once (%s)',
    async (kind) => {
      const sink = sinkOf(kind);
      const mirror = createAuditMirror(depsOf('a'), sink);
      await write('one', 'two', 'three');
      await mirror.round();
      const mark = await marks.read('audit-mirror');
      store.memory.audit.splice(1);
      await mirror.round();
      await mirror.round();
      await write('anew');
      await mirror.round();

      expect(mark).toEqual({ seq: 3 });
      expect(sink.text).toContain('"action":"anew"');
      expect(sink.text.trimEnd().split('\n').at(-1)).toContain('"seq":2}');
      expect(told).toEqual(['the store has fewer audit entries than were mirrored']);
    },
  );
});
