import type { KubernetesPort, KubernetesResult } from '../../core/ports/kubernetes.ts';

/** A port where there is no API server: every call answers `not-configured` with the words given. */
export function createNoKubernetes(why: string): KubernetesPort {
  const none = async (): Promise<KubernetesResult<never>> =>
    await Promise.resolve({ ok: false, error: { code: 'not-configured', message: why } });
  return {
    version: none,
    metrics: none,
    serves: none,
    groupVersions: none,
    get: none,
    list: none,
    eachPage: none,
    watch: none,
    create: none,
    replace: none,
    apply: none,
    patchJson: none,
    patchMerge: none,
    delete: none,
    evict: none,
    logs: none,
    exec: none,
    execStream: none,
    forward: none,
    mayI: none,
    close: async () => await Promise.resolve(),
  };
}
