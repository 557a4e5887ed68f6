import { NO_BACKUPS } from './no-backups.ts';
import { NO_HOSTS } from './no-hosts.ts';
import { NO_KUBERNETES } from './no-kubernetes.ts';

/** What most scenes do not have: all ports but etcd and the cluster's own Kubernetes. */
export const NO_PORTS = { ...NO_BACKUPS, management: NO_KUBERNETES, hosts: NO_HOSTS } as const;
