import type { Fields, ResourceKind } from '../../contracts.ts';
import { admissionPolicy, admissionPolicyBinding, mutatingWebhooks, validatingWebhooks } from './admission.ts';
import {
  binding,
  csiDriver,
  definition,
  endpointSlice,
  endpoints,
  namespace,
  networkPolicy,
  node,
  secret,
  service,
} from './cluster.ts';
import { type Filling, filled, inside } from './filling.ts';
import { pod } from './pods.ts';
import { claim, persistentVolume, storageClass } from './volumes.ts';
import {
  cronJob,
  daemonSet,
  deployment,
  job,
  podTemplate,
  replicaSet,
  replicationController,
  statefulSet,
} from './workloads.ts';

const byKind: Readonly<Record<string, Filling>> = {
  '/Pod': pod,
  '/PodTemplate': podTemplate,
  '/ReplicationController': replicationController,
  '/Namespace': namespace,
  '/Node': node,
  '/Service': service,
  '/Secret': secret,
  '/Endpoints': endpoints,
  '/PersistentVolume': persistentVolume,
  '/PersistentVolumeClaim': claim,
  'apps/Deployment': deployment,
  'apps/ReplicaSet': replicaSet,
  'apps/DaemonSet': daemonSet,
  'apps/StatefulSet': statefulSet,
  'batch/Job': job,
  'batch/CronJob': cronJob,
  'autoscaling/HorizontalPodAutoscaler': (value) => inside(value, 'spec', (spec) => filled(spec, { minReplicas: 1 })),
  'apiextensions.k8s.io/CustomResourceDefinition': definition,
  'apiregistration.k8s.io/APIService': (value) =>
    inside(value, 'spec.service', (service_) => filled(service_, { port: 443 })),
  'authentication.k8s.io/TokenRequest': (value) =>
    inside(value, 'spec', (spec) => filled(spec, { expirationSeconds: 3600 })),
  'discovery.k8s.io/EndpointSlice': endpointSlice,
  'networking.k8s.io/NetworkPolicy': networkPolicy,
  'rbac.authorization.k8s.io/RoleBinding': binding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': binding,
  'scheduling.k8s.io/PriorityClass': (value) => filled(value, { preemptionPolicy: 'PreemptLowerPriority' }),
  'storage.k8s.io/StorageClass': storageClass,
  'storage.k8s.io/CSIDriver': csiDriver,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': validatingWebhooks,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': mutatingWebhooks,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': admissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': admissionPolicyBinding,
};

/** A built-in object, already without what its type does not know, with what the server fills in. */
export function builtInDefaults(kind: Pick<ResourceKind, 'group' | 'kind'>, object: Fields): Fields {
  return byKind[`${kind.group}/${kind.kind}`]?.(object) ?? object;
}
