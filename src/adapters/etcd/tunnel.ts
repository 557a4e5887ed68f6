import type { EtcdCall, EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';
import type { Forward, KubernetesPort } from '../../core/ports/kubernetes.ts';
import { parseEtcdAddress } from './address.ts';
import { type DirectEtcd, openDirectEtcd } from './direct.ts';
import { kubernetesFailure } from './kubernetes-failure.ts';
import { type EtcdPod, type EtcdPodQuery, listEtcdPods } from './pods.ts';
import type { EtcdTls } from './tls.ts';

/** What access through port-forwards needs. */
export interface TunnelEtcdOptions {
  readonly kubernetes: Pick<KubernetesPort, 'forward' | 'list'>;
  readonly query: EtcdPodQuery;
  readonly tls: EtcdTls;
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
export function openTunnelEtcd({ kubernetes, query, tls }: TunnelEtcdOptions): TunnelEtcd {
  const ways = new Map<string, Forward>();
  let open: { readonly urls: string; readonly etcd: DirectEtcd } | null = null;
  const retired: DirectEtcd[] = [];

  async function ensureWay(pod: EtcdPod, url: string, call: EtcdCall): Promise<EtcdResult<null>> {
    const address = parseEtcdAddress(url);
    if (address === null || ways.has(url)) return { ok: true, value: null };
    const { namespace, name } = pod.ref;
    // By name, without uid: a static pod that was made anew is reached by the same way, and who answers is checked anyway.
    const opened = await kubernetes.forward({ namespace, name }, address.port, call);
    if (!opened.ok) return { ok: false, error: kubernetesFailure(opened.error, `Way to etcd in pod ${name}`, true) };
    ways.set(url, opened.value);
    return { ok: true, value: null };
  }
  async function newPort(call: EtcdCall): Promise<EtcdResult<EtcdPort>> {
    const listed = await listEtcdPods(kubernetes, query, call);
    if (!listed.ok) return listed;
    const places = listed.value.flatMap((pod) => {
      const [first] = pod.urls;
      const url = first === undefined ? undefined : parseEtcdAddress(first)?.url;
      return url === undefined ? [] : [{ pod, url }];
    });
    const results = await Promise.all(places.map(async ({ pod, url }) => await ensureWay(pod, url, call)));
    const failure = results.find((result) => !result.ok);
    // One member that is away must not hide the others.
    if (ways.size === 0 && failure !== undefined && !failure.ok) return failure;
    const reachable = places.map(({ url }) => url).filter((url) => ways.has(url));
    return { ok: true, value: etcdFor(reachable).newPort() };
  }
  function etcdFor(endpoints: readonly string[]): DirectEtcd {
    const urls = endpoints.toSorted().join();
    if (open?.urls === urls) return open.etcd;
    // The former one is closed with the rest: a run may be in the middle of a call.
    if (open !== null) retired.push(open.etcd);
    const etcd = openDirectEtcd({ endpoints, tls, localPortOf: (url) => ways.get(url)?.localPort ?? null });
    open = { urls, etcd };
    return etcd;
  }
  async function close(): Promise<void> {
    await Promise.all([...retired, ...(open === null ? [] : [open.etcd])].map(async (etcd) => await etcd.close()));
    await Promise.all([...ways.values()].map(async (way) => await way.close()));
    ways.clear();
  }
  return { newPort, close };
}
