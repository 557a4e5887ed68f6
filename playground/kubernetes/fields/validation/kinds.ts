import type { ApiObject, ResourceKind } from '../../contracts.ts';
import { at } from '../json.ts';
import { all, type Causes, fine, notNegative } from './causes.ts';
import { signingRequestProblems } from './certificates.ts';
import {
  accessReviewProblems,
  bindingProblems,
  configMapProblems,
  eventProblems,
  leaseProblems,
  nodeProblems,
  roleProblems,
  secretProblems,
  serviceProblems,
  tokenRequestProblems,
} from './cluster.ts';
import { customProblems } from './custom.ts';
import { definitionProblems } from './definitions.ts';
import { metadataProblems } from './metadata.ts';
import { podProblems } from './pods.ts';
import {
  budgetProblems,
  cronJobProblems,
  daemonSetProblems,
  deploymentProblems,
  jobProblems,
  replicaSetProblems,
  statefulSetProblems,
} from './workloads.ts';

type Check = (object: ApiObject, old: ApiObject | null, subresource: string) => Causes;

const byKind: Readonly<Record<string, Check>> = {
  '/Pod': podProblems,
  '/Node': mainOnly(nodeProblems),
  '/ConfigMap': configMapProblems,
  '/Secret': secretProblems,
  '/Service': mainOnly(serviceProblems),
  '/Event': (object, old) => eventProblems(object, old, ''),
  'events.k8s.io/Event': (object, old) => eventProblems(object, old, 'events.k8s.io'),
  'apps/Deployment': mainOnly(deploymentProblems),
  'apps/ReplicaSet': mainOnly(replicaSetProblems),
  'apps/DaemonSet': mainOnly(daemonSetProblems),
  'apps/StatefulSet': mainOnly(statefulSetProblems),
  'batch/Job': mainOnly(jobProblems),
  'batch/CronJob': mainOnly(cronJobProblems),
  'policy/PodDisruptionBudget': mainOnly(budgetProblems),
  'coordination.k8s.io/Lease': leaseProblems,
  'certificates.k8s.io/CertificateSigningRequest': signingRequestProblems,
  'apiextensions.k8s.io/CustomResourceDefinition': mainOnly(definitionProblems),
  'rbac.authorization.k8s.io/Role': roleProblems,
  'rbac.authorization.k8s.io/ClusterRole': roleProblems,
  'rbac.authorization.k8s.io/RoleBinding': bindingProblems,
  'rbac.authorization.k8s.io/ClusterRoleBinding': bindingProblems,
  'autoscaling/Scale': (object) => notNegative('spec.replicas', at(object, 'spec', 'replicas')),
  'authentication.k8s.io/TokenRequest': tokenRequestProblems,
  'authorization.k8s.io/SubjectAccessReview': accessReviewProblems,
  'authorization.k8s.io/SelfSubjectAccessReview': accessReviewProblems,
  'authorization.k8s.io/LocalSubjectAccessReview': accessReviewProblems,
};

/** A check that a write through a subresource does not need. */
function mainOnly(check: Check): Check {
  return (object, old, subresource) => (subresource === '' ? check(object, old, subresource) : fine);
}

/** What is wrong with an object that is created (`old` null) or changed. */
export function problems(kind: ResourceKind, object: ApiObject, old: ApiObject | null, subresource: string): Causes {
  const ofKind =
    kind.schema === null
      ? (byKind[`${kind.group}/${kind.kind}`]?.(object, old, subresource) ?? fine)
      : customProblems(kind.schema, object, old);
  return all(metadataProblems(kind, object, old), ofKind);
}
