import type { EtcdCall, EtcdError, EtcdResult } from '../../core/ports/etcd.ts';
import type { Forward, KubernetesPort, PodRef } from '../../core/ports/kubernetes.ts';
import { kubernetesFailure } from './kubernetes-failure.ts';

/** The port of a pod at which a client URL is served. */
export interface PodPlace {
  readonly pod: Pick<PodRef, 'namespace' | 'name'>;
  /** As `parseEtcdAddress` writes it. */
  readonly url: string;
  readonly port: number;
}

/** Port-forwards to the etcd pods of one cluster, one a client URL, kept until closed. */
export interface TunnelWays {
  /**
   * Makes sure that there is a way to this pod. One that led to a pod of another name is closed. Who comes while it is being opened
   * waits for the same one; after a failure nobody tries again for a while, and gets that failure.
   */
  ensure(place: PodPlace, call: EtcdCall): Promise<EtcdResult<null>>;
  /** The way to a client URL; `null`: there is none. */
  at(url: string): Forward | null;
  /** Changes when any way does. */
  version(): string;
  close(): Promise<void>;
}

/** What the ways are made of. */
export interface TunnelWaysOptions {
  readonly kubernetes: Pick<KubernetesPort, 'forward'>;
  /** A clock that only moves forward, ms. */
  readonly nowMs: () => number;
}

/** Most time to open one way, ms: a pod that is away must not hold up the rest for long. */
const OPEN_MS = 5000;
/** How long a way that could not be opened is not tried again, ms. */
const REST_MS = 10_000;

interface Way {
  readonly pod: string;
  readonly forward: Forward;
}

/** Makes the ways; opens nothing yet. */
export function openWays({ kubernetes, nowMs }: TunnelWaysOptions): TunnelWays {
  const ways = new Map<string, Way>();
  const opening = new Map<string, Promise<EtcdResult<null>>>();
  const failures = new Map<string, { readonly untilMs: number; readonly error: EtcdError }>();
  const closer = new AbortController();

  async function open({ pod, url, port }: PodPlace, name: string, timeoutMs: number): Promise<EtcdResult<null>> {
    // By name, without uid: a static pod that was made anew is reached by the same way, and who answers is checked anyway.
    const ref = { namespace: pod.namespace, name: pod.name };
    const opened = await kubernetes.forward(ref, port, { timeoutMs, signal: closer.signal });
    if (!opened.ok) {
      const error = kubernetesFailure(opened.error, `Way to etcd in pod ${pod.name}`, true);
      failures.set(keyOf(name, url), { untilMs: nowMs() + REST_MS, error });
      return { ok: false, error };
    }
    if (closer.signal.aborted) {
      await opened.value.close();
      return { ok: false, error: { code: 'cancelled', message: `Way to etcd in pod ${pod.name}: cancelled` } };
    }
    ways.set(url, { pod: name, forward: opened.value });
    return { ok: true, value: null };
  }
  async function missing(place: PodPlace, name: string, call: EtcdCall): Promise<EtcdResult<null>> {
    const key = keyOf(name, place.url);
    const failure = failures.get(key);
    if (failure !== undefined && nowMs() < failure.untilMs) return { ok: false, error: failure.error };
    failures.delete(key);
    const begun = opening.get(key);
    if (begun !== undefined) return await begun;
    const trying = open(place, name, Math.min(OPEN_MS, call.timeoutMs)).finally(() => opening.delete(key));
    opening.set(key, trying);
    return await trying;
  }
  async function ensure(place: PodPlace, call: EtcdCall): Promise<EtcdResult<null>> {
    const name = `${place.pod.namespace}/${place.pod.name}`;
    const present = ways.get(place.url);
    if (present?.pod === name) return { ok: true, value: null };
    ways.delete(place.url);
    const [answer] = await Promise.all([missing(place, name, call), present?.forward.close()]);
    return answer;
  }
  async function close(): Promise<void> {
    closer.abort();
    await Promise.allSettled(opening.values());
    await Promise.all([...ways.values()].map(async ({ forward }) => await forward.close()));
    ways.clear();
  }
  return {
    ensure,
    at: (url) => ways.get(url)?.forward ?? null,
    version: () =>
      [...ways]
        .map(([url, { forward }]) => `${url}>${forward.localPort}`)
        .toSorted()
        .join(),
    close,
  };
}

function keyOf(pod: string, url: string): string {
  return `${pod} ${url}`;
}
