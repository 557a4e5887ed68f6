import type { KubernetesCall, KubernetesResult } from './kubernetes.ts';

/** The metrics that an API server keeps of itself. Part of the port of a cluster. */
export interface ServerMetrics {
  /**
   * Lines of `/metrics` of the samples with these names (`apiserver_requested_deprecated_apis`, `…_bucket`), in the text format of Prometheus
   * and as they came; no such sample: an empty text. They are those of the one API server that answers, since it began. More than
   * `maxBytes` of such lines, or an answer that is too long to be read through, is `too-large`; default 1 MiB. Needs `get` on the path `/metrics`.
   */
  metrics(
    names: readonly string[],
    call: KubernetesCall & { readonly maxBytes?: number },
  ): Promise<KubernetesResult<string>>;
}
