import { visibleClusters } from '../../../core/access.ts';
import type { AnyCommand } from '../../../core/command.ts';
import { LATEST } from '../../../core/decide.ts';
import { mistakeAnswer } from '../../../core/parse/mistake.ts';
import { plansChange } from '../../../core/parse/usage.ts';
import { policyVerbsOf } from '../../../core/policy/verb.ts';
import { permit } from '../../../core/policy.ts';
import type { Submission, TypedCommand } from '../payloads.ts';
import { renderAnswerPage } from '../render/answer-page.ts';
import {
  ARGUMENTS_PAGE,
  COMMAND_PAGE,
  renderArgumentsPage,
  renderCommandPage,
  takesArguments,
} from '../render/command-modal.ts';
import type { Modal } from '../render/modal.ts';
import { type Asked, PLAN_PAGE, renderPlanningPage, renderWaitingPage } from '../render/plan-page.ts';
import { resultWords, wasOpenedBefore } from '../result.ts';
import type { DispatchDeps } from './deps.ts';
import { type Note, noteText, readNote } from './form-note.ts';
import { type FormOrder, firstStage, orderOf, placeOf, type Stage } from './form-order.ts';
import { blameOf, emptyToNull, wrongFlags } from './form-words.ts';

/** What Slack shows instead of closing a modal: another page, or what is wrong, by block. */
export type PageAnswer =
  | { readonly response_action: 'update'; readonly view: Modal }
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> };

/** A submitted page of the command form: there is more to fill in, or something to carry out. */
export type FormStep =
  | { readonly kind: 'page'; readonly answer: PageAnswer }
  | { readonly kind: 'order'; readonly order: FormOrder; readonly answer: PageAnswer };

/** Longest name of a cluster. */
const CLUSTER_CHARS = 63;

/** Opens the form for whoever typed nothing. False: it cannot be opened, or holds nothing for that person. */
export async function openForm(deps: DispatchDeps, typed: TypedCommand): Promise<boolean> {
  if (typed.triggerId === null) return false;
  const policy = deps.policy();
  const place = { channel: typed.direct ? typed.actor.user : typed.replyTo.channel, nowMs: deps.clock.nowMs() };
  const clusters = visibleClusters(policy, deps.clusters, typed.actor, place).map((cluster) => cluster.name);
  if (clusters.length === 0) return false;
  const may = (command: AnyCommand): boolean => {
    const verbs = policyVerbsOf(command);
    const asked = { ...place, actor: typed.actor, flags: [], outsideWindow: false };
    const permitted = (verb: string): boolean =>
      clusters.some((cluster) => permit(policy, { ...asked, cluster, verb }).ok);
    return verbs.length === 0 || verbs.some(permitted);
  };
  const { channel } = typed.replyTo;
  const note: Note = { channel, direct: typed.direct, command: null, cluster: null, fields: {}, nonce: '' };
  const page = renderCommandPage(deps.commands.filter(may), clusters, JSON.stringify(note));
  const opened = await deps.slack.openModal(typed.triggerId, page);
  if (wasOpenedBefore(opened)) return true;
  if (opened.kind !== 'ok') deps.log.warn('the command form could not be opened', { result: resultWords(opened) });
  return opened.kind === 'ok';
}

/** Reads a submitted page of the form; `null`: it is another modal, or was not made by us. No I/O: Slack waits for it. */
export function readForm(deps: DispatchDeps, given: Submission): FormStep | null {
  const { callback } = given;
  if (callback !== COMMAND_PAGE && callback !== ARGUMENTS_PAGE && callback !== PLAN_PAGE) return null;
  const note = readNote(given.value);
  if (note === null) return null;
  const first = callback === COMMAND_PAGE;
  const name = first ? (given.fields['command'] ?? '') : note.command;
  const command = deps.commands.find((each) => each.name === name);
  if (command === undefined)
    return first ? mistake({ command: NO_COMMAND }) : unreadable(note.command ?? '', NO_COMMAND);
  if (callback === PLAN_PAGE) return complete(deps, given, note, command, 'request');
  const cluster = first ? emptyToNull(given.fields['cluster']) : note.cluster;
  if (first && command.arguments.subject === 'cluster' && cluster === null)
    return mistake({ cluster: `${command.name} needs a cluster.` });
  if ((cluster ?? '').length > CLUSTER_CHARS)
    return mistake({ cluster: `Names of clusters have at most ${CLUSTER_CHARS} characters.` });
  const next = { ...note, command: command.name, cluster };
  if (first && takesArguments(command)) {
    const view = renderArgumentsPage(command, cluster, JSON.stringify(next), {});
    return { kind: 'page', answer: { response_action: 'update', view } };
  }
  const filled = Object.fromEntries(Object.entries(given.fields).filter(([, value]) => value.trim() !== ''));
  const fields = first ? {} : filled;
  return complete(deps, given, { ...next, fields, nonce: given.idempotencyKey }, command, firstStage(command));
}

function mistake(errors: Readonly<Record<string, string>>): FormStep {
  return { kind: 'page', answer: { response_action: 'errors', errors } };
}

const NO_NAME = 'Write the name of the run, as its card shows it: the latest may be another one by now.';

const NO_COMMAND = 'There is no such command.';

/** A page without inputs has no field to write a mistake at. Another version of Drydock may have made it. */
function unreadable(said: string, text: string): FormStep {
  const view = renderAnswerPage('Not started', said, mistakeAnswer({ text, nearest: null, usage: null }));
  return view === null ? mistake({}) : { kind: 'page', answer: { response_action: 'update', view } };
}

/** Judges what was filled in as if it had been typed. */
function complete(deps: DispatchDeps, given: Submission, note: Note, command: AnyCommand, stage: Stage): FormStep {
  if (command.decides === true && note.fields['run']?.trim() === LATEST) return mistake({ run: NO_NAME });
  const wrong = wrongFlags(command, note.fields);
  if (stage !== 'request' && Object.keys(wrong).length > 0) return mistake(wrong);
  const view = { id: given.view.id, hash: null };
  const order = orderOf(deps, stage, { actor: given.actor, note, command, view });
  if ('mistake' in order) {
    return stage === 'request'
      ? unreadable(command.name, order.mistake)
      : mistake({ [blameOf(given.fields)]: order.mistake });
  }
  const text = noteText(note);
  if (text === null) return mistake({ [blameOf(given.fields)]: 'All inputs together are longer than Slack carries.' });
  return { kind: 'order', order, answer: { response_action: 'update', view: waitingPage(deps, order, text) } };
}

function askedBy(command: AnyCommand): Asked {
  if (command.runbook === null) return 'word';
  return plansChange(command) ? 'change' : 'read';
}

/** What is shown until there is more to show. True also when the bot dies now. */
function waitingPage(deps: DispatchDeps, order: FormOrder, note: string): Modal {
  const place = placeOf(deps, order);
  if (order.stage === 'plan') return renderPlanningPage({ ...place, sinceMs: null }, note);
  return renderWaitingPage(place, askedBy(order.command));
}
