import type { AuditMarks, Offices } from '../../../core/ports/audit-marks.ts';
import type { CallUse } from '../../../core/ports/call-budget.ts';
import type { RunStore } from '../../../core/ports/run-store.ts';
import type { Clock, Log } from '../../../core/ports/runtime.ts';
import type { SlackClient } from '../client.ts';

/** A channel in which the audit log of clusters is told. */
export interface AuditChannel {
  readonly channel: string;
  readonly clusters: readonly string[];
}

/** Points at which a test can stop one that tells. */
export type AuditPoint = 'entry-posted' | 'head-posted';

/** What telling the audit log needs. */
export interface AuditChannelsDeps {
  readonly store: Pick<RunStore, 'auditEntries' | 'auditHead'>;
  readonly marks: AuditMarks;
  readonly offices: Offices;
  /** Slack, for calls of this kind. */
  slackFor(use: Exclude<CallUse, 'at-once'>): Pick<SlackClient, 'post' | 'history'>;
  /** The user that the bot posts as; `null`: not known yet. */
  botUser(): string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this process, unique among processes. */
  readonly who: string;
  readonly channels: readonly AuditChannel[];
  /** Every configured cluster; entries of any other, and of none, are told in all channels. */
  readonly clusters: readonly string[];
  /** How often the head of the chain is told, ms. */
  readonly anchorEveryMs: number;
  /** Called at each {@link AuditPoint}; does nothing outside tests. */
  reach?(point: AuditPoint, seq: number): Promise<void>;
}
