import { z } from 'zod';
import { parseTime } from '../time.ts';
import type { BackupAdvice } from './advice.ts';

const Told = z.object({ rule: z.string(), about: z.string(), text: z.string() });
type Told = z.infer<typeof Told>;

/** What the operations channel was told of the backups of a cluster, as it is stored. Times are ISO. */
export const ToldAdvice = z.object({
  cluster: z.string(),
  /** The last look. */
  at: z.string(),
  /** What was told and stands; empty: nothing. */
  advice: z.array(Told),
  /** When that was told last; `null`: nothing ever was. */
  toldAt: z.string().nullable(),
  /** What a look saw that differs from it, and since when: told when a later look sees it too. */
  pending: z.object({ keys: z.array(z.string()), since: z.string() }).nullable(),
});
export type ToldAdvice = z.infer<typeof ToldAdvice>;

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
 * What follows from a look, given what was told before. Changes are told when two looks agree, what lasts once a day, and what is over once.
 * While the store gives no answer, what was told stands, and that it cannot be seen is one more thing to tell. Pure.
 *
 * @param before `null`: this is the first look, or the record cannot be read
 */
export function nextAdvice(cluster: string, before: ToldAdvice | null, look: BackupLook, nowIso: string): AdviceStep {
  const stands = before?.advice ?? [];
  const advice = (
    look.ok ? look.advice : [...stands.filter(({ rule }) => rule !== UNSEEN), unseen(cluster, look.why)]
  ).map(stored);
  const toldAt = before?.toldAt ?? null;
  const same: ToldAdvice = { cluster, at: nowIso, advice: stands, toldAt, pending: null };
  const keys = keysOf(advice);
  if (alike(keys, keysOf(stands))) {
    const isDue = advice.length > 0 && toldAt !== null && elapsed(toldAt, nowIso) >= AGAIN_MS;
    if (!isDue) return { value: { ...same, advice }, told: null, changed: null };
    return {
      value: { ...same, advice, toldAt: nowIso },
      told: attention(cluster, advice, 'still need'),
      changed: null,
    };
  }
  const pending = before?.pending ?? null;
  const since = pending !== null && alike(keys, pending.keys) ? pending.since : nowIso;
  if (elapsed(since, nowIso) < CONFIRM_MS)
    return { value: { ...same, pending: { keys: [...keys], since } }, told: null, changed: null };
  const value = { ...same, advice, toldAt: nowIso };
  return advice.length === 0
    ? { value, told: over(cluster, stands), changed: 'over' }
    : { value, told: attention(cluster, advice, 'need'), changed: 'advice' };
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
function keysOf(advice: readonly Told[]): readonly string[] {
  return [...new Set(advice.map(({ rule, about }) => `${rule} ${about}`.trim()))].toSorted();
}

function alike(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
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
