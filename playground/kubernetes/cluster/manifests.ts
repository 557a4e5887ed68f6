import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Fields } from '../contracts.ts';
import { type ControlPlaneFacts, clientUrl, peerUrl } from '../flavour.ts';
import { type NodePlace, rootOf } from '../node/place.ts';

/** Writes `/etc/kubernetes/manifests` of a control-plane node as kubeadm does. */
export async function writeManifests(place: NodePlace, facts: ControlPlaneFacts): Promise<void> {
  const directory = join(rootOf(place), 'etc/kubernetes/manifests');
  await Promise.all([
    mkdir(directory, { recursive: true }),
    mkdir(join(rootOf(place), 'var/lib/etcd'), { recursive: true, mode: 0o700 }),
  ]);
  const pods = [etcdPod(place, facts), ...controlPlanePods(place, facts)];
  await Promise.all(
    pods.map(({ name, pod }) => writeFile(join(directory, `${name}.yaml`), stringify(pod), { mode: 0o600 })),
  );
}

interface NamedPod {
  readonly name: string;
  readonly pod: Fields;
}

function etcdPod(place: NodePlace, facts: ControlPlaneFacts): NamedPod {
  const container = {
    command: ['etcd', ...etcdFlags(place, facts)],
    image: `registry.k8s.io/etcd:${facts.etcdVersion}-0`,
    imagePullPolicy: 'IfNotPresent',
    ...etcdProbes(facts.etcdVersion),
    name: 'etcd',
    resources: { requests: { cpu: '100m', memory: '100Mi' } },
    volumeMounts: [
      { mountPath: '/var/lib/etcd', name: 'etcd-data' },
      { mountPath: '/etc/kubernetes/pki/etcd', name: 'etcd-certs' },
    ],
  };
  const annotations = { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': clientUrl(place) };
  return staticPod('etcd', annotations, container, [
    { hostPath: { path: '/etc/kubernetes/pki/etcd', type: 'DirectoryOrCreate' }, name: 'etcd-certs' },
    { hostPath: { path: '/var/lib/etcd', type: 'DirectoryOrCreate' }, name: 'etcd-data' },
  ]);
}

/** kubeadm's flags in its order, then ours: slower timings for a small busy machine, a small quota, few logs. */
function etcdFlags(place: NodePlace, facts: ControlPlaneFacts): readonly string[] {
  const ownPeerUrl = peerUrl(place);
  const isOld = facts.etcdVersion.startsWith('3.4.');
  return [
    `--advertise-client-urls=${clientUrl(place)}`,
    '--cert-file=/etc/kubernetes/pki/etcd/server.crt',
    '--client-cert-auth=true',
    '--data-dir=/var/lib/etcd',
    '--experimental-initial-corrupt-check=true',
    ...(isOld ? [] : ['--experimental-watch-progress-notify-interval=5s']),
    `--initial-advertise-peer-urls=${ownPeerUrl}`,
    `--initial-cluster=${facts.members.map((each) => `${each.name}=${each.peerUrl}`).join(',')}`,
    ...(facts.state === 'new' ? [] : [`--initial-cluster-state=${facts.state}`]),
    '--key-file=/etc/kubernetes/pki/etcd/server.key',
    `--listen-client-urls=https://127.0.0.1:2379,${clientUrl(place)}`,
    '--listen-metrics-urls=http://127.0.0.1:2381',
    `--listen-peer-urls=${ownPeerUrl}`,
    `--name=${place.name}`,
    '--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt',
    '--peer-client-cert-auth=true',
    '--peer-key-file=/etc/kubernetes/pki/etcd/peer.key',
    '--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
    '--snapshot-count=1000',
    '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
    `--quota-backend-bytes=${facts.quotaBytes}`,
    '--heartbeat-interval=200',
    '--election-timeout=2000',
    '--max-wals=1',
    '--logger=zap',
    '--log-level=warn',
    '--log-outputs=stderr',
    ...facts.etcdArgs,
  ];
}

/**
 * The probes of etcd's container. Only the startup probe asks more often than kubeadm's (1 s instead of 10 s, with the same total), so that a cluster is
 * ready in seconds. etcd 3.4 has no health check that works without quorum: its liveness asks for the metrics, or the
 * kubelet would kill sound members when quorum is lost.
 */
export function etcdProbes(version: string): Fields {
  const isOld = version.startsWith('3.4.');
  const isNew = !isOld && (!version.startsWith('3.5.') || Number(version.split('.')[2]) >= 11);
  const alive = isOld ? '/metrics' : isNew ? '/livez' : '/health?exclude=NOSPACE&serializable=true';
  const ready = isNew ? '/readyz' : '/health?serializable=false';
  return {
    livenessProbe: probe(alive, { failureThreshold: 8, initialDelaySeconds: 10, periodSeconds: 10 }),
    ...(isNew ? { readinessProbe: probe(ready, { failureThreshold: 3, periodSeconds: 1 }) } : {}),
    startupProbe: probe(ready, { failureThreshold: 240, initialDelaySeconds: 1, periodSeconds: 1 }),
  };
}

/** The other control-plane pods: shown, not run. */
function controlPlanePods(place: NodePlace, facts: ControlPlaneFacts): readonly NamedPod[] {
  const api = [
    `--advertise-address=${place.address}`,
    '--authorization-mode=Node,RBAC',
    '--client-ca-file=/etc/kubernetes/pki/ca.crt',
    '--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt',
    '--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt',
    '--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key',
    '--etcd-servers=https://127.0.0.1:2379',
    '--secure-port=6443',
    '--service-cluster-ip-range=10.96.0.0/12',
  ];
  const manager = [
    '--cluster-cidr=10.244.0.0/16',
    '--kubeconfig=/etc/kubernetes/controller-manager.conf',
    '--leader-elect=true',
  ];
  const scheduler = ['--kubeconfig=/etc/kubernetes/scheduler.conf', '--leader-elect=true'];
  function pod(name: string, flags: readonly string[], annotations: Fields = {}): NamedPod {
    const container = {
      command: [name, ...flags],
      image: `registry.k8s.io/${name}:${facts.kubernetesVersion}`,
      imagePullPolicy: 'IfNotPresent',
      name,
      resources: { requests: { cpu: '100m' } },
      volumeMounts: [{ mountPath: '/etc/kubernetes/pki', name: 'k8s-certs', readOnly: true }],
    };
    return staticPod(name, annotations, container, [
      { hostPath: { path: '/etc/kubernetes/pki', type: 'DirectoryOrCreate' }, name: 'k8s-certs' },
    ]);
  }
  const endpoint = { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${place.address}:6443` };
  return [
    pod('kube-apiserver', api, endpoint),
    pod('kube-controller-manager', manager),
    pod('kube-scheduler', scheduler),
  ];
}

function staticPod(name: string, annotations: Fields, container: Fields, volumes: readonly Fields[]): NamedPod {
  return {
    name,
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { annotations, labels: { component: name, tier: 'control-plane' }, name, namespace: 'kube-system' },
      spec: {
        containers: [container],
        hostNetwork: true,
        priority: 2_000_001_000,
        priorityClassName: 'system-node-critical',
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        volumes,
      },
    },
  };
}

function probe(path: string, settings: Fields): Fields {
  return { ...settings, httpGet: { host: '127.0.0.1', path, port: 2381, scheme: 'HTTP' }, timeoutSeconds: 15 };
}
