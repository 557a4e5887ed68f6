import { z } from 'zod';
import { parseTime } from '../time.ts';
import type { BackupAdvice } from './advice.ts';

const Told = z.object({ rule: z.string(), about: z.string(), text: z.string() });
type Told = z.infer<typeof Told>;

/** What the looks see differently from what was told: a piece of advice that is new, or one that is gone. */
const Pending = z.object({ key: z.string(), since: z.string() });
type Pending = z.infer<typeof Pending>;

/** As it was stored before each piece was confirmed alone: all that was seen, and since when. */
const WholePending = z.object({ keys: z.array(z.string()), since: z.string() });

/** What the operations channel was told of the backups of a cluster, as it is stored. Times are ISO. */
export const ToldAdvice = z
  .object({
    cluster: z.string(),
    /** The last look. */
    at: z.string(),
    /** What was told and stands; empty: nothing. */
    advice: z.array(Told),
    /** When that was told last; `null`: nothing ever was. */
    toldAt: z.string().nullable(),
    /** What differs from it, each with the look that saw that first: told when a later look sees it too. */
    pending: z.union([z.array(Pending), WholePending.nullable()]),
  })
  .transform((value) => ({ ...value, pending: eachPending(value.advice, value.pending) }));
export type ToldAdvice = z.infer<typeof ToldAdvice>;

function eachPending(advice: readonly Told[], pending: Pending[] | z.infer<typeof WholePending> | null): Pending[] {
  if (pending === null) return [];
  if (!('since' in pending)) return pending;
  const { keys, since } = pending;
  const stands = advice.map(keyOf);
  const changed = [...keys.filter((key) => !stands.includes(key)), ...stands.filter((key) => !keys.includes(key))];
  return changed.map((key) => ({ key, since }));
}

/** What a look at the backups of a cluster gave; `why` without a period. */
export type BackupLook =
  | { readonly ok: true; readonly advice: readonly BackupAdvice[] }
  | { readonly ok: false; readonly why: string };

/** What to store after a look, and what to tell. */
export interface AdviceStep {
  readonly value: ToldAdvice;
  /** `null`: nothing is to be told. */
  readonly told: { readonly title: string; readonly lines: readonly string[] } | null;
  /** Whether what stands is another than before: nothing any more (`over`), or something (`advice`). `null`: it is not. */
  readonly changed: 'advice' | 'over' | null;
}

/** What differs is told when it was seen so long, ms: a store that hesitates, or a retention under way, alarms nobody. */
export const CONFIRM_MS = 15 * 60_000;
/** What lasts is told again after this, ms. */
const AGAIN_MS = 86_400_000;
/** Pieces of advice in one message; the rest is counted. */
const MOST_LINES = 10;
/** Of one piece, characters: what a store says of a backup may be long. */
const MOST_CHARS = 500;

/**
 * What follows from a look, given what was told before. A change is told when two looks agree on it, whatever else changes; what lasts once a day; and
 * what is over once. While the store gives no answer, what was told stands, what two looks have to agree on waits, and that it cannot be seen is one
 * more thing to tell. Pure.
 *
 * @param before `null`: this is the first look, or the record cannot be read
 */
export function nextAdvice(cluster: string, before: ToldAdvice | null, look: BackupLook, nowIso: string): AdviceStep {
  const was = before?.advice ?? [];
  const seen = (look.ok ? look.advice : [unseen(cluster, look.why)]).map(stored);
  const pending = pendingAfter(before, look, keysOf(seen), nowIso);
  const confirmed = new Set(
    pending
      .filter(({ key, since }) => isJudged(look, key) && elapsed(since, nowIso) >= CONFIRM_MS)
      .map(({ key }) => key),
  );
  const left = pending.filter(({ key }) => !confirmed.has(key));
  const advice = merged(was, seen, confirmed);
  const value: ToldAdvice = { cluster, at: nowIso, advice, toldAt: nowIso, pending: left };
  if (confirmed.size > 0 && advice.length === 0) return { value, told: over(cluster, was), changed: 'over' };
  const lasting = lastingIn(advice, left);
  if (confirmed.size > 0 && lasting.length > 0)
    return { value, told: attention(cluster, lasting, 'need'), changed: 'advice' };
  // Also when all that is left is about to be over: then that is told, and once.
  const toldAt = before?.toldAt ?? null;
  const kept: ToldAdvice = { ...value, advice: merged(was, seen, new Set()), toldAt, pending };
  const lasts = lastingIn(kept.advice, pending);
  const isDue = lasts.length > 0 && toldAt !== null && elapsed(toldAt, nowIso) >= AGAIN_MS;
  if (!isDue) return { value: kept, told: null, changed: null };
  return { value: { ...kept, toldAt: nowIso }, told: attention(cluster, lasts, 'still need'), changed: null };
}

/** What differs now. What this look says nothing of stays as it was. */
function pendingAfter(
  before: ToldAdvice | null,
  look: BackupLook,
  seen: ReadonlySet<string>,
  nowIso: string,
): Pending[] {
  const stands = keysOf(before?.advice ?? []);
  const known = new Map((before?.pending ?? []).map(({ key, since }) => [key, since]));
  return [...new Set([...stands, ...seen, ...known.keys()])]
    .filter((key) => (isJudged(look, key) ? stands.has(key) !== seen.has(key) : known.has(key)))
    .map((key) => ({ key, since: known.get(key) ?? nowIso }));
}

/** Whether a look tells if this is so: one without an answer tells only that there was none. */
function isJudged(look: BackupLook, key: string): boolean {
  return look.ok || key === UNSEEN;
}

/** What stands, in the words of this look, with what is confirmed to be new and without what is confirmed to be gone. */
function merged(was: readonly Told[], seen: readonly Told[], confirmed: ReadonlySet<string>): Told[] {
  const [stands, now] = [keysOf(was), keysOf(seen)];
  return [
    ...was.filter((each) => !now.has(keyOf(each)) && !confirmed.has(keyOf(each))),
    ...seen.filter((each) => stands.has(keyOf(each)) || confirmed.has(keyOf(each))),
  ];
}

/** What stands and was not seen to be gone. */
function lastingIn(advice: readonly Told[], pending: readonly Pending[]): readonly Told[] {
  const gone = new Set(pending.map(({ key }) => key));
  return advice.filter((each) => !gone.has(keyOf(each)));
}

const UNSEEN = 'unseen';

function unseen(cluster: string, why: string): Told {
  const text = `The backups of ${cluster} cannot be looked at, so what there is now is not known: ${why}.`;
  return { rule: UNSEEN, about: '', text };
}

/** What a store says must mention nobody, and not fill the channel. */
function stored({ rule, about, text }: Told): Told {
  const plain = text.replaceAll('<', '‹');
  const short = plain.length <= MOST_CHARS ? plain : `${plain.slice(0, MOST_CHARS - 1).toWellFormed()}…`;
  return { rule, about, text: short };
}

/** Texts hold ages, which change with each look. */
function keyOf({ rule, about }: Told): string {
  return `${rule} ${about}`.trim();
}

function keysOf(advice: readonly Told[]): ReadonlySet<string> {
  return new Set(advice.map(keyOf));
}

function elapsed(sinceIso: string, nowIso: string): number {
  return parseTime(nowIso) - parseTime(sinceIso);
}

function attention(cluster: string, advice: readonly Told[], need: string): AdviceStep['told'] {
  const more = advice.length - MOST_LINES;
  return {
    title: `The backups of ${cluster} ${need} attention`,
    lines: [
      ...advice.slice(0, MOST_LINES).map(({ text }) => text),
      ...(more > 0 ? [`… and ${more} more.`] : []),
      `All of them: \`/kube backups ${cluster}\`. This is told again when it changes, once a day while it lasts, and when it is over.`,
    ],
  };
}

const WAS = new Map<string, (about: string) => string>([
  ['none', () => 'there was no good backup'],
  ['old', () => 'the newest good backup was too old'],
  ['clock', (about) => `${about} was from the future`],
  ['not-judged', (about) => `whether ${about} is good could not be told`],
  ['drill-old', () => 'the newest one that passed a drill was too old'],
  ['mixed', () => 'there were young backups of two clusters'],
  ['damaged', (about) => `${about} was damaged`],
  ['drill-failed', (about) => `the drill of ${about} failed`],
  ['never-drilled', () => 'none was ever restored in a drill'],
  ['static-unseen', () => 'the store of static files could not be looked at'],
  [UNSEEN, () => 'they could not be looked at'],
]);

function over(cluster: string, was: readonly Told[]): AdviceStep['told'] {
  const words = was.slice(0, MOST_LINES).map(({ rule, about }) => WAS.get(rule)?.(about) ?? rule);
  const more = was.length > words.length ? [`${was.length - words.length} more`] : [];
  return {
    title: `The backups of ${cluster} are in order again`,
    lines: [`What was told before is over: ${[...words, ...more].join('; ')}.`],
  };
}
