import { z } from 'zod';
import { DbSize } from '../../src/core/etcd/defrag-outcome.ts';
import type { ActState } from '../../src/core/run-state.ts';
import type { DefragInput, MemberRef } from './input.ts';
import { TurnEvidence, TurnFacts } from './settle.ts';

/** Name of the announced call. */
export const DEFRAGMENT = 'defragment';

/** One finished turn, as later steps and the report read it. Sizes in bytes, time in ms (`null`: not measured). */
export const Turn = z.object({
  id: z.string(),
  label: z.string(),
  before: DbSize,
  after: DbSize,
  tookMs: z.number().int().nullable(),
  note: z.string(),
});
export type Turn = z.infer<typeof Turn>;

/** Output of `etcd.defragment@1`, in the order of the turns. */
export const DefragOutput = z.object({ turns: z.array(Turn) });
export type DefragOutput = z.infer<typeof DefragOutput>;

/** The turns that are done, read from what was stored of the announced calls. */
export function turnsOf(acts: readonly ActState[]): readonly Turn[] {
  return acts.flatMap((act) => {
    if (act.action !== DEFRAGMENT || act.observed?.result !== 'done') return [];
    const facts = TurnFacts.safeParse(act.facts);
    const evidence = TurnEvidence.safeParse(act.observed.evidence);
    if (!facts.success || !evidence.success) return [];
    const { id, before } = facts.data;
    return [{ id, label: act.item, before, ...evidence.data, note: act.observed.note }];
  });
}

/** Members that had no turn yet. A turn that was announced and seen not to have happened is still due. */
export function remainingOf(input: DefragInput, acts: readonly ActState[]): readonly MemberRef[] {
  const done = new Set(
    acts.filter((act) => act.action === DEFRAGMENT && act.observed?.result === 'done').map((act) => act.item),
  );
  return input.members.filter((each) => !done.has(each.label));
}

/** How often this very call was announced. */
export function timesAnnounced(acts: readonly ActState[], call: ActState): number {
  return acts.filter((act) => act.action === call.action && act.item === call.item).length;
}
