import { createJsonLog } from '../adapters/log/json-log.ts';
import { createRedact, type Redact } from '../adapters/log/redact.ts';
import { createPrometheusMetrics, type PrometheusMetrics } from '../adapters/metrics/prometheus-metrics.ts';
import { type AgreedClock, createAgreedClock } from '../adapters/runtime/agreed-clock.ts';
import { canonicalDigest } from '../adapters/runtime/canonical-digest.ts';
import { randomIds } from '../adapters/runtime/random-ids.ts';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import type { Digest, Ids, Log } from '../core/ports/runtime.ts';

/** What every part of a process stands on. */
export interface Foundation {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Log;
  readonly redact: Redact;
  readonly metrics: PrometheusMetrics;
  /** The time of Redis, as soon as that was asked: all processes have the same. */
  readonly clock: AgreedClock;
  readonly ids: Ids;
  readonly digest: Digest;
}

/** Makes the foundation. Opens no connection. `log`: instead of standard output, for tests. */
export function createFoundation(config: Config, environment: Environment, log?: Log): Foundation {
  const redact = createRedact(secretsOf(environment));
  return {
    config,
    environment,
    redact,
    log: log ?? createJsonLog({ level: environment.logLevel, redact }),
    metrics: createPrometheusMetrics(),
    clock: createAgreedClock(),
    ids: randomIds,
    digest: canonicalDigest,
  };
}

/** Every secret of the environment, so that the log knows them by value, not only by their looks. */
function secretsOf(environment: Environment): readonly string[] {
  const { slack, redisUrl, awsSecrets } = environment;
  const address = redisUrl === null ? null : URL.parse(redisUrl.reveal());
  const transport = slack?.transport;
  const secrets: readonly (string | undefined)[] = [
    slack?.botToken.reveal(),
    transport?.kind === 'http' ? transport.signingSecret.reveal() : transport?.appToken.reveal(),
    ...awsSecrets.map((each) => each.reveal()),
    address?.password,
    address === null ? undefined : safelyDecoded(address.password),
  ];
  return secrets.flatMap((each) => (each === undefined || each === '' ? [] : [each]));
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
