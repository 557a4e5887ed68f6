import { withoutSecrets } from '../core/secrets.ts';

/** One thing wrong with the configuration or the environment, ready to be shown. Never holds a secret. */
export interface ConfigProblem {
  /** Where: a file, or `environment`. */
  readonly file: string;
  /** Line in the file, from 1; `null`: no line (environment, missing file). */
  readonly line: number | null;
  /** Path of the field (`clusters.prod.etcd.endpoints[0]`) or name of the variable; empty: the whole file. */
  readonly path: string;
  /** What is there; `null`: nothing, or it must not be shown. */
  readonly found: string | null;
  /** What is wrong, or what was expected, in words. */
  readonly expected: string;
}

/**
 * One line for people: `drydock.yaml:12: clusters.prod.platform: expected one of kubeadm, etcd; found "kubeadmn"`. It goes to the
 * screen and to the log, so what looks like a secret is taken out of what was found.
 */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}`;
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  const found = problem.found === null ? '' : `; found ${withoutSecrets(problem.found)}`;
  return `${place}:${path} ${problem.expected}${found}`;
}

/** Problems in reading order: by file, then line, then path. */
export function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted(
    (a, b) => compareText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compareText(a.path, b.path),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A path as people write it: `clusters.prod.etcd.endpoints[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

const SECRET_FIELD = /token|secret|password|passwd|credential|authorization|private/i;
const SECRET_VALUE = /xox[a-z]-|xapp-|AGE-SECRET-KEY|-----BEGIN|:\/\/[^/\s]*@|^bearer /i;

/** What was found, for people: scalars in quotes and cut at 60 characters, the rest by kind; `null` for secrets. */
export function describeFound(path: readonly PropertyKey[], value: unknown): string | null {
  if (value === undefined) return null;
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (SECRET_FIELD.test(String(path.at(-1) ?? '')) || SECRET_VALUE.test(text)) return null;
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return typeof value === 'string' ? JSON.stringify(short) : short;
}

/** The candidate nearest to a misspelt word, when one is near enough to be meant; else `null`. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: { readonly candidate: string; readonly distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (best === null || distance < best.distance) best = { candidate, distance };
  }
  const limit = Math.max(1, Math.floor(word.length / 3));
  return best !== null && best.distance <= limit ? best.candidate : null;
}

/** Insertions, deletions and replacements between two words. Source: Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, right] of b.split('').entries()) {
      const replace = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replace, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
