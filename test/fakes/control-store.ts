import type { ControlKind, ControlRecord, ControlStore } from '../../src/core/ports/control-store.ts';
import { createFailures, type Failures } from './run-store-failures.ts';
import { type RunMemory, writeAudit } from './run-store-memory.ts';

/** A control store in memory that keeps the contract of the real one, with knobs for faults. */
export interface FakeControlStore extends ControlStore {
  readonly failures: Failures<keyof ControlStore>;
  /** Stores this text as it is, as a broken disk would. */
  spoil(kind: ControlKind, key: string, text: string): void;
}

/** Records live, and audit entries go, where those of the run store go. */
export function createFakeControlStore(memory: RunMemory): FakeControlStore {
  const records = memory.control;
  const failures = createFailures<keyof ControlStore>();
  const { call } = failures;
  let revisions = 0;
  const find = (kind: ControlKind, key: string): ControlRecord | null => {
    const stored = records.get(`${kind} ${key}`);
    return stored === undefined ? null : { kind, key, revision: stored.revision, value: parse(stored.text) };
  };
  return {
    failures,
    spoil: (kind, key, text) => {
      revisions += 1;
      records.set(`${kind} ${key}`, { revision: revisions, text });
    },
    read: (kind, key) => call('read', () => find(kind, key)),
    list: (kind) =>
      call('list', () =>
        [...records.keys()]
          .filter((each) => each.startsWith(`${kind} `))
          .toSorted()
          .map((each) => find(kind, each.slice(kind.length + 1)))
          .filter((each) => each !== null),
      ),
    write: (write) =>
      call('write', () => {
        const current = find(write.kind, write.key);
        if ((current?.revision ?? null) !== write.seen) return { kind: 'stale' as const, current };
        revisions += 1;
        const place = `${write.kind} ${write.key}`;
        if (write.value === null) records.delete(place);
        else records.set(place, { revision: revisions, text: JSON.stringify(write.value) });
        if (write.also !== undefined) {
          const { kind, key, value } = write.also;
          if (value === null) records.delete(`${kind} ${key}`);
          else records.set(`${kind} ${key}`, { revision: revisions, text: JSON.stringify(value) });
        }
        if (write.notice !== undefined) {
          const { key, value } = write.notice;
          records.set(`notice ${key}`, { revision: revisions, text: JSON.stringify(value) });
        }
        writeAudit(memory, write.audit);
        return { kind: 'ok' as const, revision: revisions };
      }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
