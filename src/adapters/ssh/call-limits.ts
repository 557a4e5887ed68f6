import type { HostCall, HostError, HostErrorCode } from '../../core/ports/hosts.ts';
import { formatSpan } from '../../core/time.ts';

/** How far a call has come: `asked` when the host may have started the program. */
export type Stage = 'connecting' | 'asked';

/** The end of one call: by its time, its caller, or the closing of the port. */
export interface Limits {
  /** Fires at the end, whatever ended it. */
  readonly signal: AbortSignal;
  /** Why it is over; `null`: it is not. */
  over(stage: Stage): HostError | null;
  /** Ends the watching; to be called in any case. */
  clear(): void;
}

/** A longer timer of Node fires at once, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Watches for the end of one call. */
export function limitsOf(call: HostCall, closed: AbortSignal): Limits {
  const controller = new AbortController();
  let ending: 'time' | 'caller' | 'closed' | null = null;
  function stop(why: NonNullable<typeof ending>): void {
    ending ??= why;
    controller.abort();
  }
  const onCaller = (): void => stop('caller');
  const onClosed = (): void => stop('closed');
  const timer = setTimeout(stop, Math.min(Math.max(1, Math.ceil(call.timeoutMs)), LONGEST_TIMER_MS), 'time');
  call.signal?.addEventListener('abort', onCaller);
  closed.addEventListener('abort', onClosed);
  if (call.signal?.aborted === true) onCaller();
  if (closed.aborted) onClosed();
  return {
    signal: controller.signal,
    over: (stage) => (ending === null ? null : { code: codeOf(ending, stage), message: wordsOf(ending, stage, call) }),
    clear() {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', onCaller);
      closed.removeEventListener('abort', onClosed);
    },
  };
}

function codeOf(ending: 'time' | 'caller' | 'closed', stage: Stage): HostErrorCode {
  if (ending !== 'time') return 'cancelled';
  return stage === 'asked' ? 'unknown-outcome' : 'unreachable';
}

function wordsOf(ending: 'time' | 'caller' | 'closed', stage: Stage, { timeoutMs }: HostCall): string {
  const after = stage === 'asked' ? 'it may still be running' : 'nothing was run';
  if (ending === 'caller') return `the call was cancelled; ${after}`;
  if (ending === 'closed') return `the access to hosts was closed; ${after}`;
  const span = formatSpan(timeoutMs);
  return stage === 'asked' ? `no end within ${span}; ${after}` : `no connection within ${span}; ${after}`;
}
