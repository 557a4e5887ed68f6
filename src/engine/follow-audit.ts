import { z } from 'zod';
import { isLinked, lineOf } from '../core/audit-chain.ts';
import type { AuditMarks, Offices } from '../core/ports/audit-marks.ts';
import type { AuditSink } from '../core/ports/audit-out.ts';
import type { RunStore, StoredEntry } from '../core/ports/run-store.ts';
import type { Clock, Digest, Log } from '../core/ports/runtime.ts';

/** What those who follow the audit log outside Slack need. */
export interface FollowDeps {
  readonly store: Pick<RunStore, 'auditEntries' | 'auditHead'>;
  readonly marks: AuditMarks;
  readonly offices: Offices;
  readonly digest: Digest;
  readonly clock: Pick<Clock, 'nowMs' | 'nowIso'>;
  readonly log: Log;
  /** Name of this process, unique among processes. */
  readonly who: string;
}

/** Something that is done again and again by one process of all. */
export interface Follower {
  /** Does what there is to do; nothing when another process holds the office. Throws when it could not; the next round tries again. */
  round(): Promise<void>;
  /** Gives the office up. */
  leave(): Promise<void>;
}

/** Much longer than a round takes, so that the office is lost only by a process that stands still. */
export const OFFICE_MS = 15_000;
const AT_ONCE = 200;

const MirrorMark = z.object({ seq: z.number().int() });

/**
 * Mirrors the audit log, from the first entry on: every entry at least once, in order. What is there already decides where to go on; only
 * where that cannot be seen, the mark decides.
 */
export function createAuditMirror(deps: FollowDeps, sink: AuditSink): Follower {
  const office = 'audit-mirror';
  let told: number | null = null;
  return {
    round: async () => {
      if (!(await deps.offices.elect(office, deps.who, OFFICE_MS))) {
        told = null;
        return;
      }
      let after: number = told ?? (await sink.newest()) ?? (await markOf(deps, office, MirrorMark))?.seq ?? 0;
      for (;;) {
        const entries = await deps.store.auditEntries(after, AT_ONCE);
        const last = entries.at(-1);
        if (last === undefined) {
          told = await behindLoss(deps, office, after);
          return;
        }
        // A process that stood still must not write behind its successor.
        if (!(await deps.offices.elect(office, deps.who, OFFICE_MS))) return;
        tellBroken(deps, entries);
        told = null;
        await sink.write(entries.map((each) => `${lineOf(deps.digest, each, each.content, 'whole')}\n`).join(''));
        after = last.seq;
        if (!(await deps.marks.save(office, { seq: after }, { office, who: deps.who }))) return;
        told = after;
      }
    },
    leave: async () => await deps.offices.resign(office, deps.who),
  };
}

async function markOf<T>(deps: FollowDeps, name: string, schema: z.ZodType<T>): Promise<T | null> {
  return schema.safeParse(await deps.marks.read(name)).data ?? null;
}

/** An entry that does not fit its own link was changed in the store. It is mirrored all the same, and told. */
function tellBroken({ digest, log }: FollowDeps, entries: readonly StoredEntry[]): void {
  for (const each of entries) {
    if (each.hash === null && each.prev === null) continue;
    if (!isLinked(digest, each, digest.of(each.content)))
      log.error('the audit chain is broken: an entry is not what its hash says', { seq: each.seq });
  }
}

/**
 * Where to go on when nothing is left to mirror. More is mirrored than the store has: it lost its last writes, or somebody cut them off.
 * What it writes from then on has numbers that are there already, and is mirrored all the same: its own mark is as old as the store.
 */
async function behindLoss(deps: FollowDeps, office: string, after: number): Promise<number> {
  const { seq } = await deps.store.auditHead();
  if (seq >= after) return after;
  deps.log.error('the store has fewer audit entries than were mirrored', { store: seq, mirrored: after });
  return Math.min(seq, (await markOf(deps, office, MirrorMark))?.seq ?? seq);
}
