import type { AuditDesk } from '../../../core/audit-view.ts';
import type { ClusterProfile } from '../../../core/cluster-profile.ts';
import type { AnyCommand } from '../../../core/command.ts';
import type { ControlDesk, Said } from '../../../core/control-desk.ts';
import type { RequestDesk } from '../../../core/desk.ts';
import type { Policy } from '../../../core/policy.ts';
import type { CardStore } from '../../../core/ports/card-store.ts';
import type { People } from '../../../core/ports/people.ts';
import type { RunStore } from '../../../core/ports/run-store.ts';
import type { Clock, Log } from '../../../core/ports/runtime.ts';
import type { Identity, SlackClient } from '../client.ts';

/** What the dispatcher needs. */
export interface DispatchDeps {
  readonly desk: RequestDesk;
  readonly audit: AuditDesk;
  /** Freezes, locks by hand and schedules, for one person and one delivery. */
  control(said: Said): ControlDesk;
  readonly runs: Pick<RunStore, 'list' | 'read' | 'unfinished'>;
  readonly cards: Pick<CardStore, 'card'>;
  readonly slack: SlackClient;
  readonly commands: readonly AnyCommand[];
  readonly clusters: readonly ClusterProfile[];
  readonly clock: Clock;
  readonly log: Log;
  /** The policy as it is now. */
  policy(): Policy;
  /** Who the bot is; `null` until Slack has told it. */
  identity(): Identity | null;
  /** How long the card of a new run is waited for before the person is told that there is none yet, ms. Default 8000. */
  readonly cardWaitMs?: number;
  /** How long a form waits for the plan of its dry run, ms. Default 150,000: a little longer than a worker may plan. */
  readonly planWaitMs?: number;
  /** How long a form waits before it replaces the page that Slack is just being answered with, ms. Default 400. */
  readonly pageSettleMs?: number;
  /** Fires when the process stops: nothing further is waited for. */
  readonly leaving?: AbortSignal;
  /** A new short text for ids of answers: letters and digits. */
  nonce(): string;
}

/** What the dispatcher itself needs besides: nobody gets further than it who is no full member. */
export interface DispatcherDeps extends DispatchDeps {
  readonly people: Pick<People, 'standingOf'>;
}
