import type { Json } from '../json.ts';
import type { RunOutcome } from '../reasons.ts';

/** Time. Tests give a clock they can move. */
export interface Clock {
  nowMs(): number;
  nowIso(): string;
  /** Resolves after `ms`, rejects when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Random names. */
export interface Ids {
  /** Four characters people can say aloud, from `23456789abcdefghjkmnpqrstvwxyz`. */
  suffix(): string;
}

/** SHA-256 (lower-case hex) over canonical JSON. Source: RFC 8785. Both throw for what RFC 8785 refuses. */
export interface Digest {
  of(value: Json): string;
  /** The canonical text itself. */
  text(value: Json): string;
}

/** Structured log with a static message and data beside it. Secrets are redacted by the implementation. */
export interface Log {
  info(message: string, data?: Readonly<Record<string, unknown>>): void;
  warn(message: string, data?: Readonly<Record<string, unknown>>): void;
  error(message: string, data?: Readonly<Record<string, unknown>>): void;
  /** A log whose every line carries these fields. */
  with(fields: Readonly<Record<string, string | number>>): Log;
}

/** What the engine counts. */
export interface Metrics {
  runEnded(runbook: string, outcome: RunOutcome): void;
  stepDone(kind: string, seconds: number): void;
}

/** Named points of the engine where a crash test can stop a process. */
export const TRIGGER_POINTS = [
  'claimed',
  'planned-before-store',
  'planned-after-store',
  'gate-judged',
  'gate-opened',
  'locks-taken',
  'step-started',
  'intent-before-store',
  'intent-after-store',
  'call-made',
  'observed-after-store',
  'again-after-store',
  'step-run',
  'step-verified',
  'step-done-after-store',
  'ending-after-store',
  'cleanup-restored',
  'cleanup-after-store',
  'ended-before-store',
  'ended-after-store',
  'parked',
] as const;
export type TriggerPoint = (typeof TRIGGER_POINTS)[number];

/** Called at each trigger point. Does nothing outside tests. */
export interface Triggers {
  reach(point: TriggerPoint, runId: string): Promise<void>;
}
