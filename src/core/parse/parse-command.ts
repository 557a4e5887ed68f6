import type { AnyCommand, CommandArguments } from '../command.ts';
import { nearestOf } from './edit-distance.ts';
import type { Mistake } from './mistake.ts';
import { parseFlags } from './parse-flags.ts';
import { parseWords } from './parse-words.ts';
import { flagsOf, usageOf } from './usage.ts';

/** Flags that every command that plans has. */
export interface GlobalFlags {
  readonly dryRun: boolean;
  /** Wait for a held lock instead of ending. */
  readonly wait: boolean;
}

/** A command with its checked arguments (their flags include the global ones), or what is wrong. */
export type ParseResult =
  | { readonly ok: true; readonly command: AnyCommand; readonly args: CommandArguments; readonly global: GlobalFlags }
  | { readonly ok: false; readonly mistake: Mistake };

/**
 * Reads the words after `/kube`. Nothing typed means `help`. Total: any words give a command or a mistake.
 * Verb, kinds, flags and names of clusters and runs are read without regard to capital letters.
 */
export function parseCommand(tokens: readonly string[], commands: readonly AnyCommand[]): ParseResult {
  const attempt = parseOnce(tokens, commands);
  if ('ok' in attempt) return attempt;
  const { text, meant, usage } = attempt;
  // A guess that is itself wrong would send the person in a circle.
  const nearest = meant !== null && 'ok' in parseOnce(meant, commands) ? lineOf(meant) : firstGuess(meant, commands);
  return { ok: false, mistake: { text, nearest, usage } };
}

type Parsed = ParseResult & { readonly ok: true };

interface Failed {
  readonly text: string;
  readonly meant: readonly string[] | null;
  readonly usage: string | null;
}

function parseOnce(tokens: readonly string[], commands: readonly AnyCommand[]): Parsed | Failed {
  const verbs = commands.map((command) => command.name);
  const verb = (tokens[0] ?? 'help').toLowerCase();
  const command = commands.find((each) => each.name === verb);
  if (command === undefined) {
    if (verb === 'restore') return { text: noRestore(tokens[1]), meant: null, usage: null };
    const nearest = nearestOf(verb, verbs);
    const meant = nearest === null ? null : [nearest, ...tokens.slice(1)];
    return { text: `There is no command "${verb}".`, meant, usage: null };
  }
  const usage = usageOf(command);
  const inner = command.arguments.rest?.isCommand === true;
  const flags = parseFlags(tokens.slice(1), flagsOf(command), freeAfter(command), inner);
  if (!flags.ok) return { ...failure(verb, flags.mistake), usage };
  const words = parseWords(command, flags.parsed.words, verbs);
  if (!words.ok)
    return { ...failure(verb, { ...words.mistake, meant: withFlags(words.mistake.meant, tokens) }), usage };
  const args = { ...words.parsed, flags: flags.parsed.flags };
  return {
    ok: true,
    command,
    args,
    global: { dryRun: args.flags['dry-run'] === true, wait: args.flags['wait'] === true },
  };
}

/** Who types this has lost a cluster, and needs to know where the way is. */
function noRestore(typed: string | undefined): string {
  const cluster = typed === undefined || typed.startsWith('--') ? 'CLUSTER' : typed;
  return `There is no restore yet: docs/restoring-by-hand.md of Drydock says how to do it by hand. /kube backups ${cluster} lists the backups there are.`;
}

/** How many words come before the free text of a command; `null`: it takes none. */
function freeAfter({ arguments: { rest, subject } }: AnyCommand): number | null {
  if (rest === null || rest.isName === true) return null;
  return subject === 'none' ? 0 : 1;
}

function failure(verb: string, mistake: Pick<Failed, 'text' | 'meant'>): Pick<Failed, 'text' | 'meant'> {
  return { text: mistake.text, meant: mistake.meant === null ? null : [verb, ...mistake.meant] };
}

/** Words that were corrected, followed by the flags as they were typed. */
function withFlags(meant: readonly string[] | null, tokens: readonly string[]): readonly string[] | null {
  if (meant === null) return null;
  const first = tokens.findIndex((token) => token.startsWith('--'));
  return first < 0 ? meant : [...meant, ...tokens.slice(first).filter((token) => !meant.includes(token))];
}

function firstGuess(meant: readonly string[] | null, commands: readonly AnyCommand[]): string | null {
  const verb = meant?.[0];
  return verb !== undefined && commands.some((each) => each.name === verb) && meant?.length === 1
    ? lineOf(meant)
    : null;
}

function lineOf(tokens: readonly string[]): string {
  return ['/kube', ...tokens.map((token) => (/\s/.test(token) ? `"${token}"` : token))].join(' ');
}
