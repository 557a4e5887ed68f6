import { parseMinor } from '../kubernetes/version.ts';

/** One line of metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** Reads lines in the text format of Prometheus. Comments and what is no sample are left out. */
export function readSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
    if (Number.isNaN(number)) return [];
    const pairs = [...labels.matchAll(LABEL)].map(
      ([, key = '', raw = '']) => [key, raw.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char)] as const,
    );
    return [{ name, labels: Object.fromEntries(pairs), value: number }];
  });
}

/** Samples that a pre-flight asks an API server for. */
export const WANTED_SAMPLES = [
  'apiserver_requested_deprecated_apis',
  'apiserver_client_certificate_expiration_seconds_bucket',
] as const;

/** A deprecated API that somebody asked the API server for since it began. */
export interface DeprecatedRequest {
  readonly apiVersion: string;
  /** `poddisruptionbudgets`, `pods/eviction`. */
  readonly resource: string;
  /** Minor version of Kubernetes 1 that serves it no more; `null`: none is named. */
  readonly removedIn: number | null;
}

/** Deprecated APIs in use. Source: the metric `apiserver_requested_deprecated_apis` of kube-apiserver, stable since 1.22. */
export function deprecatedRequests(samples: readonly Sample[]): readonly DeprecatedRequest[] {
  return samples
    .filter(({ name, value }) => name === 'apiserver_requested_deprecated_apis' && value > 0)
    .map(({ labels }) => {
      const { group = '', version = '', resource = '', subresource = '' } = labels;
      return {
        apiVersion: group === '' ? version : `${group}/${version}`,
        resource: subresource === '' ? resource : `${resource}/${subresource}`,
        removedIn: parseMinor(labels['removed_release'] ?? '')?.minor ?? null,
      };
    });
}

/** Requests with client certificates that were to expire soon, since the API server began. */
export interface ExpiringClients {
  readonly withinDays: number;
  readonly requests: number;
}

const WEEK_S = 604_800;
const DAY_S = 86_400;

/**
 * Requests whose client certificate had less than a week left; `null`: the metric is not there. Source: the histogram
 * `apiserver_client_certificate_expiration_seconds` of kube-apiserver, whose limits include one week.
 */
export function expiringClients(samples: readonly Sample[]): ExpiringClients | null {
  const within = samples.find(
    ({ name, labels }) =>
      name === 'apiserver_client_certificate_expiration_seconds_bucket' && Number(labels['le']) === WEEK_S,
  );
  return within === undefined ? null : { withinDays: WEEK_S / DAY_S, requests: within.value };
}
