import type { CallUse } from '../../../core/ports/call-budget.ts';
import type { CardStore } from '../../../core/ports/card-store.ts';
import type { RunStore } from '../../../core/ports/run-store.ts';
import type { Clock, Log } from '../../../core/ports/runtime.ts';
import type { SlackClient } from '../client.ts';

/** Points at which a test can stop a projector. */
export type ProjectorPoint =
  | 'card-announced'
  | 'card-posted'
  | 'thread-posted'
  | 'incident-announced'
  | 'incident-posted';

/** What the projector asks of Slack. */
export type ProjectorSlack = Pick<SlackClient, 'post' | 'update' | 'history' | 'replies' | 'permalink' | 'upload'>;

/** What the projector needs. */
export interface ProjectorDeps {
  readonly runs: Pick<RunStore, 'read' | 'unfinished' | 'list'>;
  readonly cards: CardStore;
  /** Slack, for calls of this kind. */
  slackFor(use: Exclude<CallUse, 'at-once'>): ProjectorSlack;
  readonly clock: Clock;
  /** Lines about one run carry run and cluster. */
  readonly log: Log;
  /** Name of this process, unique among processes. */
  readonly who: string;
  /** Title of a runbook; its id when there is none. */
  titleOf(runbook: string): string;
  /** The channel for cards of a cluster whose own channel cannot be used; `null`: none. */
  opsChannel(cluster: string): string | null;
  /** Slack user ids of the people who have a role now. */
  peopleOf(role: string): readonly string[];
  /** The channel for incidents of a cluster; `null`: none is configured. */
  incidentsChannel(cluster: string): string | null;
  /** Called at each {@link ProjectorPoint}; does nothing outside tests. */
  reach?(point: ProjectorPoint, runId: string): Promise<void>;
}

/** What the deliveries need: `slackFor` calls Slack only while this process is elected. */
export interface ElectedDeps extends ProjectorDeps {
  /** Slack, elected or not: for putting right what this process did when it no longer was. */
  slackAnyway(use: Exclude<CallUse, 'at-once'>): ProjectorSlack;
}

/** How a delivery went: all there, or what is left is to be tried at this time (ms). */
export type Delivery = { readonly kind: 'done' } | { readonly kind: 'later'; readonly atMs: number };

/** Delivered, nothing is left to do. */
export const DONE = { kind: 'done' } as const satisfies Delivery;

/** To be tried at this time. */
export function later(atMs: number): Delivery {
  return { kind: 'later', atMs };
}
