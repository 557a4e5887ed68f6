import { describe, expect, test } from 'vitest';
import { etcdDrill } from '../../../jobs/etcd-drill/runbook.ts';
import type { VaultErrorCode } from '../../../src/core/ports/backup-vault.ts';
import type { DrillErrorCode, DrillOrder, DrillPort } from '../../../src/core/ports/drill.ts';
import { readReport } from '../../../src/core/run-report.ts';
import { bodyOf, idOf, putBackup, type StoreSketch } from '../../support/backup-samples.ts';
import { findingsOf, scriptedDrill } from '../../support/drill-samples.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSketchedVault, type SketchedVault } from '../../support/sketched-vault.ts';
import { createStepHarness, type StepHarness } from '../../support/step-harness.ts';

/** After everything that was taken. */
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const AT = '2026-11-21T00:51:30.000Z';
const ID = idOf(AT);
const LATEST = { backup: 'latest' };
const GOOD = { ok: true, value: findingsOf() } as const;

function vaultOf(changes: Parameters<typeof bodyOf>[1] = {}): SketchedVault {
  const store: StoreSketch = { objects: [], contents: new Map() };
  putBackup(store, bodyOf(AT, changes));
  return createSketchedVault(store);
}

function harnessOf(vault: SketchedVault, drill: DrillPort): StepHarness {
  return createStepHarness({ clock: createFakeClock(NOW_MS), extra: { backups: vault.vault, drill } });
}

async function drilled(vault: SketchedVault, drill: DrillPort) {
  const harness = harnessOf(vault, drill);
  const draft = await harness.plan(etcdDrill, LATEST);
  return { harness, end: await harness.run(etcdDrill, draft.steps) };
}

/** What blocks a plan. */
async function blocks(vault: SketchedVault, drill: DrillPort, backup = 'latest'): Promise<readonly string[]> {
  const draft = await harnessOf(vault, drill).plan(etcdDrill, { backup });
  expect(draft.steps).toEqual([]);
  return draft.checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

/** What a drill says that ends because the backup is bad, and is recorded so. */
async function failing(vault: SketchedVault, drill: DrillPort): Promise<string> {
  const { end } = await drilled(vault, drill);
  expect(end).toMatchObject({ kind: 'stop', reason: 'backup-damaged' });
  expect(vault.list()[0]).toMatchObject({ state: 'damaged', drill: { result: 'failed' } });
  return end.note;
}

/** What a drill says that did not come to its end, and changes nothing of what is known. */
async function aborting(vault: SketchedVault, drill: DrillPort): Promise<string> {
  const { end } = await drilled(vault, drill);
  expect(end).toMatchObject({ kind: 'stop', reason: 'drill-aborted' });
  expect(vault.list()[0]).toMatchObject({ state: 'good', drill: null });
  return end.note;
}

describe('the plan', () => {
  test('takes the newest good backup, names it in what is hashed, and locks nothing', async () => {
    const draft = await harnessOf(vaultOf(), scriptedDrill(GOOD)).plan(etcdDrill, LATEST);

    expect(draft.identity).toBe('b1a2');
    expect(draft.facts).toMatchObject({ backup: ID });
    expect(draft.checks.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['backup', 'pass'],
      ['key', 'pass'],
      ['programs', 'pass'],
    ]);
    expect(draft.steps).toMatchObject([{ kind: 'drill.restore@1', risk: 'read', items: [ID] }]);
    expect(etcdDrill.locks('prod', LATEST)).toEqual([]);
  });

  test('is refused without backups, without that backup, without a key and without programs', async () => {
    const [file] = bodyOf(AT).files;
    const locked = vaultOf({
      files: file === undefined ? [] : [{ ...file, encryption: { kind: 'age', recipients: ['age1x'] } }],
    });
    locked.canOpen = false;
    const noPrograms: DrillPort = {
      ...scriptedDrill(GOOD),
      programsFor: async () =>
        await Promise.resolve({ ok: false, error: { code: 'no-program', message: 'found 3.4.23' } }),
    };
    const empty = createSketchedVault({ objects: [], contents: new Map() });

    expect(await blocks(empty, scriptedDrill(GOOD))).toEqual([
      'backup: prod has no good backup; `/kube backup prod` takes one',
    ]);
    expect(await blocks(vaultOf(), scriptedDrill(GOOD), idOf('2025-01-01T00:00:00.000Z'))).toHaveLength(1);
    expect(await blocks(locked, scriptedDrill(GOOD))).toEqual(['key: snapshot_2026-11-21_005130.db is encrypted']);
    expect(await blocks(vaultOf(), noPrograms)).toEqual(['programs: found 3.4.23']);
    const none = await createStepHarness().plan(etcdDrill, LATEST);
    expect(none.checks).toMatchObject([{ id: 'applicable', verdict: 'block' }]);
  });

  test('a damaged one that is named may be drilled again, and a half-written one may not', async () => {
    const vault = vaultOf();
    await drilled(vault, scriptedDrill({ ok: true, value: findingsOf({ keys: 1 }) }));
    const again = await harnessOf(vault, scriptedDrill(GOOD)).plan(etcdDrill, { backup: ID });
    vault.store.objects.shift();
    const half = await harnessOf(vault, scriptedDrill(GOOD)).plan(etcdDrill, { backup: ID });

    expect(again.checks[0]).toMatchObject({ verdict: 'warn', title: 'The backup is known as damaged' });
    expect(again.steps).toHaveLength(1);
    expect(half.checks[0]).toMatchObject({ verdict: 'block', title: 'This backup cannot be drilled' });
  });
});

test('a good backup is restored, opened, counted, and that is stored beside it', async () => {
  const vault = vaultOf();
  const orders: DrillOrder[] = [];
  const { harness, end } = await drilled(vault, scriptedDrill(GOOD, orders));

  expect(end).toMatchObject({ kind: 'done' });
  expect(orders[0]).toMatchObject({ id: ID, version: '3.5.16', sizeBytes: 1056, revision: '18019771712233889772' });
  expect(harness.words[0]).toBe('Restoring.');
  expect(readReport(harness.outputs[0] ?? null)).toMatchObject({ of: 'backups', healthy: true });
  expect(vault.list()[0]).toMatchObject({
    state: 'good',
    drill: { how: 'drill', result: 'passed', run: 'defrag-prod-test' },
  });
});

test('the revision that a good backup holds is noted, and that it could not be is said', async () => {
  const vault = vaultOf();
  await drilled(vault, scriptedDrill(GOOD));
  expect(vault.calls).toContain(`noteRevision ${bodyOf(AT).identity.etcd} 18019771712233889773`);

  vault.failures.set('noteRevision', { code: 'store', message: 'read-only', store: 'refused' });
  const { harness, end } = await drilled(vault, scriptedDrill(GOOD));
  expect(end).toMatchObject({ kind: 'done' });
  expect(JSON.stringify(harness.outputs[0])).toContain('889773 was seen could not be noted: read-only.');
});

describe('a backup that is not what it should be', () => {
  test('by what the restored etcd showed', async () => {
    const drill = scriptedDrill({ ok: true, value: findingsOf({ keys: 811, tookWrite: false }) });

    const vault = vaultOf();
    expect(await failing(vault, drill)).toBe(
      `${ID} failed its drill: it has 811 keys at revision 18019771712233889772, and 812 were counted for the backup; the restored etcd takes no write.`,
    );
    expect(vault.calls.join(' ')).not.toContain('noteRevision');
  });

  test.each<DrillErrorCode>(['refused', 'not-started'])('by etcd: %s', async (code) => {
    const drill = scriptedDrill({ ok: false, error: { code, message: 'expected sha256 [1], got [2]' } });

    expect(await failing(vaultOf(), drill)).toBe(`${ID} failed its drill: expected sha256 [1], got [2].`);
  });

  test.each(['open', 'content'] as const)('by what lies in the store, as its %s shows', async (when) => {
    const vault = vaultOf();
    vault.failures.set(when, { code: 'damaged', message: 'it cannot be decompressed' });

    expect(await failing(vault, scriptedDrill(GOOD))).toBe(`${ID} failed its drill: it cannot be decompressed.`);
  });

  test('also when the drill turns what reading threw into an answer of its own', async () => {
    const vault = vaultOf();
    vault.failures.set('content', { code: 'damaged', message: 'it cannot be decompressed' });
    const inner = scriptedDrill(GOOD);
    const drill: DrillPort = {
      ...inner,
      restore: async (order, call) =>
        await inner
          .restore(order, call)
          .catch(() => ({ ok: false, error: { code: 'content-failed', message: 'no content' } }) as const),
    };

    expect(await failing(vault, drill)).toBe(`${ID} failed its drill: it cannot be decompressed.`);
  });
});

describe('a drill that does not come to its end says nothing of the backup', () => {
  test.each<DrillErrorCode>(['no-program', 'no-room', 'content-failed', 'failed'])('%s', async (code) => {
    const vault = vaultOf();
    const drill = scriptedDrill({ ok: false, error: { code, message: 'needs 4 GiB and has 1 GiB' } });

    expect(await aborting(vault, drill)).toBe(`${ID} could not be drilled: needs 4 GiB and has 1 GiB.`);
    expect([...vault.store.contents.values()]).toContainEqual(expect.objectContaining({ result: 'aborted' }));
  });

  test.each<VaultErrorCode>(['store', 'no-key'])('%s', async (code) => {
    for (const when of ['open', 'content'] as const) {
      const vault = vaultOf();
      vault.failures.set(when, { code, message: 'no way to it' });
      expect(await aborting(vault, scriptedDrill(GOOD))).toBe(`${ID} could not be drilled: no way to it.`);
    }
  });

  test('content that is never begun is closed all the same', async () => {
    const vault = vaultOf();
    let closed = 0;
    const iterator: AsyncIterator<Uint8Array> = {
      next: async () => await Promise.resolve({ done: true, value: undefined }),
      return: async () => {
        closed += 1;
        return await Promise.resolve({ done: true, value: undefined });
      },
    };
    const opening = {
      ...vault.vault,
      open: async () => await Promise.resolve({ ok: true, value: { [Symbol.asyncIterator]: () => iterator } } as const),
    };
    const full = { ok: false, error: { code: 'no-room', message: 'full' } } as const;
    const drill: DrillPort = { ...scriptedDrill(GOOD), restore: async () => await Promise.resolve(full) };
    await drilled({ ...vault, vault: opening }, drill);

    expect(closed).toBe(1);
  });

  test('a snapshot that was not read to its end is not said to be good', async () => {
    const lazy: DrillPort = { ...scriptedDrill(GOOD), restore: async () => await Promise.resolve(GOOD) };

    expect(await aborting(vaultOf(), lazy)).toContain('was not read to its end');
  });

  test('a backup that went away since the plan, or has another manifest, is not drilled', async () => {
    const vault = vaultOf();
    const harness = harnessOf(vault, scriptedDrill(GOOD));
    const { steps } = await harness.plan(etcdDrill, LATEST);
    vault.store.objects.length = 0;
    expect(await harness.run(etcdDrill, steps)).toMatchObject({ reason: 'drill-aborted' });

    putBackup(vault.store, bodyOf(AT, { keys: 1 }));
    expect(await harness.run(etcdDrill, steps)).toMatchObject({ reason: 'backup-damaged' });
    expect(vault.calls).toEqual([]);
  });
});

test('one that is removed between the list and the reading says nothing of it, and nothing is recorded', async () => {
  const vault = vaultOf();
  vault.vault.open = async () => {
    vault.store.objects.splice(0);
    return await Promise.resolve({ ok: false, error: { code: 'damaged', message: 'there is no snapshot.db' } });
  };
  const { end } = await drilled(vault, scriptedDrill(GOOD));
  expect(end).toMatchObject({ reason: 'drill-aborted', note: `${ID} was removed while it was drilled.` });
  expect(vault.calls).toEqual([]);
});

describe('the record', () => {
  test('is tried three times, without another drill; what was found is told even so', async () => {
    const vault = vaultOf();
    vault.failures.set('recordDrill', { code: 'store', message: 'read-only', store: 'refused' });
    const orders: DrillOrder[] = [];
    const { end } = await drilled(vault, scriptedDrill(GOOD, orders));

    expect(orders).toHaveLength(1);
    expect(vault.calls.filter((call) => call.startsWith('recordDrill'))).toHaveLength(3);
    expect(end).toMatchObject({ reason: 'backups-unavailable' });
    expect(end.note).toMatch(/passed its drill: .* That could not be recorded beside the backup: read-only\.$/);
  });

  test('that was stored by a worker that died is found and not stored again', async () => {
    const vault = vaultOf();
    let beside: StepHarness | null = null;
    const dying = {
      ...vault.vault,
      facts: vault.vault.facts,
      recordDrill: async (...call: Parameters<typeof vault.vault.recordDrill>) => {
        const answer = await vault.vault.recordDrill(...call);
        beside?.shutDown();
        return answer;
      },
    };
    const orders: DrillOrder[] = [];
    const harness = createStepHarness({
      clock: createFakeClock(NOW_MS),
      extra: { backups: dying, drill: scriptedDrill(GOOD, orders) },
    });
    beside = harness;
    const { steps } = await harness.plan(etcdDrill, LATEST);
    expect(await harness.run(etcdDrill, steps)).toMatchObject({ kind: 'done' });
    expect(harness.deaths()).toBe(1);
    expect(orders).toHaveLength(1);
    expect(vault.calls.filter((call) => call.startsWith('recordDrill'))).toHaveLength(1);
  });

  test('a store that takes it and does not show it is not believed', async () => {
    const vault = vaultOf();
    const lying = {
      ...vault.vault,
      facts: vault.vault.facts,
      recordDrill: async () => await Promise.resolve({ ok: true, value: null } as const),
    };
    const harness = createStepHarness({
      clock: createFakeClock(NOW_MS),
      extra: { backups: lying, drill: scriptedDrill(GOOD) },
    });
    const { steps } = await harness.plan(etcdDrill, LATEST);
    const end = await harness.run(etcdDrill, steps);

    expect(end).toMatchObject({ reason: 'backups-unavailable' });
    expect(end.note).toContain('Not verified: the record of the drill is not in the store.');
  });
});
