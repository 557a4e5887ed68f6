import { visibleClusters } from '../../../core/access.ts';
import type { Actor } from '../../../core/actor.ts';
import type { AnyCommand } from '../../../core/command.ts';
import { type ParseResult, parseCommand } from '../../../core/parse/parse-command.ts';
import { plansChange } from '../../../core/parse/usage.ts';
import { SLASH_COMMAND } from '../methods.ts';
import type { TypedCommand } from '../payloads.ts';
import { flagBlock } from '../render/command-modal.ts';
import type { PlanningView } from '../render/plan-page.ts';
import type { DispatchDeps } from './deps.ts';
import type { Note } from './form-note.ts';
import { wordsOf } from './form-words.ts';

/** `plan`: a dry run whose plan is shown. `request`: the run itself, asked for on the plan page. `ask`: carried out at once. */
export type Stage = 'plan' | 'request' | 'ask';

/** A command that was filled in, as if it had been typed, and the page that shows what becomes of it. */
export interface FormOrder {
  readonly stage: Stage;
  readonly command: AnyCommand;
  readonly typed: TypedCommand;
  /** The words to carry out; those of a plan end in a dry run. */
  readonly words: readonly string[];
  /** The command as the person means it. */
  readonly said: string;
  readonly note: Note;
  readonly view: PageShown;
}

/** A page in front of a person. `hash` null: whatever is shown there by now. */
export interface PageShown {
  readonly id: string;
  readonly hash: string | null;
}

/** Longest command in characters, as for typed ones. */
const LONGEST = 2000;

/** A filled-in form, or what is wrong with it. `note` must name a command. */
export function orderOf(
  deps: DispatchDeps,
  stage: Stage,
  by: { readonly actor: Actor; readonly note: Note; readonly command: AnyCommand; readonly view: PageShown },
): FormOrder | { readonly mistake: string } {
  const { actor, note, command, view } = by;
  const plain = wordsOf(command, note.cluster, note.fields);
  const fields = stage === 'plan' ? { ...note.fields, [flagBlock('dry-run')]: 'on' } : note.fields;
  const words = wordsOf(command, note.cluster, fields);
  const said = `${SLASH_COMMAND} ${plain.join(' ')}`;
  if (said.length > LONGEST) return { mistake: `All inputs together may have at most ${LONGEST} characters.` };
  const parsed: ParseResult = parseCommand(words, deps.commands);
  if (!parsed.ok) return { mistake: parsed.mistake.text };
  const typed: TypedCommand = {
    actor,
    text: words.join(' '),
    // A direct conversation of two people is not open to the bot; its own with the person is.
    replyTo: {
      user: actor.user,
      channel: note.direct ? actor.user : note.channel,
      threadTs: null,
      responseUrl: null,
    },
    direct: note.direct,
    botIsThere: false,
    triggerId: null,
    idempotencyKey: `${note.nonce}/${stage}`,
  };
  return { stage, command, typed, words, said, note, view };
}

/** Which way a command that was filled in goes first. */
export function firstStage(command: AnyCommand): Stage {
  return plansChange(command) ? 'plan' : 'ask';
}

/** Where the card of an order will be, as far as it can be told at once and to this person. */
export function placeOf(deps: DispatchDeps, order: FormOrder): Omit<PlanningView, 'sinceMs'> {
  const { note, typed, said, command } = order;
  const there = { channel: typed.replyTo.channel, nowMs: deps.clock.nowMs() };
  const visible = visibleClusters(deps.policy(), deps.clusters, typed.actor, there);
  const cluster = command.runbook === null ? undefined : visible.find((each) => each.name === note.cluster);
  return { said, place: note.direct ? null : note.channel, ops: cluster?.channels.ops ?? null };
}
