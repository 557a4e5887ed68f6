import { dueAt } from '../core/gate-times.ts';
import type { Next } from '../core/next.ts';
import { EVENT_VERSION, type RunEvent } from '../core/run-event.ts';
import type { AnyRunbook, AnyWatch } from '../core/runbook.ts';
import { LeaseLost, messageOf, Stopping } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import type { Session } from './session.ts';

/** Limit of one look, ms: it must not hold the worker from what people say meanwhile. */
const LOOK_MS = 20_000;

/** Most of what was seen that is kept, in characters. */
const MOST_SEEN = 300;

type Watching = Extract<Next, { do: 'watch-gate' }>;

/**
 * Looks once whether what an open *continue* gate waits for is there, and settles the gate if it is. Somebody who answered or cancelled
 * meanwhile was first. A look that fails saw nothing: people can always answer.
 *
 * @returns When to look again or to do what else is due, ms; `null`: the gate is settled, go on.
 */
export async function watchGate(
  deps: EngineDeps,
  session: Session,
  runbook: AnyRunbook,
  { gate, watch: asked }: Watching,
  shutdown: AbortSignal,
): Promise<number | null> {
  const watch = runbook.watches.find((each) => each.kind === asked.kind);
  if (watch === undefined) {
    deps.log.warn('this worker does not know what a gate waits for; people can answer it', { watch: asked.kind });
    return dueAt(gate);
  }
  const seen = await look(deps, session, watch, asked.input, shutdown);
  if (seen === null) return Math.min(dueAt(gate), deps.clock.nowMs() + watch.everyMs);
  const settled: RunEvent = {
    v: EVENT_VERSION,
    at: deps.clock.nowIso(),
    type: 'gate-settled',
    gate: gate.spec.id,
    hash: gate.hash,
    verdict: 'approved',
    by: [],
    note: null,
    observed: seen.slice(0, MOST_SEEN),
  };
  await session.write((state) => {
    const now = state.gates.find((each) => each.spec.id === gate.spec.id);
    return now?.settled === null && state.cancel === null && state.ending === null ? { events: [settled] } : null;
  });
  return null;
}

async function look(
  deps: EngineDeps,
  session: Session,
  watch: AnyWatch,
  input: Watching['watch']['input'],
  shutdown: AbortSignal,
): Promise<string | null> {
  const { request, steps } = session.state();
  const limit = new AbortController();
  const signal = AbortSignal.any([limit.signal, session.lost, shutdown]);
  const timeout = deps.clock.sleep(LOOK_MS, signal).then(() => {
    limit.abort('timeout');
    throw new Error(`it took longer than ${LOOK_MS / 1000} s`);
  });
  timeout.catch(() => undefined);
  try {
    const cluster = deps.cluster(request?.cluster ?? '');
    if (cluster === null) throw new Error('the cluster is not configured on this worker');
    const context = {
      ports: await Promise.race([deps.ports(cluster.name, watch.needs), timeout]),
      cluster,
      outputs: steps.map(({ output }) => output),
      signal,
      nowMs: () => deps.clock.nowMs(),
      pause: async (ms: number) => await deps.clock.sleep(ms, signal),
    };
    const found = await Promise.race([watch.look(context, input), timeout]);
    stopped(session, shutdown);
    return found === null || found.seen.trim() === '' ? null : found.seen;
  } catch (thrown) {
    stopped(session, shutdown);
    deps.log.warn('a gate could not be looked at', { watch: watch.kind, error: messageOf(thrown) });
    return null;
  } finally {
    limit.abort('done');
  }
}

/** What was seen while the signal fired counts for nothing: ports answer `cancelled` then. */
function stopped(session: Session, shutdown: AbortSignal): void {
  if (session.lost.aborted) throw new LeaseLost('lost while a gate was looked at');
  if (shutdown.aborted) throw new Stopping('shutting down');
}
