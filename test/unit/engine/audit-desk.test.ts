import { beforeEach, describe, expect, test } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import type { AuditEntry } from '../../../src/core/audit.ts';
import { verifyChain } from '../../../src/core/audit-verify.ts';
import type { AuditQuery, AuditView } from '../../../src/core/audit-view.ts';
import type { Policy, PolicyRule } from '../../../src/core/policy.ts';
import { createAuditDesk } from '../../../src/engine/audit-desk.ts';
import { createFakeRunStore, type FakeRunStore } from '../../fakes/run-store.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { sampleApprovals } from '../../support/run-samples.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const ANA = { team: 'T0HOME', user: 'U0ANA' };
const BEN = { team: 'T0HOME', user: 'U0BEN' };
const QUERY: AuditQuery = { cluster: 'prod', sinceMs: null, by: null };

let clock: FakeClock;
let store: FakeRunStore;
beforeEach(() => {
  clock = createFakeClock();
  store = createFakeRunStore(clock);
});

/** What `ANA` sees, who may see the audit log of these clusters out of `prod` and `dev`. */
function viewOf(clusters: readonly string[]): AuditView {
  const rules: readonly PolicyRule[] = [{ clusters, commands: ['audit'], allow: ['auditor'], approvals: null }];
  const policy: Policy = {
    homeTeam: 'T0HOME',
    roles: [{ name: 'auditor', users: [ANA.user] }],
    rules,
    defaultApprovals: sampleApprovals(),
  };
  const configured = [sampleCluster(), sampleCluster({ name: 'dev' })];
  const deps = { store, digest: canonicalDigest, clock, clusters: configured, policy: () => policy };
  return createAuditDesk(deps).viewFor(ANA, { channel: 'C0OPS', nowMs: 0 });
}

async function write(action: string, over: Partial<AuditEntry> = {}): Promise<void> {
  const none = { actor: BEN, run: null, reason: null, detail: {} };
  await store.audit([{ v: 1, at: clock.nowIso(), action, cluster: 'prod', ...none, ...over }]);
}

async function actionsOf(view: AuditView, query: Partial<AuditQuery> = {}, limit = 100): Promise<readonly string[]> {
  const { entries } = await view.newest({ ...QUERY, ...query }, limit);
  return entries.map(({ entry }) => entry.action);
}

describe('the newest entries', () => {
  test('of one cluster, newest first, at most so many', async () => {
    for (const action of ['one', 'two', 'three']) await write(action);
    await write('other', { cluster: 'dev' });
    expect(await actionsOf(viewOf(['prod']))).toEqual(['three', 'two', 'one']);
    expect(await viewOf(['prod']).newest(QUERY, 2)).toMatchObject({ more: true });
    expect(await viewOf(['prod']).newest(QUERY, 3)).toMatchObject({ more: false, looked: 4 });
  });

  test('entries of no cluster are for those who may see all clusters', async () => {
    await write('policy-changed', { cluster: null });
    await write('refusal', { cluster: 'typo' });
    expect(await actionsOf(viewOf(['prod']))).toEqual([]);
    expect(await actionsOf(viewOf(['prod', 'dev']))).toEqual(['refusal', 'policy-changed']);
  });

  test('by a person: what that one asked, and decisions in which that one took part', async () => {
    await write('request', { actor: ANA });
    await write('decision', { actor: null, detail: { by: ['U0ANA', 'U0BEN'] } });
    await write('decision', { actor: null, detail: { by: ['U0BEN'] } });
    expect(await actionsOf(viewOf(['prod']), { by: 'U0ANA' })).toEqual(['decision', 'request']);
  });

  test('since a time', async () => {
    await write('old');
    await clock.advance(60_000);
    await write('new');
    expect(await actionsOf(viewOf(['prod']), { sinceMs: clock.nowMs() - 1000 })).toEqual(['new']);
    expect(await actionsOf(viewOf(['prod']), { sinceMs: clock.nowMs() + 1 })).toEqual([]);
  });

  test('behind thousands of others it is still found', async () => {
    await write('first');
    for (let each = 0; each < 1300; each += 1) await write('other', { cluster: 'dev' });
    expect(await actionsOf(viewOf(['prod']))).toEqual(['first']);
  });
});

describe('an export', () => {
  test('is recorded, has the other clusters as links, and is proven by itself', async () => {
    await write('one');
    await write('secret plan of dev', { cluster: 'dev', run: 'defrag-dev-9x9x' });
    await write('two');
    const made = await viewOf(['prod']).export(QUERY, 'audit prod --export');
    expect(made).toMatchObject({ name: 'audit-prod-1-4.jsonl', from: 1, to: 4, whole: 3, links: 1, shortened: false });
    expect(made.content).not.toContain('dev');
    expect(made.content.split('\n')[3]).toContain('"action":"export"');
    expect(made.content.split('\n')[3]).toContain('"user":"U0ANA"');
    const anchors = made.head === null ? [] : [made.head];
    expect(verifyChain(canonicalDigest, made.content, { anchors, first: 1 })).toMatchObject({ ok: true, links: 1 });
  });

  test('of a part begins there, and is proven as a part', async () => {
    await write('old');
    await clock.advance(60_000);
    await write('new');
    const made = await viewOf(['prod']).export({ ...QUERY, sinceMs: clock.nowMs() }, 'audit prod --since 1s --export');
    expect(made).toMatchObject({ from: 2, to: 3, whole: 2 });
    expect(made.content).not.toContain('old');
    expect(verifyChain(canonicalDigest, made.content, { anchors: [], first: 2 })).toMatchObject({ ok: true });
  });

  test('of one person has the others as links', async () => {
    await write('mine', { actor: ANA });
    await write('theirs');
    const made = await viewOf(['prod']).export({ ...QUERY, by: 'U0ANA' }, 'audit prod --by U0ANA --export');
    expect(made).toMatchObject({ whole: 2, links: 1 });
    expect(made.content).not.toContain('theirs');
  });

  test('that cannot be recorded is not given', async () => {
    await write('one');
    store.failures.failNext('audit');
    await expect(viewOf(['prod']).export(QUERY, 'audit prod --export')).rejects.toThrow('audit');
  });

  test('of more than fits in a file has the newest, and says so', async () => {
    for (let each = 0; each < 20_500; each += 500) {
      const entry = {
        v: 1,
        at: clock.nowIso(),
        action: 'x',
        cluster: 'prod',
        actor: null,
        run: null,
        reason: null,
      } as const;
      await store.audit(Array.from({ length: 500 }, () => ({ ...entry, detail: {} })));
    }
    const made = await viewOf(['prod']).export(QUERY, 'audit prod --export');
    expect(made).toMatchObject({ to: 20_501, shortened: true });
    expect(made.from).toBe(502);
  });
});
