import { withoutSecrets } from '../core/secrets.ts';

/** The lease is gone: drop everything, write nothing. Not an error; it unwinds the owner's work. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The store could not be reached within the lease. The run goes on when it can be. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';
}

/** The step was asked to stop before a call. Nothing was called. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** The step announced a call that it made before: a bug in the step, stopped before it could do harm. */
export class WouldRepeat extends Error {
  override readonly name = 'WouldRepeat';
}

/** The step registers a cleanup that its runbook does not declare: a bug, stopped before anything was changed. */
export class UndeclaredCleanup extends Error {
  override readonly name = 'UndeclaredCleanup';
}

/** The cluster's own memory speaks against a call. It was not made, and that is stored. */
export class WitnessRefused extends Error {
  override readonly name = 'WitnessRefused';
  readonly reason: 'witness-contradiction' | 'witness-unavailable';
  constructor(reason: 'witness-contradiction' | 'witness-unavailable', why: string) {
    super(why);
    this.reason = reason;
  }
}

/** Too much time passed between the step's look and its call. It was not made, and that is stored: the step looks again. */
export class GateTooOld extends Error {
  override readonly name = 'GateTooOld';
}

/** The cluster could not be told of a call. It was not made, and that is stored: the step comes back after a while and looks again. */
export class WitnessAway extends Error {
  override readonly name = 'WitnessAway';
  /** How long it waits, ms. */
  readonly afterMs: number;
  constructor(afterMs: number, why: string) {
    super(why);
    this.afterMs = afterMs;
  }
}

/** Why a step's signal fired. */
export type AbortKind = 'lease-lost' | 'shutdown' | 'timeout' | 'cancelled';

/** Words of an unknown thrown value, without its stack and without secrets: they are stored and shown. */
export function messageOf(thrown: unknown): string {
  return withoutSecrets(thrown instanceof Error ? thrown.message : String(thrown));
}
