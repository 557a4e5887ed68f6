import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from '../../core/ports/runtime.ts';

/** What is read when the figures are asked for. A reading that fails leaves its figure out. */
export interface Readings {
  /** Unfinished runs by phase. */
  runsByPhase?(): Promise<ReadonlyMap<string, number>>;
  /** Wake-ups that wait for a worker. */
  queueDepth?(): Promise<number>;
}

/** Everything Drydock counts, in Prometheus' format. Names begin with `drydock_`. */
export interface PrometheusMetrics extends Metrics {
  /** One Web API call; `outcome`: `ok` or the kind of failure (`rate-limited`, `channel-gone`, `unavailable`, …). */
  slackCall(method: string, outcome: string): void;
  /** A 429 of the Web API. */
  slackRateLimited(method: string): void;
  /** A call that the budget put off, before it reached Slack; `use`: what it was for. */
  slackDenied(method: string, use: string): void;
  /** Time from a request of Slack to its acknowledgement, seconds. */
  acknowledged(kind: string, seconds: number): void;
  /** Time from a run's change to its card showing it, seconds. */
  projectorLag(seconds: number): void;
  /** A changed configuration file was judged: `taken`, `refused`, or `unreadable`. */
  policyReload(outcome: 'taken' | 'refused' | 'unreadable'): void;
  /** The head of the audit log was to be kept outside: `kept`, or why not. */
  auditAnchor(outcome: string): void;
  /** Says where the readings come from; replaces earlier ones. */
  read(readings: Readings): void;
  /** The text for a scrape. Never throws because of a reading. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Makes the metrics of one process, in a registry of their own. `defaults`: also those of Node itself (default true). */
export function createPrometheusMetrics(options: { readonly defaults?: boolean } = {}): PrometheusMetrics {
  const registry = new Registry();
  if (options.defaults ?? true) collectDefaultMetrics({ register: registry });
  let readings: Readings = {};
  const counters = makeCounters(registry);
  makeGauges(registry, () => readings);
  return {
    runEnded: (runbook, outcome) => counters.runs.inc({ runbook, outcome }),
    stepDone: (kind, seconds) => counters.steps.observe({ kind }, seconds),
    slackCall: (method, outcome) => counters.slackCalls.inc({ method, outcome }),
    slackRateLimited: (method) => counters.rateLimited.inc({ method }),
    slackDenied: (method, use) => counters.denied.inc({ method, use }),
    acknowledged: (kind, seconds) => counters.acks.observe({ kind }, seconds),
    projectorLag: (seconds) => counters.lag.observe(seconds),
    policyReload: (outcome) => counters.reloads.inc({ outcome }),
    auditAnchor: (outcome) => counters.anchors.inc({ outcome }),
    read: (next) => {
      readings = next;
    },
    text: async () => await registry.metrics(),
    contentType: registry.contentType,
  };
}

interface Counters {
  readonly runs: Counter<'runbook' | 'outcome'>;
  readonly steps: Histogram<'kind'>;
  readonly slackCalls: Counter<'method' | 'outcome'>;
  readonly rateLimited: Counter<'method'>;
  readonly denied: Counter<'method' | 'use'>;
  readonly acks: Histogram<'kind'>;
  readonly lag: Histogram;
  readonly reloads: Counter<'outcome'>;
  readonly anchors: Counter<'outcome'>;
}

function makeCounters(registry: Registry): Counters {
  const registers = [registry];
  return {
    runs: new Counter({
      name: 'drydock_runs_ended_total',
      help: 'Runs that ended, by outcome',
      labelNames: ['runbook', 'outcome'],
      registers,
    }),
    steps: new Histogram({
      name: 'drydock_step_seconds',
      help: 'Time of a step from its first start to its verification',
      labelNames: ['kind'],
      buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
      registers,
    }),
    slackCalls: new Counter({
      name: 'drydock_slack_calls_total',
      help: 'Calls of the Slack Web API, by outcome',
      labelNames: ['method', 'outcome'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'drydock_slack_rate_limited_total',
      help: 'Answers 429 of the Slack Web API',
      labelNames: ['method'],
      registers,
    }),
    denied: new Counter({
      name: 'drydock_slack_calls_denied_total',
      help: 'Calls of the Slack Web API that the budget put off',
      labelNames: ['method', 'use'],
      registers,
    }),
    acks: new Histogram({
      name: 'drydock_ack_seconds',
      help: 'Time to acknowledge a request of Slack, which allows 3 s',
      labelNames: ['kind'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
      registers,
    }),
    reloads: byOutcome(
      'drydock_policy_reloads_total',
      'Changes of the configuration file that were judged while running, by outcome',
      registers,
    ),
    anchors: byOutcome(
      'drydock_audit_anchors_total',
      'Tries to keep the head of the audit log outside Redis, by outcome',
      registers,
    ),
    lag: new Histogram({
      name: 'drydock_projector_lag_seconds',
      help: 'Time from a change of a run to the card that shows it',
      buckets: [0.1, 0.5, 1, 3, 5, 10, 30, 60, 300],
      registers,
    }),
  };
}

function byOutcome(name: string, help: string, registers: Registry[]): Counter<'outcome'> {
  return new Counter({ name, help, labelNames: ['outcome'], registers });
}

function makeGauges(registry: Registry, readings: () => Readings): void {
  const registers = [registry];
  const runs = new Gauge({
    name: 'drydock_runs',
    help: 'Unfinished runs, by phase',
    labelNames: ['phase'],
    registers,
    collect: async () => {
      const counts = await attempt(async () => await readings().runsByPhase?.());
      runs.reset();
      for (const [phase, count] of counts ?? []) runs.set({ phase }, count);
    },
  });
  const depth = new Gauge({
    name: 'drydock_queue_depth',
    help: 'Wake-ups that wait for a worker',
    registers,
    collect: async () => {
      const count = await attempt(async () => await readings().queueDepth?.());
      if (count === undefined) depth.remove();
      else depth.set(count);
    },
  });
}

async function attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
