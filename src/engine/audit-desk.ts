import type { Actor } from '../core/actor.ts';
import { lineOf } from '../core/audit-chain.ts';
import {
  type AuditDesk,
  type AuditExport,
  type AuditList,
  type AuditQuery,
  isSince,
  type Sight,
  wants,
} from '../core/audit-view.ts';
import type { ClusterProfile } from '../core/cluster-profile.ts';
import { type Place, type Policy, permit } from '../core/policy.ts';
import type { RunStore, StoredEntry } from '../core/ports/run-store.ts';
import type { Clock, Digest } from '../core/ports/runtime.ts';

/** What the audit desk needs. */
export interface AuditDeskDeps {
  readonly store: Pick<RunStore, 'audit' | 'auditEntries' | 'auditHead'>;
  readonly digest: Digest;
  readonly clock: Pick<Clock, 'nowIso'>;
  readonly clusters: readonly ClusterProfile[];
  policy(): Policy;
}

/** Entries that are read at once. */
const WINDOW = 500;
/** Entries that one question looks through at most. */
const MOST = 20_000;
/** Verb that policy rules name for the audit log. */
const VERB = 'audit';

/** Makes the desk. */
export function createAuditDesk(deps: AuditDeskDeps): AuditDesk {
  return {
    viewFor: (actor, place) => ({
      newest: async (query, limit) => await newest(deps, query, limit, sightOf(deps, actor, place)),
      export: async (query, text) => await exportLog(deps, { actor, place, text }, query),
    }),
  };
}

function sightOf(deps: AuditDeskDeps, actor: Actor, place: Place): Sight {
  const asked = { actor, verb: VERB, flags: [], outsideWindow: false, ...place };
  const clusters = deps.clusters.map(({ name }) => name);
  return { clusters, all: clusters.every((cluster) => permit(deps.policy(), { ...asked, cluster }).ok) };
}

async function newest(deps: AuditDeskDeps, query: AuditQuery, limit: number, sight: Sight): Promise<AuditList> {
  const entries: StoredEntry[] = [];
  let looked = 0;
  for await (const window of backwards(deps, (await deps.store.auditHead()).seq)) {
    for (const stored of window.toReversed()) {
      if (wants(query, stored, sight)) entries.push(stored);
      if (entries.length > limit) return { entries: entries.slice(0, limit), more: true, looked };
      looked += 1;
    }
    if (!window.some((stored) => isSince(stored, query.sinceMs))) return { entries, more: false, looked };
    if (looked >= MOST) return { entries, more: (window[0]?.seq ?? 1) > 1, looked };
  }
  return { entries, more: false, looked };
}

/** The log up to `last` in windows, the newest first; each is oldest first. */
async function* backwards(
  { store }: AuditDeskDeps,
  last: number,
): AsyncGenerator<readonly StoredEntry[], void, undefined> {
  for (let to = last; to > 0; to -= WINDOW) {
    const after = Math.max(0, to - WINDOW);
    const found = await store.auditEntries(after, to - after);
    const window = found.filter(({ seq }) => seq <= to);
    // Entries that are gone from the store: there is nothing older either.
    if (window.length === 0) return;
    yield window;
  }
}

interface Exporting {
  readonly actor: Actor;
  readonly place: Place;
  readonly text: string;
}

async function exportLog(deps: AuditDeskDeps, by: Exporting, query: AuditQuery): Promise<AuditExport> {
  await record(deps, by, query);
  const sight = sightOf(deps, by.actor, by.place);
  const head = await deps.store.auditHead();
  const windows: (readonly StoredEntry[])[] = [];
  let [count, reached] = [0, true];
  for await (const window of backwards(deps, head.seq)) {
    windows.unshift(window);
    count += window.length;
    if (!window.some((stored) => isSince(stored, query.sinceMs))) break;
    if (count >= MOST) {
      reached = (window[0]?.seq ?? 1) <= 1;
      break;
    }
  }
  const range = fromFirst(windows.flat(), query);
  return { ...fileOf(deps, query, range, sight), shortened: !reached && range.length === count };
}

/** Who takes the log away is in the log. */
async function record({ store, clock }: AuditDeskDeps, { actor, text }: Exporting, query: AuditQuery): Promise<void> {
  const detail = { text, by: query.by, since: query.sinceMs === null ? null : new Date(query.sinceMs).toISOString() };
  const { cluster } = query;
  await store.audit([{ v: 1, at: clock.nowIso(), action: 'export', actor, cluster, run: null, reason: null, detail }]);
}

/** From the first entry that is not too old on, whatever the times of those behind it: a part of a chain has no gaps. */
function fromFirst(entries: readonly StoredEntry[], { sinceMs }: AuditQuery): readonly StoredEntry[] {
  const first = entries.findIndex((stored) => isSince(stored, sinceMs));
  return first < 0 ? entries.slice(-1) : entries.slice(first);
}

function fileOf(
  { digest }: AuditDeskDeps,
  query: AuditQuery,
  range: readonly StoredEntry[],
  sight: Sight,
): Omit<AuditExport, 'shortened'> {
  const whole = new Set(range.filter((stored) => wants(query, stored, sight)));
  const lines = range.map((stored) => lineOf(digest, stored, stored.content, whole.has(stored) ? 'whole' : 'link'));
  const { seq: from } = range[0] ?? { seq: 0 };
  const { seq: to, hash } = range.at(-1) ?? { seq: 0, hash: null };
  return {
    name: `audit-${query.cluster}-${from}-${to}.jsonl`,
    content: lines.map((line) => `${line}\n`).join(''),
    from,
    to,
    head: hash === null ? null : { seq: to, hash },
    whole: whole.size,
    links: range.length - whole.size,
  };
}
