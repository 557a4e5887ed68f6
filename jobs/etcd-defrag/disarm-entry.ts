import { z } from 'zod';
import type { RingIdentity } from '../../src/core/etcd/identity.ts';
import { labelOf, type Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdAlarm, EtcdError } from '../../src/core/ports/etcd.ts';
import type { ActState } from '../../src/core/run-state.ts';
import type { StepContext } from '../../src/core/step.ts';
import { GATE_SAMPLES } from '../steps/pass-gate.ts';
import { LOOK_TIMEOUT_MS, lookOf, readRing } from '../steps/read-ring.ts';
import { answerOf, callWords, wayReason } from './call-error.ts';
import type { DisarmAnswer, DisarmState } from './disarm-step.ts';

/** Name of the announced call. */
const DISARM = 'disarm';

const Facts = z.object({ memberId: z.string() });

/** Labels of the members whose entries this run has cleared. */
export function disarmed(context: StepContext<'etcd'>): string[] {
  return context.acts.filter((act) => act.action === DISARM && act.observed?.result === 'done').map((act) => act.item);
}

/**
 * Disarms one entry, once, and looks until it is gone. Some ways of access (etcdctl) can only clear all entries with one call: those
 * that went along are told.
 */
export async function disarmEntry(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  ring: Ring,
  entry: EtcdAlarm,
): Promise<DisarmAnswer> {
  const label = labelOf(ring, entry.memberId);
  if (disarmed(context).includes(label))
    return { kind: 'stop', reason: 'alarm-not-cleared', note: `The alarm of ${label} came back.` };
  const result = await context.act(
    { item: label, action: DISARM, facts: { memberId: entry.memberId } },
    async (signal) => await context.ports.etcd.disarm(entry, { timeoutMs: LOOK_TIMEOUT_MS, signal }),
  );
  const error = result.ok ? null : result.error;
  const seen = await watchEntry(context, planned, entry.memberId, error === null || answerOf(error.code) === 'refused');
  const others = nospaceOf(ring).filter((id) => id !== entry.memberId && !seen.left.includes(id));
  const along = seen.entry === 'gone' ? others.map((id) => labelOf(ring, id)) : [];
  return await conclude(context, { waitingSince: null }, { label, along, seen: seen.entry, error });
}

/** Settles an entry that an earlier worker began to disarm. One that is still there is disarmed again: that harms nothing. */
export async function settleDisarm(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  state: DisarmState,
  open: ActState,
): Promise<DisarmAnswer> {
  const facts = Facts.safeParse(open.facts);
  const seen = facts.success ? (await watchEntry(context, planned, facts.data.memberId, true)).entry : 'unreadable';
  if (seen !== 'there') return await conclude(context, state, { label: open.item, along: [], seen, error: null });
  await context.observed({ result: 'not-done', note: 'the entry is still there', evidence: null });
  return { kind: 'again', afterMs: 0, state, note: `The alarm of ${open.item} is still to be cleared.` };
}

type SeenEntry = 'gone' | 'there' | 'unreadable' | 'other-ring';

function nospaceOf({ alarms }: Ring): readonly string[] {
  return alarms?.flatMap(({ memberId, type }) => (type === 'NOSPACE' ? [memberId] : [])) ?? [];
}

/**
 * Looks until the entry is gone, at most `GATE_SAMPLES` times. `answered`: the call had a definite answer, so the first
 * readable look decides; else it may still take effect.
 */
async function watchEntry(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  memberId: string,
  answered: boolean,
): Promise<{ readonly entry: SeenEntry; readonly left: readonly string[] }> {
  let seen: SeenEntry = 'unreadable';
  let left: readonly string[] = [];
  for (let look = 0; look < GATE_SAMPLES; look += 1) {
    if (look > 0) await context.pause(context.cluster.defrag.sampleMs);
    const { ring } = await readRing(lookOf(context));
    if (ring === null || ring.localList || ring.alarms === null) continue;
    if (ring.clusterId !== planned.clusterId) return { entry: 'other-ring', left };
    left = nospaceOf(ring);
    seen = left.includes(memberId) ? 'there' : 'gone';
    if (seen === 'gone' || answered) break;
  }
  return { entry: seen, left };
}

interface Disarmed {
  readonly label: string;
  /** Members whose entries went with the same call. */
  readonly along: readonly string[];
  readonly seen: SeenEntry;
  /** What the call ended with; `null`: it succeeded, or an earlier worker made it. */
  readonly error: EtcdError | null;
}

async function conclude(
  context: StepContext<'etcd'>,
  state: DisarmState,
  { label, along, seen, error }: Disarmed,
): Promise<DisarmAnswer> {
  const why = callWords(error);
  const isRefused = error !== null && answerOf(error.code) === 'refused';
  if (seen === 'gone') {
    const others = along.length === 0 ? '' : `, and with the same call those of ${along.join(', ')}`;
    await context.observed({ result: 'done', note: `the entry is gone${others}`, evidence: null });
    return { kind: 'again', afterMs: 0, state, note: `The alarm of ${[label, ...along].join(', ')} is cleared.` };
  }
  const way = wayReason(error);
  if (way !== null) {
    await context.observed({ result: 'not-done', note: 'the call was refused or never sent', evidence: null });
    return { kind: 'stop', reason: way, note: `The alarm of ${label} was not cleared.${why}` };
  }
  if (seen === 'there' && (error === null || isRefused)) {
    await context.observed({ result: 'not-done', note: 'the entry is still there', evidence: null });
    const note = `The alarm of ${label} is still there${error === null ? ' or came back at once' : ''}.${why}`;
    return { kind: 'stop', reason: 'alarm-not-cleared', note };
  }
  const words = seen === 'there' ? 'the entry is still there' : UNSEEN[seen];
  await context.observed({ result: 'unknown', note: words, evidence: null });
  return { kind: 'stop', reason: 'outcome-unknown', note: `After disarming ${label}: ${words}.${why}` };
}

const UNSEEN = { unreadable: 'the alarms cannot be read', 'other-ring': 'another ring answers' } as const;
