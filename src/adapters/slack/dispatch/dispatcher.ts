import type { Actor } from '../../../core/actor.ts';
import { type Answer, refusedAnswer } from '../../../core/answer.ts';
import { StoreUnavailable } from '../../../core/ports/run-store.ts';
import { SLASH_COMMAND } from '../methods.ts';
import {
  type Automation,
  type Click,
  type ReplyTo,
  readAutomation,
  readClick,
  readEvent,
  readSlash,
  readSubmission,
  readViewClick,
  type Submission,
  type TypedCommand,
  type ViewClick,
} from '../payloads.ts';
import { parseButtonValue } from '../render/button-value.ts';
import { sendAnswer } from './answerer.ts';
import { dispatchClick, dispatchSubmission } from './click.ts';
import { type PageAnswer, readForm } from './command-form.ts';
import type { DispatchDeps, DispatcherDeps } from './deps.ts';
import { answerOnPage, titleFor } from './form-page.ts';
import { dispatchForm, dispatchViewClick, tellUnknown } from './form-run.ts';
import { rememberMembership } from './membership.ts';
import { createSeen } from './seen.ts';
import { dispatchTyped, isOnlyText } from './typed-command.ts';
import { type ActorRefused, AUTOMATION, refusalOfActor } from './who-acts.ts';

/**
 * Carries out what came from Slack, after it was acknowledged. Takes bodies as they arrived. Nothing here throws:
 * whoever asked is told, also when the store cannot be reached or something unexpected is thrown.
 */
export interface Dispatcher {
  slash(body: unknown): Promise<void>;
  event(body: unknown): Promise<void>;
  click(body: unknown): Promise<void>;
  submission(body: unknown): Promise<void>;
  /** What the acknowledgement of a submission shows: a further page, mistakes; `null`: the modal closes. At once, no I/O. */
  pageAfter(body: unknown): PageAnswer | null;
}

type Kind = 'slash' | 'event' | 'click' | 'submission';

/** One kind of request: how it is carried out, and how whoever asked is told that it could not be. */
interface Handling<T> {
  readonly kind: Kind;
  readonly tell: (asked: T, answer: Answer) => Promise<void>;
  readonly carryOut: (asked: T) => Promise<void>;
  /** What was asked, in a few words for the audit log. */
  readonly words: (asked: T) => string;
  /** Set when whoever asks may do nothing in any case. */
  readonly refused?: ActorRefused;
  /** Whether the answer is the same text for everybody, and nothing else: it is given also while Slack does not say who asks. */
  readonly onlyText?: (asked: T) => boolean;
}

/** Everything that comes from Slack has somebody who did it. */
interface Asked {
  readonly actor: Actor;
  readonly idempotencyKey: string;
}

type Guard = <T extends Asked>(asked: T | null, handling: Handling<T>) => Promise<void>;

/** Makes a dispatcher. */
export function createDispatcher(own: DispatcherDeps): Dispatcher {
  const deps = { ...own, slack: rememberMembership(own.slack, own.clock) };
  const guarded = createGuard(deps);
  async function typed(command: TypedCommand | null, kind: Kind): Promise<void> {
    await guarded(command, {
      kind,
      tell: async (asked, answer) => await sendAnswer(deps, asked.replyTo, answer),
      carryOut: async (asked) => await dispatchTyped(deps, asked),
      words: (asked) => `${SLASH_COMMAND} ${asked.text}`.trimEnd(),
      onlyText: (asked) => isOnlyText(deps, asked),
    });
  }
  return {
    slash: async (body) => await typed(readSlash(body), 'slash'),
    event: async (body) => {
      const automation = readAutomation(body);
      await (automation === null ? typed(readEvent(body), 'event') : heard(deps, guarded, automation));
    },
    click: async (body) => {
      const inView = readViewClick(body);
      await (inView === null ? clicked(deps, guarded, readClick(body)) : clickedInView(deps, guarded, inView));
    },
    submission: async (body) => await submitted(deps, guarded, readSubmission(body)),
    pageAfter: (body) => {
      const given = readSubmission(body);
      return given === null ? null : (readForm(deps, given)?.answer ?? null);
    },
  };
}

/** Every request once, and whoever asked is told when it could not be carried out. */
function createGuard(deps: DispatcherDeps): Guard {
  const seen = createSeen();
  return async (asked, handling) => {
    const { kind, tell, carryOut } = handling;
    if (asked === null) {
      if (kind !== 'event') deps.log.warn('a request from Slack has an unknown shape', { kind });
      return;
    }
    // Deliveries that reach another process are told apart by the store.
    if (!seen.first(asked.idempotencyKey)) return;
    try {
      const refusal = handling.refused ?? (await refusalOfActor(deps, asked.actor));
      const unknown = refusal?.reason === 'people-unreadable';
      if (refusal === null || (unknown && handling.onlyText?.(asked) === true)) return await carryOut(asked);
      await deps.desk.refused({ actor: asked.actor, cluster: null, text: handling.words(asked), ...refusal });
      await tell(asked, refusedAnswer(refusal.reason, refusal.why));
    } catch (thrown) {
      deps.log.error('a request from Slack could not be carried out', {
        kind,
        error: thrown instanceof Error ? thrown.message : String(thrown),
      });
      const reason = thrown instanceof StoreUnavailable ? 'store-unavailable' : 'unexpected-error';
      await tell(asked, refusedAnswer(reason, ''));
    }
  };
}

/** Another bot gets no answer, or two that answer each other would never end. What we wrote ourselves is not heard. */
async function heard(deps: DispatchDeps, guarded: Guard, automation: Automation): Promise<void> {
  const self = deps.identity();
  if (self === null || automation.botId === self.botId || automation.actor.user === self.botUser) return;
  await guarded(automation, {
    kind: 'event',
    tell: async ({ actor, botId }) =>
      deps.log.info('a bot or a workflow was refused', { user: actor.user, bot: botId }),
    carryOut: async () => undefined,
    words: ({ text }) => text,
    refused: AUTOMATION,
  });
}

async function clicked(deps: DispatchDeps, guarded: Guard, click: Click | null): Promise<void> {
  await guarded(click, {
    kind: 'click',
    tell: async (asked, answer) => await sendAnswer(deps, asked.replyTo, answer),
    carryOut: async (asked) => await dispatchClick(deps, asked),
    words: ({ action, value }) => `button ${action.slice(0, 80)} of ${parseButtonValue(value)?.run ?? 'no run'}`,
  });
}

async function clickedInView(deps: DispatchDeps, guarded: Guard, click: ViewClick): Promise<void> {
  await guarded(click, {
    kind: 'click',
    tell: async (asked, answer) => await sendAnswer(deps, directTo(asked), answer),
    carryOut: async (asked) => await dispatchViewClick(deps, asked),
    words: ({ action }) => `button ${action.slice(0, 80)} of a form`,
  });
}

async function submitted(deps: DispatchDeps, guarded: Guard, given: Submission | null): Promise<void> {
  const form = given === null ? null : readForm(deps, given);
  // A page that leads to another one: nothing is carried out yet.
  if (form?.kind === 'page') return;
  await guarded(given, {
    kind: 'submission',
    tell: async (asked, answer) => {
      if (form === null) await sendAnswer(deps, directTo(asked), answer);
      else if (isDecided(answer)) await answerOnPage(deps, form.order, titleFor(form.order, answer), answer);
      else await tellUnknown(deps, form.order, answer);
    },
    carryOut: async (asked) => {
      await (form === null ? dispatchSubmission(deps, asked) : dispatchForm(deps, form.order));
    },
    words: ({ callback }) => (form === null ? `form ${callback.slice(0, 80)}` : form.order.said),
  });
}

/** Whether an answer says what became of it, instead of that it is not known. */
function isDecided({ reason }: Answer): boolean {
  return reason !== 'store-unavailable' && reason !== 'unexpected-error';
}

/** A modal has no channel; the person has a direct conversation with the bot. */
function directTo({ actor: { user } }: Pick<Submission, 'actor'>): ReplyTo {
  return { user, channel: user, threadTs: null, responseUrl: null };
}
