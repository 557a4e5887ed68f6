import type { ObjectKind } from '../../src/core/ports/kubernetes.ts';

/** How a kind is served. */
export interface FakeKind extends ObjectKind {
  readonly resource: string;
  readonly namespaced: boolean;
  readonly subresources: readonly string[];
}

const STATUS = ['status'];
const SCALED = ['status', 'scale'];

function kinds(
  apiVersion: string,
  namespaced: boolean,
  names: Readonly<Record<string, readonly string[]>>,
): FakeKind[] {
  return Object.entries(names).map(([kind, subresources]) => {
    const plural = kind.endsWith('s') ? `${kind}es` : kind.replace(/y$/, 'ie').concat('s');
    return { apiVersion, kind, namespaced, subresources, resource: plural.toLowerCase() };
  });
}

/** What every cluster serves, as far as runbooks look at it. */
export const BUILT_IN: readonly FakeKind[] = [
  ...kinds('v1', true, {
    Pod: ['status', 'eviction', 'exec', 'log', 'portforward'],
    ConfigMap: [],
    Secret: [],
    Service: STATUS,
    ServiceAccount: [],
    Event: [],
    PersistentVolumeClaim: STATUS,
  }),
  ...kinds('v1', false, { Node: STATUS, Namespace: STATUS, PersistentVolume: STATUS }),
  ...kinds('apps/v1', true, { Deployment: SCALED, ReplicaSet: SCALED, StatefulSet: SCALED, DaemonSet: STATUS }),
  ...kinds('batch/v1', true, { Job: STATUS, CronJob: STATUS }),
  ...kinds('policy/v1', true, { PodDisruptionBudget: STATUS }),
  ...kinds('coordination.k8s.io/v1', true, { Lease: [] }),
  ...kinds('apiextensions.k8s.io/v1', false, { CustomResourceDefinition: STATUS }),
  ...kinds('admissionregistration.k8s.io/v1', false, {
    ValidatingWebhookConfiguration: [],
    MutatingWebhookConfiguration: [],
  }),
  ...kinds('apiregistration.k8s.io/v1', false, { APIService: STATUS }),
];

/** Group of an `apiVersion`; empty: the core one. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
