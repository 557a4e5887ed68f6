import { z } from 'zod';
import type { AuditMarks } from '../core/ports/audit-marks.ts';
import type { AnchorFault, AnchorOutcome, AuditAnchor } from '../core/ports/audit-out.ts';
import type { RunStore } from '../core/ports/run-store.ts';
import { type FollowDeps, type Follower, OFFICE_MS } from './follow-audit.ts';

/** What anchoring needs. */
export interface AnchorDeps extends Omit<FollowDeps, 'store' | 'digest'> {
  readonly store: Pick<RunStore, 'auditHead' | 'audit'>;
  /** Is told of each try. */
  readonly onAnchor: (outcome: 'kept' | AnchorFault | 'unknown') => void;
}

const OFFICE = 'audit-anchor';
/** After a failure, ms. */
const TRY_AGAIN_MS = 30_000;

const AnchorMark = z.object({
  /** Newest entry that was anchored; 0: none. */
  seq: z.number().int(),
  atMs: z.number(),
  /** What stands in the way, since when, and when it was last tried; `null`: nothing. */
  failing: z
    .object({ fault: z.string(), words: z.string(), sinceMs: z.number(), triedMs: z.number() })
    .nullable()
    .default(null),
});
type AnchorMark = z.infer<typeof AnchorMark>;

const NEVER: AnchorMark = { seq: 0, atMs: 0, failing: null };

async function readMark(marks: Pick<AuditMarks, 'read'>): Promise<AnchorMark> {
  return AnchorMark.safeParse(await marks.read(OFFICE)).data ?? NEVER;
}

/**
 * Keeps the head of the chain outside the store at an interval, whenever it has grown. That one was not kept, and that it works again, is logged and
 * an entry of the log itself, once; and noted, so that every process can say it.
 */
export function createAuditAnchoring(deps: AnchorDeps, anchor: AuditAnchor, everyMs: number): Follower {
  return {
    round: async () => {
      if (!(await deps.offices.elect(OFFICE, deps.who, OFFICE_MS))) return;
      const mark = await readMark(deps.marks);
      const nowMs = deps.clock.nowMs();
      if (!isDue(mark, nowMs, everyMs)) return;
      const { seq, hash } = await deps.store.auditHead();
      if (hash === null || (seq === mark.seq && mark.failing === null)) return;
      const outcome = await keep(anchor, { seq, hash }, deps.clock.nowIso());
      deps.onAnchor(outcome.kept ? 'kept' : outcome.fault);
      const next = outcome.kept ? { seq, atMs: nowMs, failing: null } : failedMark(mark, outcome, nowMs);
      // Told before it is noted: a process that dies between tells it twice rather than never.
      await tell(deps, anchor.place, mark, outcome);
      await deps.marks.save(OFFICE, next, { office: OFFICE, who: deps.who });
    },
    leave: async () => await deps.offices.resign(OFFICE, deps.who),
  };
}

type Outcome = AnchorOutcome | { readonly kept: false; readonly fault: 'unknown'; readonly words: string };

async function keep(anchor: AuditAnchor, head: Parameters<AuditAnchor['keep']>[0], at: string): Promise<Outcome> {
  try {
    return await anchor.keep(head, at);
  } catch (error) {
    return { kept: false, fault: 'unknown', words: error instanceof Error ? error.message : 'unknown error' };
  }
}

/** A time in the future is from a clock that was set back since. */
function isDue({ atMs, failing }: AnchorMark, nowMs: number, everyMs: number): boolean {
  const [lastMs, waitMs] = failing === null ? [atMs, everyMs] : [failing.triedMs, TRY_AGAIN_MS];
  return lastMs > nowMs || nowMs >= lastMs + waitMs;
}

function failedMark(mark: AnchorMark, outcome: Exclude<Outcome, { kept: true }>, nowMs: number): AnchorMark {
  const { fault, words } = outcome;
  return { ...mark, failing: { fault, words, sinceMs: mark.failing?.sinceMs ?? nowMs, triedMs: nowMs } };
}

async function tell(
  { log, store, clock }: AnchorDeps,
  place: string,
  { seq, failing }: AnchorMark,
  outcome: Outcome,
): Promise<void> {
  const before = failing?.fault ?? null;
  const now = outcome.kept ? null : outcome.fault;
  if (before === now) return;
  const data = outcome.kept ? { place } : { place, fault: outcome.fault, newestAnchor: seq, why: outcome.words };
  if (outcome.kept) log.info('anchors of the audit log are kept again', data);
  else log.error('the audit log could not be anchored', data);
  const action = outcome.kept ? 'anchor-again' : 'anchor-failed';
  await store.audit([
    { v: 1, at: clock.nowIso(), action, actor: null, cluster: null, run: null, reason: null, detail: data },
  ]);
}

/** What keeps the log from being anchored, in words; `null`: nothing. Throws when the store does not answer. */
export async function anchorTrouble(marks: Pick<AuditMarks, 'read'>): Promise<string | null> {
  const { failing } = await readMark(marks);
  if (failing === null) return null;
  return `the audit log is not anchored since ${new Date(failing.sinceMs).toISOString()}: ${failing.words}`;
}
