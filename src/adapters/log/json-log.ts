import pino, { type DestinationStream, type Logger } from 'pino';
import type { Log } from '../../core/ports/runtime.ts';
import type { Redact } from './redact.ts';

/** How the log is written. */
export interface JsonLogOptions {
  /** `trace` to `fatal`, or `silent`. */
  readonly level: string;
  readonly redact: Redact;
  /** Where to; default standard output, written synchronously so that the last line before an exit is not lost. */
  readonly destination?: DestinationStream;
}

/** A log of one JSON object a line: `time`, `level`, `msg`, and the data. Every line passes the redaction. */
export function createJsonLog(options: JsonLogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return wrap(logger, options.redact, {});
}

type Data = Readonly<Record<string, unknown>>;
type Level = 'info' | 'warn' | 'error';

function wrap(logger: Logger, redact: Redact, fields: Data): Log {
  function write(level: Level, message: string, data: Data): void {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](redact({ ...data, ...fields }), redact.text(message));
  }
  return {
    info: (message, data = {}) => write('info', message, data),
    warn: (message, data = {}) => write('warn', message, data),
    error: (message, data = {}) => write('error', message, data),
    with: (more) => wrap(logger, redact, { ...fields, ...more }),
  };
}
