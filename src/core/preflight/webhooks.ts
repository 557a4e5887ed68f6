import { z } from 'zod';
import type { Check } from '../plan.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type Seen, some } from './seen.ts';

/** A webhook without which requests of an upgrade fail. */
export interface StrictWebhook {
  /** `ValidatingWebhookConfiguration gatekeeper, webhook validation.gatekeeper.sh`. */
  readonly name: string;
  /** `gatekeeper-system/gatekeeper-webhook`. */
  readonly service: string;
  /** What of an upgrade it is asked about: `pods`, `nodes`. */
  readonly about: readonly string[];
}

function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}
const Rule = z.object({ apiGroups: listOf(z.string()), resources: listOf(z.string()) });
const Webhook = z.object({
  name: z.string(),
  failurePolicy: z.string().nullish(),
  clientConfig: z.object({ service: z.object({ namespace: z.string(), name: z.string() }).nullish() }),
  rules: listOf(Rule),
});

/** What moves when nodes do: pods and evictions, nodes and their leases. */
const ABOUT: readonly (readonly [group: string, resource: string])[] = [
  ['', 'pods'],
  ['', 'pods/eviction'],
  ['', 'nodes'],
  ['coordination.k8s.io', 'leases'],
];

/** The strict webhooks of a configuration that answer through a Service of the cluster. Those that fail open, or are elsewhere, do not count. */
export function strictWebhooks(configuration: KubernetesObject): readonly StrictWebhook[] {
  const read = listOf(z.unknown()).safeParse(configuration['webhooks']);
  return (read.success ? read.data : []).flatMap((raw) => {
    const webhook = Webhook.safeParse(raw);
    if (!webhook.success) return [];
    const { name, failurePolicy, clientConfig, rules } = webhook.data;
    const service = clientConfig.service ?? null;
    const about = ABOUT.filter((each) => rules.some((rule) => ruleFits(rule, each))).map(([, resource]) => resource);
    // `Fail` is what v1 takes where nothing is said.
    if (service === null || (failurePolicy ?? 'Fail') !== 'Fail' || about.length === 0) return [];
    const title = `${configuration.kind} ${configuration.metadata.name}, webhook ${name}`;
    return [{ name: title, service: `${service.namespace}/${service.name}`, about }];
  });
}

function ruleFits(
  { apiGroups, resources }: z.infer<typeof Rule>,
  [group, resource]: readonly [string, string],
): boolean {
  if (!apiGroups.includes(group) && !apiGroups.includes('*')) return false;
  const [whole = '', sub] = resource.split('/');
  const own = sub === undefined ? [whole, '*', '*/*'] : [resource, `${whole}/*`, `*/${sub}`, '*/*'];
  return resources.some((each) => own.includes(each));
}

const Slice = z.object({
  endpoints: listOf(
    z.object({
      nodeName: z.string().nullish(),
      conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
    }),
  ),
});

/** Nodes of the ready endpoints of a Service, from its EndpointSlices; an endpoint of no known node is `''`. */
export function endpointNodes(slices: readonly KubernetesObject[]): readonly string[] {
  return slices.flatMap((slice) => {
    const read = Slice.safeParse(slice);
    const endpoints = read.success ? read.data.endpoints : [];
    // Not said means ready.
    return endpoints.filter(({ conditions }) => conditions?.ready !== false).map(({ nodeName }) => nodeName ?? '');
  });
}

/** A strict webhook and where it answers. */
export interface WebhookSeen {
  readonly webhook: StrictWebhook;
  readonly nodes: Seen<readonly string[]>;
}

/** Whether webhooks answer while nodes leave. `atOnce`: how many nodes are away at once. */
export function webhooksCheck(
  found: Seen<readonly WebhookSeen[]>,
  { leaving, atOnce }: { readonly leaving: readonly string[]; readonly atOnce: number },
): Check {
  const id = 'webhooks';
  if (!found.ok)
    return { id, verdict: 'warn', title: 'Webhooks not looked at', evidence: `not looked at: ${found.why}` };
  const away = new Set(leaving);
  const troubles = found.value.flatMap(({ webhook, nodes }) => {
    const about = webhook.about.join(', ');
    if (!nodes.ok) return [`not looked at: where ${webhook.service} answers (${webhook.name}): ${nodes.why}`];
    if (nodes.value.length === 0)
      return [`${webhook.name} asks ${webhook.service}, which has no ready endpoint: requests for ${about} fail`];
    const places = [...new Set(nodes.value)];
    const leaves = places.every((node) => away.has(node)) && places.length <= atOnce;
    return leaves
      ? [
          `${webhook.name} asks ${webhook.service}, which answers on ${places.join(', ')} only: while it moves, requests for ${about} fail`,
        ]
      : [];
  });
  if (troubles.length === 0) {
    const names = found.value.map(({ webhook }) => webhook.service);
    const evidence =
      names.length === 0
        ? 'none must answer for pods, nodes and leases'
        : `${some([...new Set(names)])} answer beside the nodes that leave`;
    return { id, verdict: 'pass', title: 'Webhooks answer meanwhile', evidence };
  }
  const evidence = `${some(troubles, 3)}; give them a second replica on another node, or wait until they answer`;
  return { id, verdict: 'warn', title: 'A webhook may refuse what an upgrade needs', evidence };
}
