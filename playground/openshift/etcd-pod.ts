import type { Fields } from '../kubernetes/contracts.ts';
import { clientUrl, peerUrl } from '../kubernetes/flavour.ts';
import type { NodePlace } from '../kubernetes/node/place.ts';
import { etcdScript } from './etcd-script.ts';
import { ALL_BUNDLES, ALL_CERTS, CERTS, ETCD_SPACE, RESOURCES } from './layout.ts';

/** Image of the containers that run etcd's programs. */
export const ETCD_IMAGE = 'quay.io/openshift/origin-etcd:4.16';
const OPERATOR_IMAGE = 'quay.io/openshift/origin-cluster-etcd-operator:4.16';

/** What a revision says for every node. */
export interface RevisionFacts {
  readonly revision: number;
  /** Client URLs of all members. */
  readonly endpoints: readonly string[];
  readonly quotaBytes: number;
  readonly etcdVersion: string;
  readonly etcdArgs: readonly string[];
  readonly forceRedeploymentReason: string;
}

/**
 * The etcd pod of a node at a revision. `etcdctl` and `etcd` run real programs; the containers of metrics and readiness are shown.
 *
 * @param firstMembers `name=peer URL,…` when the ring is started with this pod; else empty
 */
export function etcdPod(place: NodePlace, facts: RevisionFacts, firstMembers = ''): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'etcd',
      namespace: ETCD_SPACE,
      annotations: { 'openshift.io/force-redeployment-reason': facts.forceRedeploymentReason },
      labels: { app: 'etcd', 'k8s-app': 'etcd', etcd: 'true', revision: String(facts.revision) },
    },
    spec: {
      containers: [
        { ...shared(place, facts), name: 'etcdctl', command: ['sleep', 'infinity'] },
        serverContainer(place, facts, firstMembers),
        { name: 'etcd-metrics', image: OPERATOR_IMAGE, command: ['grpc-proxy'], resources: REQUESTS },
        {
          name: 'etcd-readyz',
          image: OPERATOR_IMAGE,
          command: ['cluster-etcd-operator', 'readyz'],
          resources: REQUESTS,
        },
      ],
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      priority: 2_000_001_000,
      tolerations: [{ operator: 'Exists' }],
      volumes: [
        { name: 'resource-dir', hostPath: { path: `${RESOURCES}/etcd-pod-${facts.revision}` } },
        { name: 'cert-dir', hostPath: { path: `${RESOURCES}/etcd-certs` } },
        { name: 'data-dir', hostPath: { path: '/var/lib/etcd', type: '' } },
      ],
    },
  };
}

const REQUESTS = { requests: { memory: '60Mi', cpu: '10m' } };

function serverContainer(place: NodePlace, facts: RevisionFacts, firstMembers: string): Fields {
  const urls = { clientUrl: clientUrl(place), peerUrl: peerUrl(place) };
  const script = etcdScript({ node: place.name, ...urls, firstMembers, etcdArgs: facts.etcdArgs });
  return { ...shared(place, facts), name: 'etcd', command: ['/bin/sh', '-c', script], ...probes(facts.etcdVersion) };
}

function shared(place: NodePlace, facts: RevisionFacts): Fields {
  const certs = `${CERTS}/${ALL_CERTS}/etcd-peer-${place.name}`;
  const environment = {
    ALL_ETCD_ENDPOINTS: facts.endpoints.join(','),
    ETCDCTL_API: '3',
    ETCDCTL_CACERT: `${CERTS}/${ALL_BUNDLES}/server-ca-bundle.crt`,
    ETCDCTL_CERT: `${certs}.crt`,
    ETCDCTL_ENDPOINTS: facts.endpoints.join(','),
    ETCDCTL_KEY: `${certs}.key`,
    ETCD_DATA_DIR: '/var/lib/etcd',
    ETCD_NAME: place.name,
    ETCD_QUOTA_BACKEND_BYTES: String(facts.quotaBytes),
  };
  return {
    image: ETCD_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    resources: REQUESTS,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: { privileged: true },
    volumeMounts: [
      { mountPath: '/etc/kubernetes/static-pod-resources', name: 'resource-dir' },
      { mountPath: CERTS, name: 'cert-dir' },
      { mountPath: '/var/lib/etcd', name: 'data-dir' },
    ],
  };
}

/** Asked at etcd itself: the container that does it in a real cluster is only shown. etcd 3.4 has no check that works without quorum. */
function probes(version: string): Fields {
  const isOld = version.startsWith('3.4.');
  const ready = isOld ? '/health' : '/readyz';
  return {
    livenessProbe: probe(isOld ? '/metrics' : '/livez', {
      failureThreshold: 5,
      initialDelaySeconds: 10,
      periodSeconds: 5,
    }),
    readinessProbe: probe(ready, { failureThreshold: 3, periodSeconds: 2 }),
    startupProbe: probe(ready, { failureThreshold: 600, initialDelaySeconds: 1, periodSeconds: 1 }),
  };
}

function probe(path: string, settings: Fields): Fields {
  return { ...settings, httpGet: { host: '127.0.0.1', path, port: 2381, scheme: 'HTTP' }, timeoutSeconds: 10 };
}
