import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Fields } from '../kubernetes/contracts.ts';
import { type NodePlace, rootOf } from '../kubernetes/node/place.ts';
import { RESOURCES } from './layout.ts';

/** A part of the control plane that is shown and runs nothing. */
interface Part {
  readonly component: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';
  readonly namespace: string;
  /** Of the pod, without the node. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** They have one revision for ever: their operators are not played. */
export const OTHER_PARTS: readonly Part[] = [
  {
    component: 'kube-apiserver',
    namespace: 'openshift-kube-apiserver',
    name: 'kube-apiserver',
    labels: { app: 'openshift-kube-apiserver', apiserver: 'true', revision: '1' },
  },
  {
    component: 'kube-controller-manager',
    namespace: 'openshift-kube-controller-manager',
    name: 'kube-controller-manager',
    labels: { app: 'kube-controller-manager', 'kube-controller-manager': 'true', revision: '1' },
  },
  {
    component: 'kube-scheduler',
    namespace: 'openshift-kube-scheduler',
    name: 'openshift-kube-scheduler',
    labels: { app: 'openshift-kube-scheduler', scheduler: 'true', revision: '1' },
  },
];

/** Writes manifests and revision folders of everything but etcd, as the installers of their operators do. */
export async function installOthers(place: NodePlace): Promise<void> {
  await Promise.all(
    OTHER_PARTS.map(async (part) => {
      const text = stringify(podOf(part));
      const folder = join(rootOf(place), RESOURCES, `${part.component}-pod-1`);
      const manifests = join(rootOf(place), 'etc/kubernetes/manifests');
      await Promise.all([mkdir(folder, { recursive: true }), mkdir(manifests, { recursive: true })]);
      const file = `${part.component}-pod.yaml`;
      await writeFile(join(folder, file), text, { mode: 0o600 });
      await writeFile(join(manifests, file), text, { mode: 0o600 });
    }),
  );
}

function podOf({ component, namespace, name, labels }: Part): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      containers: [
        {
          name: component,
          image: 'quay.io/openshift/origin-hyperkube:4.16',
          command: ['hyperkube', component],
          resources: { requests: { cpu: '10m' } },
        },
      ],
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      priority: 2_000_001_000,
      tolerations: [{ operator: 'Exists' }],
    },
  };
}
