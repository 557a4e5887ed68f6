import { z } from 'zod';
import { isWorthTelling } from '../../../core/audit-words.ts';
import type { StoredEntry } from '../../../core/ports/run-store.ts';
import type { MessageMetadata, SeenMessage } from '../client.ts';
import { backOffMs } from '../projector/pace.ts';
import type { Message } from '../render/blocks.ts';
import { locksOut, refusesContent, resultWords, type SlackFailure, type SlackResult } from '../result.ts';
import type { AuditChannel, AuditChannelsDeps } from './deps.ts';
import { entryMessage, headMessage, refusedEntryMessage } from './entry-message.ts';

/** How far a channel was told. */
const Mark = z.object({
  /** Everything up to this entry is told, or is not worth it. */
  seq: z.number().int(),
  /** When this was saved, ms: what was posted and not noted is younger. */
  atMs: z.number(),
  headSeq: z.number().int(),
  headAtMs: z.number(),
});
type Mark = z.infer<typeof Mark>;

/** What the elected one remembers of a channel. Losing it costs calls, never messages. */
export interface ChannelMemory {
  mark: Mark | null;
  /** The channel was looked through for what was posted and not noted. */
  looked: boolean;
  failures: number;
}

/** Nothing is known yet. */
export function newChannelMemory(): ChannelMemory {
  return { mark: null, looked: false, failures: 0 };
}

/** What of the channel's own work one turn needs. */
interface Telling {
  readonly deps: AuditChannelsDeps;
  readonly place: AuditChannel;
  readonly memory: ChannelMemory;
  /** Renews the office; false: another process is elected by now. */
  readonly hold: () => Promise<boolean>;
  readonly save: (mark: Mark) => Promise<boolean>;
}

/** Where a channel's telling stands: done for now, or to be tried again at this time, ms. */
export type Told = { readonly kind: 'done' } | { readonly kind: 'later'; readonly atMs: number };

const DONE: Told = { kind: 'done' };
/** Office and names of marks. */
export const OFFICE = 'audit-channels';
const OFFICE_MS = 20_000;
const AT_ONCE = 100;
/** A channel that is new tells at most so many older entries. */
const FIRST_ENTRIES = 50;
/** Clocks of Slack and of Drydock may differ by this much, ms. */
const CLOCK_SLACK_MS = 300_000;
const LOOK_BACK = 2000;
/** What Slack refuses now it will hardly accept sooner. */
const REFUSED_MS = 60_000;

/** Whether this process tells; renews the office if it does. */
export async function holdAuditOffice({ offices, who }: AuditChannelsDeps): Promise<boolean> {
  return await offices.elect(OFFICE, who, OFFICE_MS);
}

/** Tells a channel what it was not told yet, oldest first, and the head of the chain when it is time. Throws when the store is away. */
export async function tellChannel(deps: AuditChannelsDeps, place: AuditChannel, memory: ChannelMemory): Promise<Told> {
  const hold = async (): Promise<boolean> => await holdAuditOffice(deps);
  const by = { office: OFFICE, who: deps.who };
  const save = async (mark: Mark): Promise<boolean> => {
    memory.mark = mark;
    return await deps.marks.save(`channel:${place.channel}`, { ...mark }, by);
  };
  const telling: Telling = { deps, place, memory, hold, save };
  const found = memory.mark !== null && memory.looked ? memory.mark : await begin(telling);
  if (!('seq' in found)) return found;
  return (await tellEntries(telling, found)) ?? (await tellHead(telling)) ?? DONE;
}

/** Where to go on: what is noted, and what was posted after the last note. */
async function begin({ deps, place, memory, hold, save }: Telling): Promise<Mark | Told> {
  const nowMs = deps.clock.nowMs();
  const stored = Mark.safeParse(await deps.marks.read(`channel:${place.channel}`)).data;
  const { seq: headSeq } = await deps.store.auditHead();
  const mark = stored ?? { seq: Math.max(0, headSeq - FIRST_ENTRIES), atMs: nowMs, headSeq: 0, headAtMs: nowMs };
  if (!(await hold())) return { kind: 'later', atMs: nowMs };
  const oldest = Math.floor((Math.min(mark.atMs, nowMs) - CLOCK_SLACK_MS) / 1000);
  const seen = await deps.slackFor('ordinary').history(place.channel, oldest, LOOK_BACK, hold);
  if (seen.kind !== 'ok' && (isPassing(seen) || locksOut(seen))) return after({ deps, memory }, seen);
  memory.looked = true;
  // Only what this bot posted counts: another app could say that everything was told.
  const own = seen.kind === 'ok' ? seen.value.filter(({ user }) => user === deps.botUser()) : [];
  // Nothing is told that is not in the log: a store that lost its last writes goes on where it is.
  const known = atMost(withSeen(mark, own), (await deps.store.auditHead()).seq);
  await save(known);
  return known;
}

const Payload = z.object({ seq: z.number().int() });

function withSeen(mark: Mark, messages: readonly SeenMessage[]): Mark {
  const newest = (type: AuditType): number =>
    Math.max(
      0,
      ...messages
        .filter(({ metadata }) => metadata?.event_type === type)
        .flatMap(({ metadata }) => Payload.safeParse(metadata?.event_payload).data?.seq ?? []),
    );
  const seq = Math.max(mark.seq, newest('drydock_audit'));
  return { ...mark, seq, headSeq: Math.max(mark.headSeq, newest('drydock_audit_head')) };
}

function atMost(mark: Mark, seq: number): Mark {
  return { ...mark, seq: Math.min(mark.seq, seq), headSeq: Math.min(mark.headSeq, seq) };
}

type AuditType = 'drydock_audit' | 'drydock_audit_head';

/** `null`: everything is told. */
async function tellEntries(telling: Telling, from: Mark): Promise<Told | null> {
  const { deps } = telling;
  let told = from.seq;
  for (;;) {
    const entries = await deps.store.auditEntries(told, AT_ONCE);
    if (entries.length === 0) return await noteLoss(telling, from, told);
    for (const each of entries) {
      const trouble = concerns(telling, each) ? await tellEntry(telling, each) : null;
      if (trouble !== null) return trouble;
      told = each.seq;
    }
    // What is not told is noted once for all.
    if (!(await note(telling, from, told))) return { kind: 'later', atMs: deps.clock.nowMs() };
  }
}

/** More was told than the log has: it goes on from what it has, and its numbers are told once more, with what they stand for now. */
async function noteLoss({ deps, place, memory, save }: Telling, from: Mark, told: number): Promise<null> {
  const { seq } = await deps.store.auditHead();
  if (seq >= told) return null;
  deps.log.error('the store has fewer audit entries than were told', { channel: place.channel, store: seq, told });
  await save(atMost(memory.mark ?? from, seq));
  return null;
}

async function note({ memory, save }: Telling, from: Mark, seq: number, atMs?: number): Promise<boolean> {
  const mark = memory.mark ?? from;
  return await save({ ...mark, seq, atMs: atMs ?? mark.atMs });
}

function concerns({ deps, place }: Telling, { entry }: StoredEntry): boolean {
  const { cluster } = entry;
  const isHere = cluster === null || place.clusters.includes(cluster) || !deps.clusters.includes(cluster);
  return isHere && isWorthTelling(entry);
}

/** `null`: it is told and noted. */
async function tellEntry(telling: Telling, each: StoredEntry): Promise<Told | null> {
  const { deps, memory } = telling;
  const trouble = await postEntry(telling, each);
  if (trouble !== null || memory.mark === null) return trouble;
  await deps.reach?.('entry-posted', each.seq);
  const nowMs = deps.clock.nowMs();
  return (await note(telling, memory.mark, each.seq, nowMs)) ? null : { kind: 'later', atMs: nowMs };
}

async function postEntry(telling: Telling, each: StoredEntry): Promise<Told | null> {
  const metadata = { event_type: 'drydock_audit', event_payload: { seq: each.seq } } as const;
  const result = await post(telling, entryMessage(each), metadata);
  if (result.kind === 'ok' || !refusesContent(result)) return judge(telling, result);
  telling.deps.log.warn('Slack does not show an audit entry', { seq: each.seq, result: resultWords(result) });
  const instead = await post(telling, refusedEntryMessage(each), metadata);
  // What Slack takes in no form must not hold up what stands behind it; the log has it.
  return instead.kind !== 'ok' && refusesContent(instead) ? null : judge(telling, instead);
}

async function tellHead(telling: Telling): Promise<Told | null> {
  const { deps, memory, save } = telling;
  const { mark } = memory;
  const nowMs = deps.clock.nowMs();
  const isDue = mark !== null && (mark.headAtMs > nowMs || nowMs >= mark.headAtMs + deps.anchorEveryMs);
  if (mark === null || !isDue) return null;
  const { seq, hash } = await deps.store.auditHead();
  if (hash === null || seq <= mark.headSeq) return null;
  const metadata = { event_type: 'drydock_audit_head', event_payload: { seq, hash } } as const;
  const trouble = judge(telling, await post(telling, headMessage({ seq, hash }), metadata));
  if (trouble !== null) return trouble;
  await deps.reach?.('head-posted', seq);
  await save({ ...mark, atMs: nowMs, headSeq: seq, headAtMs: nowMs });
  return null;
}

async function post(
  { deps, place, hold }: Telling,
  message: Message,
  metadata: MessageMetadata,
): Promise<SlackResult<unknown>> {
  if (!(await hold())) return { kind: 'rate-limited', retryAfterMs: 1000 };
  return await deps.slackFor('ordinary').post({ channel: place.channel, threadTs: null }, message, metadata);
}

function judge(telling: Telling, result: SlackResult<unknown>): Told | null {
  if (result.kind !== 'ok') return after(telling, result);
  telling.memory.failures = 0;
  return null;
}

function isPassing(result: SlackFailure): boolean {
  return result.kind === 'rate-limited' || result.kind === 'unavailable';
}

/** When to try again. */
function after({ deps, memory }: Pick<Telling, 'deps' | 'memory'>, failure: SlackFailure): Told {
  const nowMs = deps.clock.nowMs();
  if (failure.kind === 'rate-limited') return { kind: 'later', atMs: nowMs + failure.retryAfterMs };
  deps.log.warn('the audit log could not be told in a channel', { result: resultWords(failure) });
  if (failure.kind !== 'unavailable') return { kind: 'later', atMs: nowMs + REFUSED_MS };
  // It may be there all the same: look before posting it again.
  memory.looked = false;
  memory.failures += 1;
  return { kind: 'later', atMs: nowMs + backOffMs(memory.failures) };
}
