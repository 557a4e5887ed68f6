import { type Answer, okAnswer } from '../../../core/answer.ts';
import { StoreUnavailable } from '../../../core/ports/run-store.ts';
import type { Origin } from '../../../core/run-event.ts';
import type { RunState } from '../../../core/run-state.ts';
import type { ViewClick } from '../payloads.ts';
import { renderArgumentsPage } from '../render/command-modal.ts';
import { CHANGE, LOOK_AGAIN, renderPlanningPage, renderPlanPage } from '../render/plan-page.ts';
import { persist } from './answerer.ts';
import type { DispatchDeps } from './deps.ts';
import { noteText, readNote } from './form-note.ts';
import { type FormOrder, orderOf, placeOf } from './form-order.ts';
import { answerOnPage, showPage, titleFor } from './form-page.ts';
import { whereabouts } from './origin.ts';
import { readRun } from './run-desk.ts';
import { dispatchWords, type Voice } from './typed-command.ts';

/** How long a plan is waited for unless a test says otherwise, ms. */
const PLAN_WAIT_MS = 150_000;
/** First and longest pause between two looks at a dry run, ms. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1000;
/** Slack shows the page of the acknowledgement; one that comes before it would be replaced by it, ms. */
const SETTLE_MS = 400;

/** Carries out what was filled in and shows what becomes of it on the same page. Throws only when the store cannot be reached. */
export async function dispatchForm(deps: DispatchDeps, order: FormOrder): Promise<void> {
  const settled = deps.clock.sleep(deps.pageSettleMs ?? SETTLE_MS);
  await dispatchWords(deps, order.typed, order.words, {
    answer: async (answer) => {
      await settled;
      await answerOnPage(deps, order, titleFor(order, answer), answer);
    },
    started: async (runId, origin, first) => {
      if (order.stage === 'plan') await showPlan(deps, order, runId, settled);
      else await showRun(deps, order, { runId, origin, first }, settled);
    },
  } satisfies Voice);
}

async function showPlan(deps: DispatchDeps, given: FormOrder, runId: string, settled: Promise<void>): Promise<void> {
  const sinceMs = deps.clock.nowMs();
  const note = noteText(given.note) ?? '';
  const ending = endedRun(deps, runId);
  const soon = await Promise.race([ending, settled.then(() => null)]);
  const order = soon === null && given.view.hash === null ? await holdPage(deps, given, note) : given;
  if (order === null) return;
  const state = await ending;
  await settled;
  if (deps.leaving?.aborted === true) return;
  if (state === null) {
    const view = { ...placeOf(deps, order), sinceMs: deps.clock.nowMs() - sinceMs };
    await showPage(deps, order, renderPlanningPage(view, note));
    return;
  }
  const card = await deps.cards.card(runId).catch(() => null);
  const posted = card === null || card.ts === null ? null : await deps.slack.permalink({ ...card, ts: card.ts });
  const view = {
    said: order.said,
    peopleOf: (role: string) => deps.policy().roles.find((each) => each.name === role)?.users ?? [],
    channel: card?.channel ?? state.request?.origin.channel ?? order.note.channel,
    link: posted?.kind === 'ok' ? posted.value : null,
  };
  await showPage(deps, order, renderPlanPage(state, view, note));
}

/**
 * Which page an acknowledgement put up is not told; it is put up once more to learn its hash, so that what comes late
 * replaces no page that the person has gone on to. `null`: the person has closed it.
 */
async function holdPage(deps: DispatchDeps, order: FormOrder, note: string): Promise<FormOrder | null> {
  const planning = renderPlanningPage({ ...placeOf(deps, order), sinceMs: null }, note);
  const shown = await persist(deps, async (slack) => await slack.updateModal(order.view.id, planning, null));
  if (shown.kind === 'refused') return null;
  return shown.kind === 'ok' ? { ...order, view: { ...order.view, hash: shown.value.hash } } : order;
}

/** A dry run once it has ended; `null`: it has not in time, or this process stops. */
async function endedRun(deps: DispatchDeps, runId: string): Promise<RunState | null> {
  const untilMs = deps.clock.nowMs() + (deps.planWaitMs ?? PLAN_WAIT_MS);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const state = await lookAt(deps, runId);
    if (state !== null && state.ended !== null) return state;
    if (deps.clock.nowMs() >= untilMs || !(await pause(deps, pauseMs))) return null;
  }
}

/** The store may be away for a while; the dry run is not lost by that. */
async function lookAt(deps: DispatchDeps, runId: string): Promise<RunState | null> {
  try {
    return await readRun(deps, runId);
  } catch (thrown) {
    if (thrown instanceof StoreUnavailable) return null;
    throw thrown;
  }
}

/** False: the process stops. */
async function pause(deps: DispatchDeps, ms: number): Promise<boolean> {
  try {
    await deps.clock.sleep(ms, deps.leaving);
    return true;
  } catch {
    return false;
  }
}

const ON_ITS_CARD = 'Plan, approvals and progress are on the card. Nothing more is needed here.';

interface Started {
  readonly runId: string;
  readonly origin: Origin;
  readonly first: boolean;
}

async function showRun(deps: DispatchDeps, order: FormOrder, run: Started, settled: Promise<void>): Promise<void> {
  const found = await whereabouts(deps, run.runId, run.origin);
  await settled;
  const asked = order.stage === 'request';
  const words = asked ? (run.first ? 'was requested' : 'was requested already') : 'was asked for';
  const lines = asked ? [...found.answer.lines, ON_ITS_CARD] : found.answer.lines;
  const answer = okAnswer(`${run.runId} ${words}.`, lines);
  await answerOnPage(deps, order, asked ? 'Requested' : 'Asked', answer, found.channel);
}

/** Tells on the page that it is not known what became of an order. */
export async function tellUnknown(deps: DispatchDeps, order: FormOrder, answer: Answer): Promise<void> {
  await answerOnPage(deps, order, 'Not known', answer);
}

/** Carries out a click on a page of the form. Throws only when the store cannot be reached. */
export async function dispatchViewClick(deps: DispatchDeps, click: ViewClick): Promise<void> {
  const note = readNote(click.note);
  const command = deps.commands.find((each) => each.name === note?.command);
  if (note === null || command === undefined) return deps.log.warn('a click on a page that is not known', {});
  const { actor, view } = click;
  if (click.action === CHANGE) {
    const blank = noteText({ ...note, fields: {}, nonce: '' }) ?? '';
    const page = renderArgumentsPage(command, note.cluster, blank, note.fields);
    await deps.slack.updateModal(view.id, page, view.hash);
    return;
  }
  if (click.action !== LOOK_AGAIN) return deps.log.warn('a click on a page that is not known', {});
  const order = orderOf(deps, 'plan', { actor, note, command, view });
  if ('mistake' in order) return;
  const planning = renderPlanningPage({ ...placeOf(deps, order), sinceMs: null }, click.note);
  const shown = await deps.slack.updateModal(view.id, planning, view.hash);
  // Another page is shown by now, which is what was asked for.
  if (shown.kind === 'refused') return;
  const hash = shown.kind === 'ok' ? shown.value.hash : null;
  await dispatchForm({ ...deps, pageSettleMs: 0 }, { ...order, view: { ...view, hash } });
}
