import { performance } from 'node:perf_hooks';
import type { Clock, Log } from '../../core/ports/runtime.ts';
import { systemClock } from './system-clock.ts';

/** A clock on which all processes agree, however wrong the clocks of their machines are. */
export interface AgreedClock extends Clock {
  /**
   * Asks what time it is and takes that over. An answer that took long is of no use and changes nothing. Throws what `ask` throws: the
   * clock then goes on as before.
   */
  agree(ask: () => Promise<number>, log: Pick<Log, 'warn' | 'info'>): Promise<void>;
}

/** Clocks of this machine. */
export interface MachineClocks {
  /** The clock on the wall, ms since the epoch: it may be wrong, and jump. */
  readonly wallMs: () => number;
  /** Time since some moment, ms: it never jumps. */
  readonly steadyMs: () => number;
}

/** An answer that took longer says too little about now, ms. */
const SLOWEST_MS = 1000;
/** What is corrected by waiting, not by going back, ms: nothing that is measured by this clock then seems to come from the future. */
const WAITED_MS = 2000;
/** A machine whose clock is off by more is told of, ms. */
const WRONG_MS = 30_000;

const machine: MachineClocks = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** Makes it. Until the first agreement it shows the time of the machine. */
export function createAgreedClock({ wallMs, steadyMs }: MachineClocks = machine): AgreedClock {
  let known = { ms: wallMs(), at: steadyMs() };
  let shownMs = 0;
  let isWrong = false;

  function nowMs(): number {
    const now = Math.floor(known.ms + steadyMs() - known.at);
    shownMs = now < shownMs && shownMs - now <= WAITED_MS ? shownMs : now;
    return shownMs;
  }
  return {
    nowMs,
    nowIso: () => new Date(nowMs()).toISOString(),
    sleep: async (ms, signal) => await systemClock.sleep(ms, signal),
    agree: async (ask, log) => {
      const askedAt = steadyMs();
      const told = await ask();
      const at = steadyMs();
      if (at - askedAt > SLOWEST_MS) return;
      known = { ms: told + (at - askedAt) / 2, at };
      const offMs = Math.round(wallMs() - known.ms);
      const wrong = Math.abs(offMs) > WRONG_MS;
      if (wrong && !isWrong)
        log.warn('the clock of this machine is wrong; the time of Redis counts', { seconds: Math.round(offMs / 1000) });
      if (!wrong && isWrong) log.info('the clock of this machine is right again');
      isWrong = wrong;
    },
  };
}
