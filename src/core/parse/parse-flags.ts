import type { FlagSpec, FlagValue } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { nearestOf } from './edit-distance.ts';
import { flagUsage } from './usage.ts';

/** What is wrong with the flags: the text, and the tokens as they were most likely meant (`null`: no guess). */
export interface FlagMistake {
  readonly text: string;
  readonly meant: readonly string[] | null;
}

/** Flags and the words that are none, in order. */
export interface ParsedFlags {
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly words: readonly string[];
}

const LARGEST_COUNT = 1_000_000;

/**
 * Separates flags from words. Flags are `--name`, `--name value` or `--name=value`; a lone `--` ends them. Free text
 * begins after `freeAfter` words (`null`: never); what looks like a flag in it belongs to the text. `keepsOthers`: the text is a command,
 * and flags that are known here are taken out of it.
 */
export function parseFlags(
  tokens: readonly string[],
  specs: Readonly<Record<string, FlagSpec>>,
  freeAfter: number | null,
  keepsOthers = false,
): { readonly ok: true; readonly parsed: ParsedFlags } | { readonly ok: false; readonly mistake: FlagMistake } {
  const flags: Record<string, FlagValue> = {};
  const words: string[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    if (token === '--') {
      words.push(...tokens.slice(index + 1));
      break;
    }
    if (!token.startsWith('-') || token === '-') {
      if (words.length === freeAfter && !keepsOthers) {
        words.push(...tokens.slice(index));
        break;
      }
      words.push(token);
      continue;
    }
    if (keepsOthers && words.length > (freeAfter ?? 0) && !isKnown(token, specs)) {
      words.push(token);
      continue;
    }
    const flag = readFlag(tokens, index, specs, flags);
    if ('mistake' in flag) return { ok: false, mistake: flag.mistake };
    flags[flag.name] = flag.value;
    index += flag.consumed;
  }
  return { ok: true, parsed: { flags, words } };
}

function isKnown(token: string, specs: Readonly<Record<string, FlagSpec>>): boolean {
  return Object.hasOwn(specs, token.replace(/^-+/, '').split('=')[0]?.toLowerCase() ?? '');
}

interface ReadFlag {
  readonly name: string;
  readonly value: FlagValue;
  /** Tokens used beyond the flag's own. */
  readonly consumed: number;
}

function readFlag(
  tokens: readonly string[],
  index: number,
  specs: Readonly<Record<string, FlagSpec>>,
  seen: Readonly<Record<string, FlagValue>>,
): ReadFlag | { readonly mistake: FlagMistake } {
  const token = tokens[index] ?? '';
  const [typed = '', ...valueParts] = token.replace(/^-+/, '').split('=');
  const name = typed.toLowerCase();
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec === undefined) return { mistake: unknownFlag(tokens, index, name, specs) };
  if (!token.startsWith('--')) {
    return {
      mistake: { text: `Flags begin with two dashes: --${name}.`, meant: replaced(tokens, index, `-${token}`) },
    };
  }
  if (Object.hasOwn(seen, name)) return no(`--${name} is given twice.`);
  const inline = valueParts.length > 0 ? valueParts.join('=') : null;
  if (spec.type === 'switch') {
    if (inline === null) return { name, value: true, consumed: 0 };
    return { mistake: { text: `--${name} takes no value.`, meant: replaced(tokens, index, `--${name}`) } };
  }
  const next = tokens[index + 1];
  const text = inline ?? (next === undefined || next.startsWith('--') ? '' : next);
  if (text === '') return no(`--${name} needs a value, for instance ${flagUsage(name, spec)}.`);
  const value = readValue(spec, text);
  if (value === null) return no(`"${text}" is not ${wanted(spec)}: write for instance ${flagUsage(name, spec)}.`);
  return { name, value, consumed: inline === null ? 1 : 0 };
}

function no(text: string): { readonly mistake: FlagMistake } {
  return { mistake: { text, meant: null } };
}

function replaced(tokens: readonly string[], index: number, word: string): readonly string[] {
  return tokens.with(index, word);
}

function unknownFlag(
  tokens: readonly string[],
  index: number,
  name: string,
  specs: Readonly<Record<string, FlagSpec>>,
): FlagMistake {
  const known = Object.keys(specs);
  const list =
    known.length === 0 ? 'This command has no flags.' : `It knows ${known.map((each) => `--${each}`).join(', ')}.`;
  if (name === 'force' || name === 'f') {
    return {
      text: `There is no general --force: an override has a name that says what it overrides. ${list}`,
      meant: null,
    };
  }
  const nearest = nearestOf(name, known);
  const value = (tokens[index] ?? '').split('=').slice(1);
  const meant = nearest === null ? null : replaced(tokens, index, [`--${nearest}`, ...value].join('='));
  return { text: `There is no flag --${name} here. ${list}`, meant };
}

function wanted(spec: FlagSpec): string {
  return spec.type === 'duration'
    ? 'a duration (60s, 5m, 1h30m)'
    : spec.type === 'count'
      ? 'a whole number'
      : 'a value';
}

function readValue(spec: FlagSpec, text: string): FlagValue | null {
  switch (spec.type) {
    case 'switch':
      return true;
    case 'text':
      return text;
    case 'duration':
      return parseDuration(text);
    case 'count':
      return /^\d{1,7}$/.test(text) && Number(text) <= LARGEST_COUNT ? Number(text) : null;
  }
}
