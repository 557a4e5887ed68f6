import { type Answer, okAnswer } from '../../../core/answer.ts';
import { plansChange } from '../../../core/parse/usage.ts';
import { renderAnswerPage } from '../render/answer-page.ts';
import type { Modal } from '../render/modal.ts';
import { resultWords } from '../result.ts';
import { persist, sendAnswer } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';
import type { FormOrder } from './form-order.ts';

/**
 * Puts a page where the order's page is. False: the person has closed it, or another page is shown there, or Slack could
 * not be reached.
 */
export async function showPage(deps: DispatchDeps, order: FormOrder, page: Modal): Promise<boolean> {
  const { id, hash } = order.view;
  const shown = await persist(deps, async (slack) => await slack.updateModal(id, page, hash));
  if (shown.kind === 'ok') return true;
  deps.log.info('a page of the form could not be replaced', { page: page.title.text, result: resultWords(shown) });
  return false;
}

/**
 * Shows an answer on the page; to the person alone where there is no page any more, or it is too long for one. `seenIn`:
 * the channel in which it can be seen anyway.
 */
export async function answerOnPage(
  deps: DispatchDeps,
  order: FormOrder,
  title: string,
  answer: Answer,
  seenIn: string | null = null,
): Promise<void> {
  const page = renderAnswerPage(title, order.said, answer);
  if (page !== null && (await showPage(deps, order, page))) return;
  // What stands in the channel is seen there.
  if (seenIn === order.typed.replyTo.channel) return;
  await sendAnswer(deps, order.typed.replyTo, answer);
  if (page !== null) return;
  const sent = okAnswer('The answer is too long for a page.', ['It was sent as messages that only you see.']);
  const short = renderAnswerPage(title, order.said, sent);
  if (short !== null) await showPage(deps, order, short);
}

/** How an answer to an order is called. */
export function titleFor(order: FormOrder, answer: Answer): string {
  if (answer.kind === 'ok') return 'Answer';
  return order.command.runbook === null ? 'Refused' : plansChange(order.command) ? 'Not started' : 'Not asked';
}
