import { z } from 'zod';
import { visibleClusters } from '../../../core/access.ts';
import type { AnyCommand } from '../../../core/command.ts';
import { parseCommand } from '../../../core/parse/parse-command.ts';
import { parseFlags } from '../../../core/parse/parse-flags.ts';
import { flagsOf } from '../../../core/parse/usage.ts';
import { permit } from '../../../core/policy.ts';
import { SLASH_COMMAND } from '../methods.ts';
import type { Submission, TypedCommand } from '../payloads.ts';
import {
  ARGUMENTS_PAGE,
  COMMAND_PAGE,
  flagBlock,
  renderArgumentsPage,
  renderCommandPage,
  renderPlanningPage,
  takesArguments,
} from '../render/command-modal.ts';
import type { Modal } from '../render/modal.ts';
import { resultWords } from '../result.ts';
import { normalise } from '../tokens.ts';
import type { DispatchDeps } from './deps.ts';

/** What Slack shows instead of closing a modal: another page, or what is wrong, by block. */
export type PageAnswer =
  | { readonly response_action: 'update'; readonly view: Modal }
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> };

/** A submitted page of the command form: there is more to fill in, or the words of a command. */
export type FormStep =
  | { readonly kind: 'page'; readonly answer: PageAnswer }
  | {
      readonly kind: 'done';
      readonly typed: TypedCommand;
      readonly words: readonly string[];
      readonly answer: PageAnswer | null;
    };

/** What a page carries to the next one. It comes back through Slack, so it is read as untrusted. */
const Note = z.object({
  channel: z.string().max(100),
  direct: z.boolean(),
  command: z.string().max(100).nullable(),
  cluster: z.string().max(100).nullable(),
});
type Note = z.infer<typeof Note>;

/** Opens the form for whoever typed nothing. False: it cannot be opened, or holds nothing for that person. */
export async function openForm(deps: DispatchDeps, typed: TypedCommand): Promise<boolean> {
  if (typed.triggerId === null) return false;
  const policy = deps.policy();
  const clusters = visibleClusters(policy, deps.clusters, typed.actor).map((cluster) => cluster.name);
  if (clusters.length === 0) return false;
  const may = (command: AnyCommand): boolean => {
    const verb = command.policyVerb;
    return verb === null || clusters.some((cluster) => permit(policy, typed.actor, cluster, verb).ok);
  };
  const { channel } = typed.replyTo;
  const note: Note = { channel, direct: typed.direct, command: null, cluster: null };
  const page = renderCommandPage(deps.commands.filter(may), clusters, JSON.stringify(note));
  const opened = await deps.slack.openModal(typed.triggerId, page);
  if (opened.kind !== 'ok') deps.log.warn('the command form could not be opened', { result: resultWords(opened) });
  return opened.kind === 'ok';
}

/** Reads a submitted page of the form; `null`: it is another modal, or was not made by us. No I/O: Slack waits for it. */
export function readForm(deps: DispatchDeps, given: Submission): FormStep | null {
  if (given.callback !== COMMAND_PAGE && given.callback !== ARGUMENTS_PAGE) return null;
  const note = readNote(given.value);
  if (note === null) return null;
  const first = given.callback === COMMAND_PAGE;
  const name = first ? (given.fields['command'] ?? '') : note.command;
  const cluster = first ? emptyToNull(given.fields['cluster']) : note.cluster;
  const command = deps.commands.find((each) => each.name === name);
  if (command === undefined) return mistake({ command: 'There is no such command.' });
  if (first && command.arguments.subject === 'cluster' && cluster === null)
    return mistake({ cluster: `${command.name} needs a cluster.` });
  if (first && takesArguments(command)) {
    const next = JSON.stringify({ ...note, command: command.name, cluster });
    return { kind: 'page', answer: { response_action: 'update', view: renderArgumentsPage(command, cluster, next) } };
  }
  return complete(deps, given, note, command, cluster);
}

function readNote(text: string): Note | null {
  try {
    return Note.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function mistake(errors: Readonly<Record<string, string>>): FormStep {
  return { kind: 'page', answer: { response_action: 'errors', errors } };
}

/** Judges the words as if they had been typed. */
function complete(
  deps: DispatchDeps,
  given: Submission,
  note: Note,
  command: AnyCommand,
  cluster: string | null,
): FormStep {
  const wrong = wrongFlags(command, given.fields);
  if (Object.keys(wrong).length > 0) return mistake(wrong);
  const words = wordsOf(command, cluster, given.fields);
  const parsed = parseCommand(words, deps.commands);
  if (!parsed.ok) return mistake({ [blameOf(given)]: parsed.mistake.text });
  const { user } = given.actor;
  const typed: TypedCommand = {
    actor: given.actor,
    text: words.join(' '),
    // A direct conversation of two people is not open to the bot; its own with the person is.
    replyTo: { user, channel: note.direct ? user : note.channel, threadTs: null, responseUrl: null },
    direct: note.direct,
    botIsThere: false,
    triggerId: null,
    idempotencyKey: given.idempotencyKey,
  };
  return { kind: 'done', typed, words, answer: planningPage(deps, note, command, cluster, words) };
}

function planningPage(
  deps: DispatchDeps,
  note: Note,
  command: AnyCommand,
  cluster: string | null,
  words: readonly string[],
): PageAnswer | null {
  const ops = deps.clusters.find((each) => each.name === cluster)?.channels.ops;
  if (command.runbook === null || ops === undefined) return null;
  const place = note.direct ? ops : note.channel;
  const view = renderPlanningPage(`${SLASH_COMMAND} ${words.join(' ')}`, place, ops);
  return { response_action: 'update', view };
}

/** The words that would have been typed. Free text is one word, behind the mark that ends flags where it looks like one. */
function wordsOf(
  command: AnyCommand,
  cluster: string | null,
  fields: Readonly<Record<string, string>>,
): readonly string[] {
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

function flagWords(command: AnyCommand, fields: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flagsOf(command)).flatMap(([name, flag]) => {
    const value = normalise(fields[flagBlock(name)] ?? '').trim();
    if (value === '') return [];
    return [flag.type === 'switch' ? `--${name}` : `--${name}=${value}`];
  });
}

function wrongFlags(command: AnyCommand, fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const specs = flagsOf(command);
  const wrong = flagWords(command, fields).flatMap((word) => {
    const parsed = parseFlags([word], specs, null);
    const name = word.replace(/^--/, '').split('=', 1)[0] ?? '';
    return parsed.ok ? [] : [[flagBlock(name), parsed.mistake.text] as const];
  });
  return Object.fromEntries(wrong);
}

/** The field that is most likely wrong when the flags are right. */
function blameOf(given: Submission): string {
  const order = ['targets', 'run', 'verb', 'rest', 'cluster', 'command'];
  return order.find((block) => Object.hasOwn(given.fields, block)) ?? Object.keys(given.fields)[0] ?? 'command';
}

function emptyToNull(text: string | undefined): string | null {
  return text === undefined || text.trim() === '' ? null : text.trim();
}
