import { z } from 'zod';
import type { EtcdCall, EtcdError, EtcdMember, EtcdResult } from '../../core/ports/etcd.ts';
import type { KubernetesObject, KubernetesPort, PodRef } from '../../core/ports/kubernetes.ts';
import { parseEtcdAddress } from './address.ts';
import { kubernetesFailure } from './kubernetes-failure.ts';

/** One etcd pod, as its object tells it. */
export interface EtcdPod {
  readonly ref: PodRef & { readonly uid: string };
  readonly node: string;
  /** The member's name by its flags, else that of its node. */
  readonly member: string;
  /** Client URLs that the member advertises; else the pod's address with etcd's port. */
  readonly urls: readonly string[];
  /** Quota in bytes by flag or environment; `null`: etcd's default holds. */
  readonly quotaBytes: number | null;
  /** The process of the server container runs, as far as the node's agent knows. */
  readonly running: boolean;
}

/** Which pods. */
export interface EtcdPodQuery {
  readonly namespace: string;
  readonly labelSelector: string;
  /** Container that runs etcd. */
  readonly server: string;
}

const Container = z.object({
  name: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string().default('') })).default([]),
});

const Pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ nodeName: z.string().default(''), containers: z.array(Container) }),
  status: z
    .object({
      podIP: z.string().default(''),
      containerStatuses: z
        .array(z.object({ name: z.string(), state: z.object({ running: z.looseObject({}).optional() }).default({}) }))
        .default([]),
    })
    .default({ podIP: '', containerStatuses: [] }),
});

const ADVERTISED = 'kubeadm.kubernetes.io/etcd.advertise-client-urls';
const CLIENT_PORT = 2379;

/** The etcd pods of a cluster, sorted by name. What is being deleted is left out. */
export async function listEtcdPods(
  kubernetes: Pick<KubernetesPort, 'list'>,
  query: EtcdPodQuery,
  call: EtcdCall,
): Promise<EtcdResult<readonly EtcdPod[]>> {
  const { namespace, labelSelector } = query;
  const listed = await kubernetes.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, call);
  if (!listed.ok) return { ok: false, error: kubernetesFailure(listed.error, 'List of the etcd pods', true) };
  const pods = listed.value.items.flatMap((pod) => readPod(pod, query.server) ?? []);
  if (pods.length > 0) return { ok: true, value: pods.toSorted((a, b) => a.ref.name.localeCompare(b.ref.name)) };
  const message = `There is no etcd pod in namespace ${namespace} with label ${labelSelector}. Is the platform configured right?`;
  return { ok: false, error: { code: 'not-available', message } satisfies EtcdError };
}

function readPod(object: KubernetesObject, server: string): EtcdPod | null {
  const parsed = Pod.safeParse(object);
  if (!parsed.success || parsed.data.metadata.deletionTimestamp !== undefined) return null;
  const { metadata, spec, status } = parsed.data;
  const container = spec.containers.find(({ name }) => name === server);
  if (container === undefined) return null;
  const setting = settingsOf(container);
  const advertised = setting('advertise-client-urls') ?? metadata.annotations[ADVERTISED] ?? '';
  const urls = advertised.split(',').filter((url) => parseEtcdAddress(url) !== null);
  const quota = Number(setting('quota-backend-bytes') ?? 0);
  return {
    ref: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
    node: spec.nodeName,
    member: literal(setting('name')) ?? spec.nodeName,
    urls: urls.length > 0 || status.podIP === '' ? urls : [`https://${hostOf(status.podIP)}:${CLIENT_PORT}`],
    quotaBytes: Number.isSafeInteger(quota) && quota > 0 ? quota : null,
    running: status.containerStatuses.some(({ name, state }) => name === server && state.running !== undefined),
  };
}

/** A flag of etcd, from the command line or from the environment variable of the same meaning. */
function settingsOf(container: z.infer<typeof Container>): (flag: string) => string | undefined {
  const words = [...container.command, ...container.args];
  return (flag) => {
    const joined = words.find((word) => word.startsWith(`--${flag}=`))?.slice(flag.length + 3);
    const at = words.indexOf(`--${flag}`);
    const given = joined ?? (at < 0 ? undefined : words[at + 1]);
    const variable = `ETCD_${flag.toUpperCase().replaceAll('-', '_')}`;
    return given ?? container.env.find(({ name }) => name === variable)?.value;
  };
}

/** `undefined` for a name that only the node can fill in, such as `$(NODE_NAME)`. */
function literal(name: string | undefined): string | undefined {
  return name === undefined || name === '' || name.includes('$') ? undefined : name;
}

function hostOf(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}

/** The pod of a member: by name, else by a client URL that both name. `null`: none. */
export function podOf(pods: readonly EtcdPod[], member: EtcdMember): EtcdPod | null {
  const byName = pods.find((pod) => member.name !== '' && pod.member === member.name);
  const urls = new Set(member.clientUrls.map((url) => parseEtcdAddress(url)?.url));
  return byName ?? pods.find((pod) => pod.urls.some((url) => urls.has(parseEtcdAddress(url)?.url))) ?? null;
}
