import type { DrillError, DrillErrorCode } from '../../core/ports/drill.ts';

/** Ends a drill from anywhere inside it; caught at its edge, where it becomes a value. */
export class DrillFailed extends Error {
  readonly error: DrillError;

  constructor(code: DrillErrorCode, message: string) {
    super(message);
    this.name = 'DrillFailed';
    this.error = { code, message };
  }
}

/** What was thrown, as a drill's error. What nobody foresaw says nothing of the backup. */
export function drillError(thrown: unknown, signal: AbortSignal): DrillError {
  if (signal.aborted) return { code: 'cancelled', message: 'The drill was cancelled' };
  if (thrown instanceof DrillFailed) return thrown.error;
  if (isFull(thrown)) return { code: 'no-room', message: 'The disk of this worker became full' };
  return { code: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
}
