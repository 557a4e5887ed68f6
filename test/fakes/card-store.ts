import type { CardRecord, CardStore, IncidentRecord, OfficeHolder } from '../../src/core/ports/card-store.ts';
import { CardText, IncidentText } from './card-store-text.ts';
import type { FakeRunStore } from './run-store.ts';
import { createFailures, type Failures } from './run-store-failures.ts';
import { findRun, markChanged, type RunMemory } from './run-store-memory.ts';

/** A card store in memory that keeps the contract of the real one, with knobs for faults. */
export interface FakeCardStore extends CardStore {
  /** Makes calls fail as when the store cannot be reached. */
  readonly failures: Failures<keyof CardStore>;
}

/** Stands on the memory of a fake run store, as the real two stand on one Redis. */
export function createFakeCardStore(runs: Pick<FakeRunStore, 'memory'>): FakeCardStore {
  const { memory } = runs;
  const failures = createFailures<keyof CardStore>();
  const { call } = failures;
  return {
    failures,
    dirty: (limit) => call('dirty', () => dirty(memory, limit)),
    card: (runId) => call('card', () => readCard(memory, runId)),
    save: (card, by) => call('save', () => saveCard(memory, card, by)),
    clean: (runId, version) => call('clean', () => clean(memory, runId, version)),
    touch: (runId) => call('touch', () => touch(memory, runId)),
    doubt: (runId) => call('doubt', () => doubt(memory, runId)),
    incident: (cluster) => call('incident', () => readIncident(memory, cluster)),
    saveIncident: (record, by) => call('saveIncident', () => saveIncident(memory, record, by)),
    doubtIncident: (cluster) =>
      call('doubtIncident', () => {
        memory.incidentDoubts.set(cluster, (memory.incidentDoubts.get(cluster) ?? 0) + 1);
      }),
    elect: (name, who, ttlMs) => call('elect', () => elect(memory, name, who, ttlMs)),
    resign: (name, who) => call('resign', () => resign(memory, name, who)),
    onChange: (callback) => call('onChange', () => listen(memory, callback)),
  };
}

function dirty(memory: RunMemory, limit: number): readonly { readonly runId: string; readonly version: number }[] {
  const found: { readonly runId: string; readonly version: number }[] = [];
  for (const runId of memory.dirty) {
    const run = findRun(memory, runId);
    if (run === undefined) memory.dirty.delete(runId);
    else if (found.length < limit) {
      memory.touched.delete(runId);
      found.push({ runId, version: run.version });
    }
  }
  return found;
}

function readCard(memory: RunMemory, runId: string): CardRecord | null {
  const run = findRun(memory, runId);
  if (run === undefined || run.card === null) return null;
  const card = CardText.parse(JSON.parse(run.card));
  return card.doubts === run.doubts ? card : { ...card, doubts: run.doubts, shownDigest: '', shownUrgency: '' };
}

function saveCard(memory: RunMemory, card: CardRecord, by: OfficeHolder | undefined): boolean {
  if (!mayWrite(memory, by)) return false;
  const run = findRun(memory, card.runId);
  if (run !== undefined) run.card = JSON.stringify(card);
  return true;
}

function mayWrite(memory: RunMemory, by: OfficeHolder | undefined): boolean {
  if (by === undefined) return true;
  const holder = memory.elected.get(by.office);
  return holder !== undefined && holder.untilMs > memory.clock.nowMs() && holder.who === by.who;
}

function doubt(memory: RunMemory, runId: string): void {
  const run = findRun(memory, runId);
  if (run !== undefined) run.doubts += 1;
  touch(memory, runId);
}

function readIncident(memory: RunMemory, cluster: string): IncidentRecord | null {
  const text = memory.incidents.get(cluster);
  if (text === undefined) return null;
  const record = IncidentText.parse(JSON.parse(text));
  const doubts = memory.incidentDoubts.get(cluster) ?? 0;
  return record.doubts === doubts ? record : { ...record, doubts, shownDigest: '' };
}

function saveIncident(memory: RunMemory, record: IncidentRecord, by: OfficeHolder | undefined): boolean {
  if (!mayWrite(memory, by)) return false;
  memory.incidents.set(record.incident.cluster, JSON.stringify(record));
  return true;
}

function clean(memory: RunMemory, runId: string, version: number): void {
  const run = findRun(memory, runId);
  if (memory.touched.has(runId) || (run !== undefined && run.version > version)) return;
  memory.dirty.delete(runId);
}

function touch(memory: RunMemory, runId: string): void {
  if (findRun(memory, runId) === undefined) return;
  memory.touched.add(runId);
  markChanged(memory, runId);
}

function elect(memory: RunMemory, name: string, who: string, ttlMs: number): boolean {
  const nowMs = memory.clock.nowMs();
  const holder = memory.elected.get(name);
  if (holder !== undefined && holder.untilMs > nowMs && holder.who !== who) return false;
  memory.elected.set(name, { who, untilMs: nowMs + ttlMs });
  return true;
}

function resign(memory: RunMemory, name: string, who: string): void {
  if (memory.elected.get(name)?.who === who) memory.elected.delete(name);
}

function listen(memory: RunMemory, callback: (runId: string) => void): () => Promise<void> {
  function listener(runId: string): void {
    callback(runId);
  }
  memory.listeners.add(listener);
  return async () => {
    memory.listeners.delete(listener);
  };
}
