import { refusedAnswer } from '../../../core/answer.ts';
import { StoreUnavailable } from '../../../core/ports/run-store.ts';
import {
  type Click,
  type ReplyTo,
  readClick,
  readEvent,
  readSlash,
  readSubmission,
  type Submission,
  type TypedCommand,
} from '../payloads.ts';
import { sendAnswer } from './answerer.ts';
import { dispatchClick, dispatchSubmission } from './click.ts';
import { type PageAnswer, readForm } from './command-form.ts';
import type { DispatchDeps } from './deps.ts';
import { createSeen } from './seen.ts';
import { dispatchTyped, dispatchWords } from './typed-command.ts';

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

/** Makes a dispatcher. */
export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const seen = createSeen();
  const typed = async (command: TypedCommand | null, kind: Kind): Promise<void> =>
    await guarded(
      command,
      kind,
      (asked) => asked.replyTo,
      async (asked) => await dispatchTyped(deps, asked),
    );

  async function guarded<T extends { readonly idempotencyKey: string }>(
    asked: T | null,
    kind: Kind,
    replyTo: (asked: T) => ReplyTo | null,
    carryOut: (asked: T) => Promise<void>,
  ): Promise<void> {
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
      const to = replyTo(asked);
      if (to !== null) await sendAnswer(deps, to, refusedAnswer(reason, ''));
    }
  }
  return {
    slash: async (body) => await typed(readSlash(body), 'slash'),
    event: async (body) => await typed(readEvent(body), 'event'),
    click: async (body) =>
      await guarded<Click>(
        readClick(body),
        'click',
        (click) => click.replyTo,
        async (click) => await dispatchClick(deps, click),
      ),
    submission: async (body) => {
      const given = readSubmission(body);
      const form = given === null ? null : readForm(deps, given);
      // A page that leads to another one is the same view to Slack: only the last one is carried out, once.
      if (form?.kind === 'page') return;
      await guarded<Submission>(given, 'submission', directTo, async (one) =>
        form?.kind === 'done' ? await dispatchWords(deps, form.typed, form.words) : await dispatchSubmission(deps, one),
      );
    },
    pageAfter: (body) => {
      const given = readSubmission(body);
      return given === null ? null : (readForm(deps, given)?.answer ?? null);
    },
  };
}

/** A modal has no channel; the person has a direct conversation with the bot. */
function directTo(submission: Submission): ReplyTo {
  const { user } = submission.actor;
  return { user, channel: user, threadTs: null, responseUrl: null };
}
