import { beforeEach, describe, expect, test } from 'vitest';
import type { Anchor } from '../../../src/core/audit-chain.ts';
import { isWorthTelling } from '../../../src/core/audit-words.ts';
import type { AuditMarks } from '../../../src/core/ports/audit-marks.ts';
import type { AnchorOutcome, AuditAnchor } from '../../../src/core/ports/audit-out.ts';
import { type AnchorDeps, anchorTrouble, createAuditAnchoring } from '../../../src/engine/anchor-audit.ts';
import { entry } from '../../contract/run-store/samples.ts';
import { createFakeAuditMarks } from '../../fakes/audit-marks.ts';
import { createFakeCardStore } from '../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';

const HOUR = 3_600_000;
const DENIED: AnchorOutcome = { kept: false, fault: 'denied', words: 'Access Denied (AccessDenied, 403)' };

let clock: FakeClock;
let store: FakeRunStore;
let marks: AuditMarks;
let logged: string[];
let counted: string[];
let kept: Anchor[];
let answer: AnchorOutcome | Error;

beforeEach(() => {
  clock = createFakeClock();
  store = createFakeRunStore(clock);
  marks = createFakeAuditMarks(store);
  [logged, counted, kept] = [[], [], []];
  answer = { kept: true };
});

function onAnchor(outcome: string): void {
  counted.push(outcome);
}

function depsOf(who: string): AnchorDeps {
  const log = {
    ...silentLog,
    info: (message: string) => void logged.push(message),
    error: (message: string) => void logged.push(message),
  };
  return { store, marks, offices: createFakeCardStore(store), clock, log, who, onAnchor };
}

const place: AuditAnchor = {
  place: 's3://anchors/',
  keep: async (anchor) => {
    await Promise.resolve();
    if (answer instanceof Error) throw answer;
    if (answer.kept) kept.push(anchor);
    return answer;
  },
};

async function write(...actions: readonly string[]): Promise<void> {
  await store.audit(actions.map((action) => entry(action)));
}

async function entries() {
  return (await store.auditEntries(0, 100)).map((each) => each.entry);
}

describe('anchors outside the store', () => {
  test('the head is kept at the interval, and only when it has grown', async () => {
    const anchoring = createAuditAnchoring(depsOf('a'), place, HOUR);
    await anchoring.round();
    await write('one');
    await anchoring.round();
    await write('two');
    await anchoring.round();
    expect(kept).toMatchObject([{ seq: 1 }]);
    await clock.advance(HOUR);
    await anchoring.round();
    await clock.advance(HOUR);
    await anchoring.round();
    expect(kept).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    expect(kept[1]?.hash).toBe((await store.auditHead()).hash);
    expect(counted).toEqual(['kept', 'kept']);
  });

  test('by one process', async () => {
    await write('one');
    await createAuditAnchoring(depsOf('a'), place, HOUR).round();
    await write('two');
    await clock.advance(1000);
    await createAuditAnchoring(depsOf('b'), place, 1).round();
    expect(kept).toHaveLength(1);
  });

  test('that it fails is logged, counted, noted for the health of every process, and told in the audit channels, once', async () => {
    await write('one');
    answer = DENIED;
    const anchoring = createAuditAnchoring(depsOf('a'), place, HOUR);
    await anchoring.round();
    await anchoring.round();
    expect(counted).toEqual(['denied']);
    await clock.advance(30_000);
    await anchoring.round();
    expect(counted).toEqual(['denied', 'denied']);
    expect(logged).toEqual(['the audit log could not be anchored']);
    const told = (await entries()).filter(({ action }) => action === 'anchor-failed');
    expect(told).toMatchObject([{ detail: { place: 's3://anchors/', fault: 'denied', newestAnchor: 0 } }]);
    expect(told.every(isWorthTelling)).toBe(true);
    expect(await anchorTrouble(marks)).toMatch(/^the audit log is not anchored since 2026-.*: Access Denied/);
  });

  test('so is that it works again; meanwhile the newest head is tried every half minute, whoever does it', async () => {
    await write('one');
    answer = DENIED;
    const first = createAuditAnchoring(depsOf('a'), place, HOUR);
    await first.round();
    await first.leave();
    answer = { kept: true };
    await clock.advance(30_000);
    await createAuditAnchoring(depsOf('b'), place, HOUR).round();
    expect(kept).toMatchObject([{ seq: 2 }]);
    expect((await entries()).map(({ action }) => action)).toEqual(['one', 'anchor-failed', 'anchor-again']);
    expect(await anchorTrouble(marks)).toBeNull();
    expect(logged).toEqual(['the audit log could not be anchored', 'anchors of the audit log are kept again']);
  });

  test('another fault is told anew, and what nobody foresaw is told too', async () => {
    await write('one');
    answer = DENIED;
    const anchoring = createAuditAnchoring(depsOf('a'), place, HOUR);
    await anchoring.round();
    answer = new Error('a bug');
    await clock.advance(30_000);
    await anchoring.round();
    expect(counted).toEqual(['denied', 'unknown']);
    expect((await entries()).map(({ detail }) => detail['fault'] ?? null)).toEqual([null, 'denied', 'unknown']);
    expect(await anchorTrouble(marks)).toContain('a bug');
  });

  test('a clock that was set back holds nothing up', async () => {
    await write('one');
    const ahead = { nowMs: () => 10 * HOUR, nowIso: () => '2026-01-01T10:00:00.000Z' };
    await createAuditAnchoring({ ...depsOf('a'), clock: ahead }, place, HOUR).round();
    await write('two');
    const back = { nowMs: () => HOUR, nowIso: () => '2026-01-01T01:00:00.000Z' };
    await createAuditAnchoring({ ...depsOf('a'), clock: back }, place, HOUR).round();
    expect(kept).toHaveLength(2);
  });
});
