import type { AnyCommand } from '../../../core/command.ts';
import { parseFlags } from '../../../core/parse/parse-flags.ts';
import { flagsOf } from '../../../core/parse/usage.ts';
import { flagBlock } from '../render/command-modal.ts';
import { normalise } from '../tokens.ts';

/** What was filled in, by block. */
export type Fields = Readonly<Record<string, string>>;

/** The words that would have been typed. Free text is one word, behind the mark that ends flags where it looks like one. */
export function wordsOf(command: AnyCommand, cluster: string | null, fields: Fields): readonly string[] {
  const { subject } = command.arguments;
  const takesCluster = subject === 'cluster' || subject === 'optional-cluster';
  const named = takesCluster ? cluster : (emptyToNull(fields['run']) ?? emptyToNull(fields['verb']));
  const targets = normalise(fields['targets'] ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const rest = normalise(fields['rest'] ?? '').trim();
  const subjectWords = named === null ? [] : [named];
  const flags = flagWords(command, fields);
  // Behind its subject everything is free text, so flags stand before it.
  const free = rest === '' ? [] : rest.startsWith('-') ? ['--', rest] : [rest];
  if (command.arguments.rest !== null) return [command.name, ...flags, ...subjectWords, ...free];
  return [command.name, ...subjectWords, ...targets, ...flags];
}

function flagWords(command: AnyCommand, fields: Fields): readonly string[] {
  return Object.entries(flagsOf(command)).flatMap(([name, flag]) => {
    const value = normalise(fields[flagBlock(name)] ?? '').trim();
    if (value === '') return [];
    return [flag.type === 'switch' ? `--${name}` : `--${name}=${value}`];
  });
}

/** Flags that cannot be read, by block, with what is wrong. */
export function wrongFlags(command: AnyCommand, fields: Fields): Fields {
  const specs = flagsOf(command);
  const wrong = flagWords(command, fields).flatMap((word) => {
    const parsed = parseFlags([word], specs, null);
    const name = word.replace(/^--/, '').split('=', 1)[0] ?? '';
    return parsed.ok ? [] : [[flagBlock(name), parsed.mistake.text] as const];
  });
  return Object.fromEntries(wrong);
}

/** The field that is most likely wrong when the flags are right. */
export function blameOf(fields: Fields): string {
  const order = ['targets', 'run', 'verb', 'rest', 'cluster', 'command'];
  return order.find((block) => Object.hasOwn(fields, block)) ?? Object.keys(fields)[0] ?? 'command';
}

/** What was really filled in. */
export function emptyToNull(text: string | undefined): string | null {
  return text === undefined || text.trim() === '' ? null : text.trim();
}
