import process from 'node:process';
import type { Log } from '../core/ports/runtime.ts';
import { EXIT } from './exit-codes.ts';
import type { DrydockProcess } from './process.ts';

/** First SIGTERM or SIGINT: an orderly stop; resolves when it is done. A second one ends the process at once. */
export async function onSignals(running: Pick<DrydockProcess, 'stop'>, log: Log): Promise<void> {
  const stopped = Promise.withResolvers<null>();
  let asked = false;
  function onSignal(signal: NodeJS.Signals): void {
    if (asked) {
      log.warn('second signal: ending at once; the successor looks at what was in flight', { signal });
      process.exit(EXIT.failure);
    }
    asked = true;
    log.info('signal received', { signal });
    running.stop().then(() => stopped.resolve(null), stopped.reject);
  }
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  await stopped.promise;
}

/** A bug must not leave a process that half works: logged, then ended. What was in flight is looked at by a successor. */
export function onCrash(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.error('uncaught exception: ending', { error });
    process.exit(EXIT.failure);
  });
  process.on('unhandledRejection', (reason) => {
    log.error('unhandled rejection: ending', { error: reason });
    process.exit(EXIT.failure);
  });
}

/**
 * SIGHUP: the configuration file is looked at now. Not in a terminal: there it means that the terminal was closed, and the
 * process ends.
 */
export function onHangUp(running: Pick<DrydockProcess, 'reload'>, log: Log): void {
  if (process.stdin.isTTY) return;
  process.on('SIGHUP', () => {
    log.info('signal received: looking at the configuration file', { signal: 'SIGHUP' });
    running.reload().catch((error: unknown) => log.error('looking at the configuration file failed', { error }));
  });
}
