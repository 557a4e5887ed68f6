import type { AnyCommand, ArgumentSpec, CommandArguments, TargetSpec } from '../command.ts';
import { nearestOf } from './edit-distance.ts';
import { joinWords } from './inner-words.ts';
import { targetForms } from './usage.ts';

/** What is wrong with the words: the text, and the words as they were most likely meant (`null`: no guess). */
export interface WordMistake {
  readonly text: string;
  readonly meant: readonly string[] | null;
}

/** Subject, targets and free text of a command. */
export type ParsedWords = Pick<CommandArguments, 'subject' | 'targets' | 'rest'>;

type WordResult =
  | { readonly ok: true; readonly parsed: ParsedWords }
  | { readonly ok: false; readonly mistake: WordMistake };

const CLUSTER = /^[a-z0-9][a-z0-9-]{0,30}$/;
const RUN = /^[a-z0-9][a-z0-9-]{0,99}$/;
/** Names of members, nodes and so on: no spaces, nothing that could be mistaken for markup. */
const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,252}$/;

/** Reads the words after the verb as the command's declaration says. */
export function parseWords(command: AnyCommand, words: readonly string[], verbs: readonly string[]): WordResult {
  const spec = command.arguments;
  const subject = readSubject(command.name, spec, words, verbs);
  if (!subject.ok) return subject;
  const after = words.slice(subject.used);
  if (spec.rest !== null) {
    // A form gives the whole command as one word, with the quotes that were typed.
    const rest = spec.rest.isCommand === true && after.length > 1 ? joinWords(after) : after.join(' ');
    if (spec.rest.required && rest === '') return no(`${command.name} needs a ${spec.rest.name}.`);
    return { ok: true, parsed: { subject: subject.value, targets: [], rest } };
  }
  const targets = readTargets(command.name, spec.targets, after);
  if (!targets.ok) {
    const meant = targets.meant === null ? null : [...words.slice(0, subject.used), ...targets.meant];
    return { ok: false, mistake: { text: targets.text, meant } };
  }
  return { ok: true, parsed: { subject: subject.value, targets: targets.list, rest: '' } };
}

function no(
  text: string,
  meant: readonly string[] | null = null,
): { readonly ok: false; readonly mistake: WordMistake } {
  return { ok: false, mistake: { text, meant } };
}

type SubjectResult =
  | { readonly ok: true; readonly value: string | null; readonly used: number }
  | { readonly ok: false; readonly mistake: WordMistake };

function readSubject(
  verb: string,
  spec: ArgumentSpec,
  words: readonly string[],
  verbs: readonly string[],
): SubjectResult {
  const first = words[0]?.toLowerCase();
  switch (spec.subject) {
    case 'none':
      return { ok: true, value: null, used: 0 };
    case 'optional-cluster':
      return first === undefined ? { ok: true, value: null, used: 0 } : readCluster(verb, first);
    case 'cluster':
      return first === undefined ? no(`${verb} needs the name of a cluster.`) : readCluster(verb, first);
    case 'run':
      if (first === undefined) return no(`${verb} needs a run, for instance "${verb} latest".`);
      return RUN.test(first) ? { ok: true, value: first, used: 1 } : no(`"${first}" is not the name of a run.`);
    case 'optional-verb':
      return first === undefined ? { ok: true, value: null, used: 0 } : readVerb(first, words, verbs);
  }
}

function readCluster(verb: string, word: string): SubjectResult {
  if (CLUSTER.test(word)) return { ok: true, value: word, used: 1 };
  if (word.includes('/')) return no(`${verb} needs the name of a cluster before ${word}.`);
  return no(`"${word}" is not the name of a cluster: names have small letters, digits and dashes, at most 31.`);
}

function readVerb(word: string, words: readonly string[], verbs: readonly string[]): SubjectResult {
  if (verbs.includes(word)) return { ok: true, value: word, used: 1 };
  const nearest = nearestOf(word, verbs);
  return no(`There is no command "${word}".`, nearest === null ? null : words.with(0, nearest));
}

interface Target {
  readonly kind: string;
  readonly name: string;
}

type TargetsResult =
  | { readonly ok: true; readonly list: readonly Target[] }
  | { readonly ok: false; readonly text: string; readonly meant: readonly string[] | null };

function readTargets(verb: string, spec: TargetSpec | null, words: readonly string[]): TargetsResult {
  const list: Target[] = [];
  for (const [index, word] of words.entries()) {
    if (spec === null)
      return { ok: false, text: `${verb} does not know what to do with "${word}".`, meant: words.slice(0, index) };
    const read = readTarget(verb, spec, word);
    if ('text' in read) {
      return { ok: false, text: read.text, meant: read.meant === null ? null : words.with(index, read.meant) };
    }
    if (list.some((each) => each.kind === read.kind && each.name === read.name)) {
      return { ok: false, text: `${word} is named twice.`, meant: words.toSpliced(index, 1) };
    }
    list.push(read);
  }
  const alone = list.find(({ kind }) => spec?.words?.includes(kind) === true);
  if (alone !== undefined && list.length > 1)
    return { ok: false, text: `${alone.name} stands alone: it takes no other target beside it.`, meant: null };
  if (spec !== null && list.length > spec.max) {
    return {
      ok: false,
      text: `${verb} takes at most ${spec.max} of ${kindsOf(spec)}.`,
      meant: words.slice(0, spec.max),
    };
  }
  if (spec !== null && list.length < spec.min) {
    return { ok: false, text: `${verb} needs at least ${spec.min} of ${kindsOf(spec)}.`, meant: null };
  }
  return { ok: true, list };
}

function kindsOf(spec: TargetSpec): string {
  return targetForms(spec).join(' or ');
}

function readTarget(
  verb: string,
  spec: TargetSpec,
  word: string,
): Target | { readonly text: string; readonly meant: string | null } {
  const slash = word.indexOf('/');
  const only = spec.kinds[0];
  if (slash < 0) {
    const { words: alone = [] } = spec;
    const typed = word.toLowerCase();
    if (alone.includes(typed)) return { kind: typed, name: typed };
    const asKind = TARGET_NAME.test(word) && only !== undefined ? `${only}/${word}` : null;
    const meant = nearestOf(typed, alone) ?? asKind;
    return { text: `${verb} does not know what "${word}" is: write ${kindsOf(spec)}.`, meant };
  }
  const kind = word.slice(0, slash).toLowerCase();
  const name = word.slice(slash + 1);
  if (!spec.kinds.includes(kind)) {
    const nearest = nearestOf(kind, spec.kinds);
    return {
      text: `${verb} takes ${kindsOf(spec)}, not "${word}".`,
      meant: nearest === null ? null : `${nearest}/${name}`,
    };
  }
  if (!TARGET_NAME.test(name)) return { text: `"${name}" is not the name of a ${kind}.`, meant: null };
  return { kind, name };
}
