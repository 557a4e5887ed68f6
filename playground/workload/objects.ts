import type { Fields } from '../kubernetes/contracts.ts';
import { BEHAVIOUR } from '../kubernetes/node/programs.ts';

/** Namespace of the sample workload. */
export const WORKLOAD_NAMESPACE = 'web';

/** Its Deployment, its budget, and the label `app` of its pods. */
export const WORKLOAD_NAME = 'nginx';

/** What is deployed; all optional. */
export interface WorkloadOptions {
  /** Default 10. */
  readonly replicas?: number;
  /** How many have to be ready, as its budget says; default 8. */
  readonly needed?: number;
}

/** One object with the collection it is made in. */
export interface Placed {
  readonly collection: string;
  readonly object: Fields;
}

/**
 * The objects of the sample workload, in the order in which they are made. Its pods take a second to become ready and a second to end, so that
 * a drain can be seen; no image is pulled for them.
 */
export function workloadObjects({ replicas = 10, needed = 8 }: WorkloadOptions = {}): readonly Placed[] {
  const labels = { app: WORKLOAD_NAME };
  const metadata = { name: WORKLOAD_NAME, namespace: WORKLOAD_NAMESPACE, labels };
  const selector = { matchLabels: labels };
  return [
    {
      collection: '/api/v1/namespaces',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: WORKLOAD_NAMESPACE } },
    },
    {
      collection: `/apis/policy/v1/namespaces/${WORKLOAD_NAMESPACE}/poddisruptionbudgets`,
      object: {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata,
        spec: { minAvailable: needed, selector },
      },
    },
    {
      collection: `/apis/apps/v1/namespaces/${WORKLOAD_NAMESPACE}/deployments`,
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: { replicas, selector, template: template(labels) },
      },
    },
  ];
}

function template(labels: Fields): Fields {
  return {
    metadata: { labels, annotations: { [BEHAVIOUR]: JSON.stringify({ readyAfter: 1, stopsAfter: 1 }) } },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'nginx',
          image: 'nginx:1.27',
          ports: [{ name: 'http', containerPort: 80 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
          resources: { requests: { cpu: '10m', memory: '16Mi' } },
        },
      ],
    },
  };
}
