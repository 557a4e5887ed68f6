import { createNoKubernetes } from '../../src/adapters/kubernetes/no-access.ts';

/** For scenes that only know etcd. */
export const NO_KUBERNETES = createNoKubernetes('This scene has no Kubernetes.');
