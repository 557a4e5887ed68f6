import { z } from 'zod';
import { Hash } from '../../core/audit-chain.ts';
import { readEntry } from '../../core/audit-seal.ts';
import { LockEntry } from '../../core/lock.ts';
import type {
  AppendResult,
  AuditHead,
  CreateResult,
  RunListing,
  RunStore,
  StoredEntry,
} from '../../core/ports/run-store.ts';

const Count = z.number().int();
const Text = z.string();

/** Stored text as it was written; what is no JSON is an event type that no version knows, so that the fold parks the run. */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { type: 'unreadable' };
  }
}

/** Answer of `create.lua`. */
export const CreateAnswer = z
  .union([z.tuple([z.literal('created')]), z.tuple([z.literal('id-taken')]), z.tuple([z.literal('duplicate'), Text])])
  .transform(
    (answer): CreateResult => (answer[0] === 'duplicate' ? { kind: answer[0], runId: answer[1] } : { kind: answer[0] }),
  );

/** Answer of `read.lua`: version, epoch, scratch, events. */
export const ReadAnswer = z.tuple([Count, Count, Text.nullable(), z.array(Text)]).nullable();

/** The entry of a lock as it is stored. One that cannot be read still holds its lock, and is shown as what it is. */
export function readLock(name: string, text: string): LockEntry {
  const entry = LockEntry.safeParse(parseStored(text));
  return entry.success ? entry.data : { name, runId: '?', owner: '?', reason: 'unreadable entry', since: '' };
}

/** Answer of `HGETALL` on the locks, by name. */
export const LocksAnswer = z.record(Text, Text).transform((stored): readonly LockEntry[] =>
  Object.entries(stored)
    .map(([name, text]) => readLock(name, text))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
);

/** Answer of `append.lua`. */
export const AppendAnswer = z
  .union([
    z.tuple([z.enum(['missing', 'duplicate', 'lost-lease', 'unguarded'])]),
    z.tuple([z.enum(['ok', 'stale']), Count]),
    z.tuple([z.literal('lock-held'), Text, Text]),
  ])
  .transform((answer): AppendResult => {
    if (answer[0] === 'ok' || answer[0] === 'stale') return { kind: answer[0], version: answer[1] };
    if (answer[0] === 'lock-held') return { kind: answer[0], lock: readLock(answer[1], answer[2]) };
    return { kind: answer[0] };
  });

/** Answer of `lock.lua`. */
export const LockAnswer = z
  .union([z.tuple([z.literal('ok')]), z.tuple([z.literal('lock-held'), Text, Text])])
  .transform(
    (answer): Awaited<ReturnType<RunStore['lockByHand']>> =>
      answer[0] === 'ok' ? { kind: 'ok' } : { kind: 'lock-held', lock: readLock(answer[1], answer[2]) },
  );

/** Answer of `unlock.lua`: what is there instead. */
export const UnlockAnswer = z.union([
  z.tuple([z.literal('ok')]),
  z.tuple([z.literal('changed')]),
  z.tuple([z.literal('changed'), Text.nullable()]),
]);

/** Answer of `claim.lua`: the epoch. */
export const ClaimAnswer = Count.nullable();

/** Answer of scripts that say yes (1) or no (0). */
export const YesNo = z.union([z.literal(1), z.literal(0)]).transform((answer) => answer === 1);

/** Answer of scripts that count. */
export const CountAnswer = Count;

/** Answer of `park.lua`. */
export const ParkAnswer = z.enum(['ok', 'stale', 'lost-lease']);

/** Run ids. */
export const Ids = z.array(Text);

/** Answer of `list.lua`. */
export const ListAnswer = z.array(
  z
    .tuple([Text, Text, Text, Text])
    .transform(
      ([id, cluster, runbook, finished]): RunListing => ({ id, cluster, runbook, finished: finished === '1' }),
    ),
);

/** Fields of an entry of the audit stream, names and values in turn. Entries from before the chain have no hashes. */
const EntryFields = z.array(Text).transform((fields) => {
  const named = new Map(
    fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? ''] as const] : [])),
  );
  const hash = Hash.safeParse(named.get('hash')).data ?? null;
  const prev = Hash.safeParse(named.get('prev')).data ?? null;
  return { prev, hash, ...readEntry(named.get('entry') ?? '') };
});

/** Answer of `XRANGE` on the audit stream: entry `7-0` is number 7. */
export const AuditAnswer = z.array(
  z.tuple([Text, EntryFields]).transform(([id, entry]): StoredEntry => ({ seq: Number.parseInt(id, 10), ...entry })),
);

/** Answer of `HMGET` on the counters for number and hash of the newest entry. */
export const HeadAnswer = z
  .tuple([Text.nullable(), Text.nullable()])
  .transform(([seq, hash]): AuditHead => ({ seq: Number(seq ?? 0), hash: Hash.safeParse(hash).data ?? null }));

/** Answer of `card-dirty.lua`. */
export const DirtyAnswer = z.array(z.tuple([Text, Count]).transform(([runId, version]) => ({ runId, version })));
