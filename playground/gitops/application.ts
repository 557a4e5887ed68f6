import { at, fieldsOf, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';

/** Namespace of Argo CD. */
export const ARGO_NAMESPACE = 'argocd';
/** The one Application there is. */
export const APPLICATION = 'capi-clusters';
/** Says of an object which Application keeps it: `<app>:<group>/<Kind>:<namespace>/<name>`. */
export const TRACKING_ID = 'argocd.argoproj.io/tracking-id';
/** `"true"`: the Application is left alone, its status too. */
export const SKIP_RECONCILE = 'argocd.argoproj.io/skip-reconcile';
/** Where Applications are. */
export const APPLICATIONS = `/apis/argoproj.io/v1alpha1/namespaces/${ARGO_NAMESPACE}/applications`;

const ANYTHING: Fields = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** The definition of Applications. As the real one it has no subresource `status`. */
export const APPLICATION_DEFINITION: Fields = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'applications.argoproj.io' },
  spec: {
    group: 'argoproj.io',
    names: {
      kind: 'Application',
      listKind: 'ApplicationList',
      plural: 'applications',
      singular: 'application',
      shortNames: ['app', 'apps'],
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['metadata', 'spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: ANYTHING,
              operation: ANYTHING,
              status: ANYTHING,
            },
          },
        },
      },
    ],
  },
};

/** The Application over the objects of one namespace. */
export function applicationObject(namespace: string, selfHeal: boolean): Fields {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: APPLICATION, namespace: ARGO_NAMESPACE },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/platform/clusters.git', path: 'clusters', targetRevision: 'HEAD' },
      destination: { server: 'https://kubernetes.default.svc', namespace },
      syncPolicy: { automated: { prune: false, selfHeal } },
    },
  };
}

/** What an Application wants done about differences. */
export interface SyncPolicy {
  /** Left alone. */
  readonly skipped: boolean;
  /** New commits are brought to the cluster. */
  readonly automated: boolean;
  /** Changes in the cluster are taken back. Needs {@link automated}. */
  readonly selfHeal: boolean;
  /** Somebody asked for a sync by hand. */
  readonly asked: boolean;
}

/** Reads it. Source: Argo CD, types.go: `automated` without `enabled` counts as enabled. */
export function policyOf(application: ApiObject): SyncPolicy {
  const policy = at(application, 'spec', 'syncPolicy', 'automated');
  const automated = typeof policy === 'object' && policy !== null && at(policy, 'enabled') !== false;
  return {
    skipped: textAt(application, 'metadata', 'annotations', SKIP_RECONCILE) === 'true',
    automated,
    selfHeal: automated && at(policy, 'selfHeal') === true,
    asked: at(application, 'operation', 'sync') !== undefined,
  };
}

/** The annotation of an object that the Application keeps. */
export function trackingId(object: ApiObject): string {
  const [group = ''] = object.apiVersion.split('/');
  const { namespace, name } = fieldsOf(object.metadata);
  return `${APPLICATION}:${group}/${object.kind}:${String(namespace)}/${String(name)}`;
}

/** How one object compares with Git. */
export interface Compared {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: 'Synced' | 'OutOfSync';
}

/** A sync that was carried out. */
export interface Synced {
  readonly revision: string;
  /** RFC 3339. */
  readonly finishedAt: string;
  readonly message: string;
}

/** A comparison with the newest commit. */
export interface Comparison {
  readonly revision: string;
  /** When it began, RFC 3339. */
  readonly at: string;
}

/** The status of the Application. `last` null: no sync was carried out. */
export function statusOf(resources: readonly Compared[], compared: Comparison, last: Synced | null): Fields {
  const isSynced = resources.every(({ status }) => status === 'Synced');
  return {
    reconciledAt: compared.at,
    sync: { status: isSynced ? 'Synced' : 'OutOfSync', revision: compared.revision },
    health: { status: 'Healthy' },
    resources,
    ...(last === null
      ? {}
      : {
          operationState: {
            phase: 'Succeeded',
            message: last.message,
            finishedAt: last.finishedAt,
            syncResult: { revision: last.revision },
          },
        }),
  };
}
