import type { Completions } from '../../contract.ts';

/** Everything that can be completed. */
export interface Words extends Completions {
  readonly people: readonly string[];
  readonly channels: readonly string[];
  /** Ids of runs whose cards the person sees, newest first. */
  readonly runs: readonly string[];
}

/** One way to go on. */
export interface Suggestion {
  /** Replaces the piece from {@link Completion.from} to the caret. */
  readonly insert: string;
  readonly label: string;
  readonly hint: string;
}

/** What may stand where the caret is. */
export interface Completion {
  readonly from: number;
  readonly suggestions: readonly Suggestion[];
  /** Whether Enter takes the first one: a command or a name begun but not finished. */
  readonly eager: boolean;
}

const MOST = 12;
/** Verbs that work on a run, not on a cluster. */
const ON_RUNS = new Set(['show', 'approve', 'reject', 'cancel', 'continue', 'undo']);
const ON_MEMBERS = new Set(['defrag', 'move-leader', 'replace']);
const ON_NOTHING = new Set(['clusters', 'help']);

/** What may stand at `caret` in `text`. No suggestion that would change nothing. */
export function complete(text: string, caret: number, words: Words): Completion {
  const before = text.slice(0, caret);
  const from = before.search(/\S*$/);
  const piece = before.slice(from);
  if (from === 0 && piece.startsWith('/')) return offer(from, piece, words.commands.map(commandSuggestion), true);
  if (/^@./.test(piece))
    return offer(
      from,
      piece,
      words.people.map((name) => plain(`@${name}`, 'person')),
      true,
    );
  if (/^#./.test(piece))
    return offer(
      from,
      piece,
      words.channels.map((name) => plain(`#${name}`, 'channel')),
      true,
    );
  const earlier = before.slice(0, from).trim().split(/\s+/);
  const command = words.commands.find((one) => one.command === earlier[0]) ?? mentioned(earlier[0], words);
  if (command === undefined) return { from, suggestions: [], eager: false };
  return offer(from, piece, argumentsOf(earlier.slice(1), command.verbs, words), false);
}

function mentioned(first: string | undefined, words: Words): Completions['commands'][number] | undefined {
  return first === '@drydock' ? words.commands[0] : undefined;
}

function commandSuggestion({ command, description }: Completions['commands'][number]): Suggestion {
  return { insert: `${command} `, label: command, hint: description };
}

function plain(word: string, hint: string): Suggestion {
  return { insert: `${word} `, label: word, hint };
}

function argumentsOf(given: readonly string[], verbs: readonly string[], words: Words): readonly Suggestion[] {
  const [verb, object] = given;
  if (verb === undefined) return verbs.map((one) => plain(one, ''));
  if (verb === 'help') return given.length === 1 ? verbs.map((one) => plain(one, '')) : [];
  if (ON_NOTHING.has(verb)) return [];
  if (object === undefined) {
    return ON_RUNS.has(verb)
      ? ['latest', ...words.runs].map((run) => plain(run, 'run'))
      : words.clusters.map((cluster) => plain(cluster, 'cluster'));
  }
  if (given.length > 2 || !ON_MEMBERS.has(verb)) return [];
  return [...words.members.map((name) => plain(`member/${name}`, 'member')), plain('--dry-run', 'plan only')];
}

function offer(from: number, piece: string, all: readonly Suggestion[], eager: boolean): Completion {
  const wanted = piece.toLowerCase();
  const suggestions = all.filter(
    ({ label }) => label.toLowerCase().startsWith(wanted) && label.toLowerCase() !== wanted,
  );
  return { from, suggestions: suggestions.slice(0, MOST), eager: eager && suggestions.length > 0 };
}

/** The text and caret after taking a suggestion. */
export function take(
  text: string,
  caret: number,
  from: number,
  suggestion: Suggestion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(caret).replace(/^\s+/, '');
  return { text: text.slice(0, from) + suggestion.insert + rest, caret: from + suggestion.insert.length };
}
