import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type Seen, seen, unseen } from '../../../src/core/preflight/seen.ts';
import { endpointNodes, strictWebhooks, type WebhookSeen } from '../../../src/core/preflight/webhooks.ts';
import { eachLimited } from './limited.ts';
import { CALL_MS, LIST_MS } from './read-parts.ts';

const KINDS = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
const AT_ONCE = 4;

/** Webhooks that must answer for what an upgrade does, each with the nodes that its Service answers on. */
export async function readWebhooks(
  kubernetes: Pick<KubernetesPort, 'list'>,
  signal: AbortSignal,
): Promise<Seen<readonly WebhookSeen[]>> {
  const call = { timeoutMs: LIST_MS, signal };
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      return await kubernetes.list({ apiVersion: 'admissionregistration.k8s.io/v1', kind, namespace: null }, call);
    }),
  );
  const failed = lists.find((listed) => !listed.ok);
  if (failed?.ok === false) return unseen(failed.error.message);
  const webhooks = lists.flatMap((listed) => (listed.ok ? listed.value.items.flatMap(strictWebhooks) : []));
  const services = [...new Set(webhooks.map(({ service }) => service))];
  const places = await eachLimited(services, AT_ONCE, async (service) => {
    return [service, await readEndpoints(kubernetes, service, signal)] as const;
  });
  const nodesOf = new Map(places);
  return seen(webhooks.map((webhook) => ({ webhook, nodes: nodesOf.get(webhook.service) ?? seen([]) })));
}

async function readEndpoints(
  kubernetes: Pick<KubernetesPort, 'list'>,
  service: string,
  signal: AbortSignal,
): Promise<Seen<readonly string[]>> {
  const [namespace = '', name = ''] = service.split('/');
  const kind = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
  const query = { ...kind, namespace, labelSelector: `kubernetes.io/service-name=${name}` };
  const listed = await kubernetes.list(query, { timeoutMs: CALL_MS, signal });
  return listed.ok ? seen(endpointNodes(listed.value.items)) : unseen(listed.error.message);
}
