import { env } from 'node:process';
import type { KubernetesPort } from '../../core/ports/kubernetes.ts';
import type { Session } from './address.ts';
import type { Attributes } from './attributes.ts';
import { createCredentialSource } from './credentials.ts';
import { createDiscovery } from './discovery.ts';
import { execMethods } from './exec.ts';
import { forward } from './forward.ts';
import { type Link, within } from './link.ts';
import { eachPage, list } from './lists.ts';
import { objectMethods } from './objects.ts';
import { mapped } from './outcome.ts';
import { podMethods } from './pods.ts';
import type { Environment } from './proxy.ts';
import { createRedact } from './redact.ts';
import { READ_PATIENCE_MS } from './retry-after.ts';
import { metricsMethods } from './server-metrics.ts';
import { createTransport } from './transport.ts';
import { WATCH_TIMES, type WatchTimes, watch } from './watch.ts';

/** How one cluster is reached. */
export interface KubernetesOptions {
  /** Path of a kubeconfig; `null`: the service account of the pod that this runs in. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig; omitted or `null`: its current one. */
  readonly context?: string | null;
  /** Owner of applied fields and author of changes; default `drydock`. */
  readonly fieldManager?: string;
  /** Variables for proxies, in-cluster access and exec plug-ins; default: those of this process. */
  readonly environment?: Environment;
  /** Folder of the pod's service account; default: Kubernetes' own. */
  readonly serviceAccount?: string;
  /** Told before each request what it asks for, in the words of RBAC: for metrics, and to compare with roles. */
  readonly onRequest?: (what: Attributes) => void;
  /** Told the server's warnings (deprecated versions, unknown fields). */
  readonly onWarning?: (text: string, what: Attributes) => void;
  /** Times of watches; tests shorten them. */
  readonly watchTimes?: Partial<WatchTimes>;
}

/**
 * The port of one cluster. Returns at once and connects with the first call: whatever is wrong with the access is that call's
 * `not-configured`, and is looked at anew by the next. One port a cluster; close it.
 */
export function openKubernetes(options: KubernetesOptions): KubernetesPort {
  const closing = new AbortController();
  const environment = options.environment ?? env;
  const redact = createRedact();
  const link: Link = {
    credentials: createCredentialSource(
      {
        kubeconfig: options.kubeconfig,
        context: options.context ?? null,
        environment,
        serviceAccount: options.serviceAccount ?? '/var/run/secrets/kubernetes.io/serviceaccount',
      },
      redact,
      closing.signal,
    ),
    transport: createTransport(environment),
    redact,
    userAgent: `${options.fieldManager ?? 'drydock'}/1`,
    onRequest: options.onRequest ?? ignore,
    onWarning: options.onWarning ?? ignore,
    closed: closing.signal,
  };
  const session: Session = { link, discovery: createDiscovery(link), fieldManager: options.fieldManager ?? 'drydock' };
  const times = { ...WATCH_TIMES, ...options.watchTimes };
  return {
    ...podMethods(session),
    ...objectMethods(session),
    ...execMethods(session),
    ...metricsMethods(session),
    async serves(kind, call) {
      const found = await within(link, call, (deadline) => session.discovery.find(kind, deadline), READ_PATIENCE_MS);
      return mapped(found, (served) => served && { namespaced: served.namespaced, resource: served.resource });
    },
    groupVersions: (group, call) =>
      within(link, call, (deadline) => session.discovery.versions(group, deadline), READ_PATIENCE_MS),
    list: (query, call) => list(session, query, call),
    eachPage: (query, call, onPage) => eachPage(session, query, call, onPage),
    watch: (query, call, onEvent) => watch(session, query, call.signal, times, onEvent),
    forward: (pod, port, call) => forward(session, pod, port, call),
    async close() {
      closing.abort();
      await link.transport.close();
    },
  };
}

function ignore(): void {}
