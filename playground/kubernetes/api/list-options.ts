import type { Attempt } from '../contracts.ts';
import type { Call } from './core.ts';
import { badRequest, done, invalidOptions, refused } from './refusals.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';

/** Which state of the world a list is of. */
export type ListAge =
  | { readonly is: 'newest' }
  | { readonly is: 'any' }
  | { readonly is: 'not-older' | 'exact'; readonly revision: number };

/** Query of a list, checked. */
export interface ListOptions {
  /** 0: without. */
  readonly limit: number;
  readonly token: string;
  readonly age: ListAge;
  readonly selector: Selector;
  /** Whether a selector leaves anything out. */
  readonly selective: boolean;
}

/** The selectors of a query, both must hold. */
export function selectorOf(call: Call): Attempt<{ readonly selector: Selector; readonly selective: boolean }> {
  const byLabel = labelSelector(call.query.get('labelSelector') ?? '');
  if (!byLabel.ok) return byLabel;
  const byField = fieldSelector(call.query.get('fieldSelector') ?? '', call.kind.plural);
  if (!byField.ok) return byField;
  const selective = ['labelSelector', 'fieldSelector'].some((name) => (call.query.get(name) ?? '') !== '');
  return done({ selector: (object) => byLabel.value(object) && byField.value(object), selective });
}

/** Reads a revision as it stands in a query; `null`: it is none. */
export function revisionOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The words of the API for a revision that is none. */
export function badRevision(text: string): string {
  return `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
}

/** Reads the options of a list. */
export function listOptions(call: Call): Attempt<ListOptions> {
  const { query } = call;
  const selected = selectorOf(call);
  if (!selected.ok) return selected;
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue') ?? '';
  const revision = query.get('resourceVersion') ?? '';
  if (token !== '' && revision !== '' && revision !== '0')
    return refused(badRequest('specifying resource version is not allowed when using continue'));
  const age = ageOf(revision, query.get('resourceVersionMatch') ?? '', limit, token);
  if (!age.ok) return age;
  return done({ limit: Number.isInteger(limit) && limit > 0 ? limit : 0, token, age: age.value, ...selected.value });
}

function ageOf(revision: string, match: string, limit: number, token: string): Attempt<ListAge> {
  const problem = matchProblem(revision, match, token);
  if (problem !== null) return problem;
  if (revision === '') return done({ is: 'newest' });
  const number = revisionOf(revision);
  if (number === null) return refused(badRequest(`invalid resource version: ${badRevision(revision)}`));
  if (number === 0) return done({ is: 'any' });
  // Without a match, a page is of exactly that revision; a whole list may be newer.
  const exact = match === 'Exact' || (match === '' && limit > 0);
  return done({ is: exact ? 'exact' : 'not-older', revision: number });
}

function matchProblem(revision: string, match: string, token: string): Attempt<never> | null {
  if (match === '') return null;
  const field = 'resourceVersionMatch';
  function forbid(why: string): Attempt<never> {
    const message = `Forbidden: ${why}`;
    return refused(invalidOptions('ListOptions', { reason: 'FieldValueForbidden', message, field }));
  }
  if (token !== '') return forbid('resourceVersionMatch is forbidden when continue is provided');
  if (revision === '') return forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`;
    return refused(invalidOptions('ListOptions', { reason: 'FieldValueNotSupported', message, field }));
  }
  if (match === 'Exact' && revision === '0')
    return forbid('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  return null;
}
