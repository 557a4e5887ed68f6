import { z } from 'zod';
import { AuditEntry } from '../../core/audit.ts';
import { LockEntry } from '../../core/lock.ts';
import type { AppendResult, CreateResult, RunListing } from '../../core/ports/run-store.ts';

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

/** A lock as it is stored. */
export const StoredLock = Text.transform(parseStored).pipe(LockEntry);

/** Answer of `append.lua`. */
export const AppendAnswer = z
  .union([
    z.tuple([z.enum(['missing', 'duplicate', 'lost-lease'])]),
    z.tuple([z.enum(['ok', 'stale']), Count]),
    z.tuple([z.literal('lock-held'), StoredLock]),
  ])
  .transform((answer): AppendResult => {
    if (answer[0] === 'ok' || answer[0] === 'stale') return { kind: answer[0], version: answer[1] };
    if (answer[0] === 'lock-held') return { kind: answer[0], lock: answer[1] };
    return { kind: answer[0] };
  });

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

/** Answer of `XRANGE` on the audit stream: entry `7-0` is number 7. */
export const AuditAnswer = z.array(
  z
    .tuple([Text, z.tuple([z.literal('entry'), Text.transform(parseStored).pipe(AuditEntry)])])
    .transform(([id, [, entry]]) => ({ seq: Number.parseInt(id, 10), entry })),
);

/** Answer of `card-dirty.lua`. */
export const DirtyAnswer = z.array(z.tuple([Text, Count]).transform(([runId, version]) => ({ runId, version })));
