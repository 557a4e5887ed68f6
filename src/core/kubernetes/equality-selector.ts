import { z } from 'zod';
import type { Labels } from './label-selector.ts';

/** One requirement: the label has this value, or (`is` false) has another one or is not there. */
export const EqualityTerm = z.object({ key: z.string().min(1), value: z.string(), is: z.boolean() });
export type EqualityTerm = z.infer<typeof EqualityTerm>;

/** A selector as typed, or why it is none. `why`: without a period. */
export type EqualitySelector =
  | { readonly ok: true; readonly terms: readonly EqualityTerm[] }
  | { readonly ok: false; readonly why: string };

/** More letters than this are a slip of the clipboard. */
const LONGEST = 1000;
const PART = /^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const TERM = /^([^=!]+)(!=|==?)(.*)$/;

/**
 * Reads a selector by equality: `pool=blue,zone!=a`. Terms are sorted, each once.
 *
 * Source: apimachinery pkg/labels, "equality-based requirement"; `in`, `notin` and bare keys are not taken.
 */
export function readEqualitySelector(text: string): EqualitySelector {
  if (text.length > LONGEST) return { ok: false, why: 'a selector has 1000 letters at most' };
  const found = new Map<string, EqualityTerm>();
  for (const part of text.split(',')) {
    const term = readTerm(part.trim());
    if (term === null)
      return { ok: false, why: `"${part.trim()}" is neither key=value nor key!=value; several are joined by commas` };
    found.set(termWords(term), term);
  }
  return { ok: true, terms: [...found.values()].toSorted((a, b) => (termWords(a) < termWords(b) ? -1 : 1)) };
}

function readTerm(part: string): EqualityTerm | null {
  const match = TERM.exec(part);
  if (match === null) return null;
  const [, key = '', operator = '', value = ''] = match.map((each) => each.trim());
  return isKey(key) && (value === '' || PART.test(value)) ? { key, value, is: operator !== '!=' } : null;
}

/** Source: apimachinery `IsQualifiedName`. */
function isKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').toReversed();
  return more.length === 0 && PART.test(name) && (prefix === undefined || PREFIX.test(prefix));
}

/** Whether labels fit every term. What has no such label fits `!=`, as with kubectl. */
export function fitsTerms(terms: readonly EqualityTerm[], labels: Labels): boolean {
  return terms.every(({ key, value, is }) => (Object.hasOwn(labels, key) && labels[key] === value) === is);
}

/** A selector in short: `pool=blue,zone!=a`. */
export function termsInWords(terms: readonly EqualityTerm[]): string {
  return terms.map(termWords).join(',');
}

function termWords({ key, value, is }: EqualityTerm): string {
  return `${key}${is ? '=' : '!='}${value}`;
}
