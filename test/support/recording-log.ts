import type { Log } from '../../src/core/ports/runtime.ts';

/** One line of a log, with the fields of `with` and of the line itself. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export interface RecordingLog extends Log {
  readonly lines: readonly LogLine[];
}

/** An empty one. */
export function createRecordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  return { ...writer(lines, {}), lines };
}

function writer(lines: LogLine[], fields: Readonly<Record<string, unknown>>): Log {
  return {
    info: (message, data = {}) => void lines.push({ level: 'info', message, data: { ...fields, ...data } }),
    warn: (message, data = {}) => void lines.push({ level: 'warn', message, data: { ...fields, ...data } }),
    error: (message, data = {}) => void lines.push({ level: 'error', message, data: { ...fields, ...data } }),
    with: (more) => writer(lines, { ...fields, ...more }),
  };
}
