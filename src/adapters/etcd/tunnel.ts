import type { EtcdCall, EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';
import type { KubernetesPort } from '../../core/ports/kubernetes.ts';
import { parseEtcdAddress } from './address.ts';
import { type DirectEtcd, openDirectEtcd } from './direct.ts';
import { type EtcdPod, type EtcdPodQuery, listEtcdPods } from './pods.ts';
import type { EtcdTls } from './tls.ts';
import { openWays, type PodPlace } from './tunnel-ways.ts';

/** What access through port-forwards needs. */
export interface TunnelEtcdOptions {
  readonly kubernetes: Pick<KubernetesPort, 'forward' | 'list'>;
  readonly query: EtcdPodQuery;
  readonly tls: EtcdTls;
  /** A clock that only moves forward, ms. Default: the process's. */
  readonly nowMs?: () => number;
}

/** gRPC to the etcd pods of one cluster, each through its own port-forward. */
export interface TunnelEtcd {
  /**
   * Looks for the pods as they are now, opens the ways that are missing, and gives a port over them as {@link DirectEtcd.newPort}
   * does. Everything that direct access can do works through it.
   */
  newPort(call: EtcdCall): Promise<EtcdResult<EtcdPort>>;
  close(): Promise<void>;
}

/**
 * Makes the access; opens nothing yet. Addresses are those that the members advertise, so that certificates are checked against them;
 * only the bytes take the way through the API server.
 *
 * Source: Cluster API's control-plane provider reaches etcd in the same way.
 */
export function openTunnelEtcd({ kubernetes, query, tls, nowMs = monotonic }: TunnelEtcdOptions): TunnelEtcd {
  const ways = openWays({ kubernetes, nowMs });
  let open: { readonly of: string; readonly etcd: DirectEtcd } | null = null;
  const retired: DirectEtcd[] = [];

  async function newPort(call: EtcdCall): Promise<EtcdResult<EtcdPort>> {
    const listed = await listEtcdPods(kubernetes, query, call);
    if (!listed.ok) return listed;
    const places = placesOf(listed.value);
    const results = await Promise.all(places.map(async (place) => await ways.ensure(place, call)));
    const failure = results.find((result) => !result.ok);
    const reachable = places.filter((_, at) => results[at]?.ok === true).map(({ url }) => url);
    // One member that is away must not hide the others.
    if (reachable.length === 0 && failure !== undefined && !failure.ok) return failure;
    return { ok: true, value: etcdFor(reachable).newPort() };
  }
  function etcdFor(endpoints: readonly string[]): DirectEtcd {
    // A channel keeps to the local port it was opened for, so that other ways need other channels.
    const of = `${endpoints.toSorted().join()} ${ways.version()}`;
    if (open?.of === of) return open.etcd;
    // The former one is closed with the rest: a run may be in the middle of a call.
    if (open !== null) retired.push(open.etcd);
    const etcd = openDirectEtcd({
      endpoints,
      tls,
      localPortOf: (url) => ways.at(url)?.localPort ?? null,
      localProblemOf: (url) => ways.at(url)?.lastProblem?.() ?? null,
    });
    open = { of, etcd };
    return etcd;
  }
  async function close(): Promise<void> {
    await Promise.all([...retired, ...(open === null ? [] : [open.etcd])].map(async (etcd) => await etcd.close()));
    await ways.close();
  }
  return { newPort, close };
}

/** One place a client URL; of two pods that tell the same one, that which runs. */
function placesOf(pods: readonly EtcdPod[]): readonly PodPlace[] {
  const places = new Map<string, PodPlace>();
  for (const { ref, urls } of pods.toSorted((a, b) => Number(a.running) - Number(b.running))) {
    const address = parseEtcdAddress(urls[0] ?? '');
    if (address !== null) places.set(address.url, { pod: ref, url: address.url, port: address.port });
  }
  return [...places.values()];
}

function monotonic(): number {
  return performance.now();
}
