import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** An API server, and the etcd that it was started with. */
export interface ApiServerEtcd {
  readonly pod: string;
  /** Client URLs of its flag `--etcd-servers`. */
  readonly servers: readonly string[];
}

/** Who names which client URLs of the external ring. */
export interface EndpointFacts {
  /** Of the voters, from the member list. */
  readonly voters: readonly string[];
  /** What the etcd controller tells. */
  readonly told: readonly string[];
  /** What the control plane's object has. */
  readonly controlPlane: readonly string[];
  readonly apiServers: readonly ApiServerEtcd[];
}

/**
 * Who does not name the ring as it is, in words; empty: all do. An API server that still names a removed member and not the new one is down
 * to fewer members than it seems.
 */
export function endpointTrouble({ voters, told, controlPlane, apiServers }: EndpointFacts): readonly string[] {
  const wanted = normalized(voters);
  const words: string[] = [];
  function compare(who: string, urls: readonly string[]): void {
    const has = normalized(urls);
    const lacks = wanted.filter((url) => !has.includes(url));
    const extra = has.filter((url) => !wanted.includes(url));
    if (lacks.length > 0) words.push(`${who} does not name ${lacks.join(', ')} yet`);
    if (extra.length > 0) words.push(`${who} still names ${extra.join(', ')}`);
  }
  compare('the etcd controller', told);
  compare('the control plane', controlPlane);
  for (const { pod, servers } of apiServers) compare(pod, servers);
  if (apiServers.length === 0) words.push('no kube-apiserver pod can be seen');
  return words;
}

function normalized(urls: readonly string[]): readonly string[] {
  return [...new Set(urls.map((url) => (URL.canParse(url) ? new URL(url).origin : url)))].toSorted();
}

const Pod = z.object({
  spec: z
    .object({
      containers: z
        .array(z.object({ command: z.array(z.string()).default([]), args: z.array(z.string()).default([]) }))
        .default([]),
    })
    .prefault({}),
});
const FLAG = '--etcd-servers=';

/** Reads the flag of a kube-apiserver pod. Without the flag: no servers. */
export function apiServerEtcd(pod: KubernetesObject): ApiServerEtcd {
  const read = Pod.safeParse(pod);
  const words = read.success ? read.data.spec.containers.flatMap(({ command, args }) => [command, args].flat()) : [];
  const flag = words.find((word) => word.startsWith(FLAG))?.slice(FLAG.length) ?? '';
  return { pod: pod.metadata.name, servers: flag.split(',').filter((each) => each !== '') };
}
