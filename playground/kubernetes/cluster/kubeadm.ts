import type { Flavour } from '../flavour.ts';
import { kubeadmObjects } from './bootstrap.ts';
import { writeManifests } from './manifests.ts';
import { writeNodePki } from './pki.ts';

const ROLE = 'node-role.kubernetes.io/control-plane';

/** A control plane as kubeadm sets it up: all of it in `kube-system`, etcd in a pod of one container. */
export const KUBEADM: Flavour = {
  name: 'kubeadm',
  podOf: (component, node) => ({ namespace: 'kube-system', name: `${component}-${node}` }),
  containerOf: (component) => component,
  controlPlane: {
    labels: { [ROLE]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
    taints: [{ key: ROLE, effect: 'NoSchedule' }],
  },
  workerLabels: {},
  images: (etcd) => ({ etcd: etcd.programs }),
  async install(place, facts) {
    await writeNodePki(facts.pki, place);
    await writeManifests(place, facts);
  },
  firstObjects: kubeadmObjects,
};
