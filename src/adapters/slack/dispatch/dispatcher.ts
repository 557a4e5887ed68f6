import { type Answer, refusedAnswer } from '../../../core/answer.ts';
import { StoreUnavailable } from '../../../core/ports/run-store.ts';
import {
  type Click,
  type ReplyTo,
  readClick,
  readEvent,
  readSlash,
  readSubmission,
  readViewClick,
  type Submission,
  type TypedCommand,
  type ViewClick,
} from '../payloads.ts';
import { sendAnswer } from './answerer.ts';
import { dispatchClick, dispatchSubmission } from './click.ts';
import { type PageAnswer, readForm } from './command-form.ts';
import type { DispatchDeps } from './deps.ts';
import { dispatchForm, dispatchViewClick, tellUnknown } from './form-run.ts';
import { rememberMembership } from './membership.ts';
import { createSeen } from './seen.ts';
import { dispatchTyped } from './typed-command.ts';

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
}

type Guard = <T extends { readonly idempotencyKey: string }>(asked: T | null, handling: Handling<T>) => Promise<void>;

/** Makes a dispatcher. */
export function createDispatcher(own: DispatchDeps): Dispatcher {
  const deps = { ...own, slack: rememberMembership(own.slack, own.clock) };
  const guarded = createGuard(deps);
  async function typed(command: TypedCommand | null, kind: Kind): Promise<void> {
    await guarded(command, {
      kind,
      tell: async (asked, answer) => await sendAnswer(deps, asked.replyTo, answer),
      carryOut: async (asked) => await dispatchTyped(deps, asked),
    });
  }
  return {
    slash: async (body) => await typed(readSlash(body), 'slash'),
    event: async (body) => await typed(readEvent(body), 'event'),
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
function createGuard(deps: DispatchDeps): Guard {
  const seen = createSeen();
  return async (asked, { kind, tell, carryOut }) => {
    if (asked === null) {
      if (kind !== 'event') deps.log.warn('a request from Slack has an unknown shape', { kind });
      return;
    }
    // Deliveries that reach another process are told apart by the store.
    if (!seen.first(asked.idempotencyKey)) return;
    try {
      await carryOut(asked);
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

async function clicked(deps: DispatchDeps, guarded: Guard, click: Click | null): Promise<void> {
  await guarded(click, {
    kind: 'click',
    tell: async (asked, answer) => await sendAnswer(deps, asked.replyTo, answer),
    carryOut: async (asked) => await dispatchClick(deps, asked),
  });
}

async function clickedInView(deps: DispatchDeps, guarded: Guard, click: ViewClick): Promise<void> {
  await guarded(click, {
    kind: 'click',
    tell: async (asked, answer) => await sendAnswer(deps, directTo(asked), answer),
    carryOut: async (asked) => await dispatchViewClick(deps, asked),
  });
}

async function submitted(deps: DispatchDeps, guarded: Guard, given: Submission | null): Promise<void> {
  const form = given === null ? null : readForm(deps, given);
  // A page that leads to another one: nothing is carried out yet.
  if (form?.kind === 'page') return;
  await guarded(given, {
    kind: 'submission',
    tell: async (asked, answer) => {
      await (form === null ? sendAnswer(deps, directTo(asked), answer) : tellUnknown(deps, form.order, answer));
    },
    carryOut: async (asked) => {
      await (form === null ? dispatchSubmission(deps, asked) : dispatchForm(deps, form.order));
    },
  });
}

/** A modal has no channel; the person has a direct conversation with the bot. */
function directTo({ actor: { user } }: Pick<Submission, 'actor'>): ReplyTo {
  return { user, channel: user, threadTs: null, responseUrl: null };
}
