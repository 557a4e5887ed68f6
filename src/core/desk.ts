import type { Actor } from './actor.ts';
import type { RunOrder, RunWord } from './command.ts';
import type { Reason } from './reasons.ts';
import type { Origin } from './run-event.ts';
import type { StandingQuestion, StandingUse } from './standing-use.ts';

/** A person asks for a run. */
export interface RunAsk {
  readonly actor: Actor;
  readonly order: RunOrder;
  /** Name of the command: first part of the run's id. */
  readonly command: string;
  /** Verb (and kind) for the policy. */
  readonly policyVerb: string;
  readonly origin: Origin;
  /** The command as typed. */
  readonly text: string;
  /** Slack's trigger or event id. */
  readonly idempotencyKey: string;
  /** Channel it is asked in; left out: the card's. `null`: not known. */
  readonly channel?: string | null;
  /** Names of the flags that the command uses. */
  readonly flags?: readonly string[];
  /** It may run outside its maintenance window; left out: as the flag of that name says. */
  readonly outsideWindow?: boolean;
  /** It asks for a standing approval; such an order is a dry run. */
  readonly standingQuestion?: StandingQuestion;
  /** The standing approval that may meet its gate. */
  readonly standing?: StandingUse;
}

/** Answer to a request. */
export type AskResult =
  | { readonly kind: 'queued'; readonly runId: string }
  /** The same delivery came before; that run stands. */
  | { readonly kind: 'duplicate'; readonly runId: string }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly why: string };

/** A person answers a gate. */
export interface VoteAsk {
  readonly runId: string;
  readonly gate: string;
  /** Plan hash the person saw; a prefix of at least 12 characters. */
  readonly hash: string;
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  readonly note: string | null;
  readonly idempotencyKey: string | null;
  /** Slack channel it is said in; left out: not known. */
  readonly channel?: string | null;
}

/** A refusal that belongs to no run, for the audit log. */
export interface Refusal {
  readonly actor: Actor;
  readonly cluster: string | null;
  readonly text: string;
  readonly reason: Reason;
  readonly why: string;
}

/** What people can ask of the engine. Every refusal is audited. Throws only when the store cannot be reached. */
export interface RequestDesk {
  request(ask: RunAsk): Promise<AskResult>;
  /** The same order once more, after a run that ended; after `drifted` the approval stands when the hash is the same. */
  planAgain(ask: {
    readonly runId: string;
    readonly actor: Actor;
    readonly origin: Origin;
    readonly idempotencyKey: string;
  }): Promise<AskResult>;
  vote(ask: VoteAsk): Promise<RunWord>;
  cancel(ask: {
    readonly runId: string;
    readonly actor: Actor;
    readonly idempotencyKey: string | null;
    /** As in a vote. */
    readonly channel?: string | null;
  }): Promise<RunWord>;
  refused(refusal: Refusal): Promise<void>;
}
