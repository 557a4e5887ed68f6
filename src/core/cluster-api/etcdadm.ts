import { z } from 'zod';
import { isHealthyVoter } from '../etcd/health-gate.ts';
import { quorumOf } from '../etcd/quorum.ts';
import { type Ring, votersOf } from '../etcd/ring.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type CapiCondition, conditionsOf } from './conditions.ts';
import type { CapiCluster } from './control-plane.ts';
import type { CapiMachine } from './machine.ts';
import { ETCD_UPGRADING, HEALTHCHECK_RETRIES, PAUSED, SKIP_REMEDIATION } from './names.ts';
import { machineOf, type Obstacle } from './remediation.ts';

/** What Drydock reads of an EtcdadmCluster: the external etcd of EKS Anywhere. */
export interface EtcdadmCluster {
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly replicas: number;
  readonly paused: boolean;
  readonly upgrading: boolean;
  readonly deleting: boolean;
  /** The annotation as it is written; `null`: absent, its controller takes its default of 5. */
  readonly retries: string | null;
  /** `null`: not told. */
  readonly ready: boolean | null;
  /** Client URLs that it tells the control plane. */
  readonly endpoints: readonly string[];
  readonly conditions: readonly CapiCondition[];
}

const Shape = z.object({
  spec: z.object({ replicas: z.number().default(1) }).prefault({}),
  status: z.object({ ready: z.boolean().nullish(), endpoints: z.string().default('') }).prefault({}),
});

/** Reads an EtcdadmCluster. @throws ZodError when the object has not the shape of one. */
export function readEtcdadmCluster(object: KubernetesObject): EtcdadmCluster {
  const { spec, status } = Shape.parse(object);
  const { name, namespace = '', uid, annotations = {}, deletionTimestamp } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    namespace,
    name,
    uid,
    replicas: spec.replicas,
    paused: Object.hasOwn(annotations, PAUSED),
    upgrading: Object.hasOwn(annotations, ETCD_UPGRADING),
    deleting: deletionTimestamp !== undefined,
    retries: annotations[HEALTHCHECK_RETRIES] ?? null,
    ready: status.ready ?? null,
    endpoints: status.endpoints
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .toSorted(),
    conditions: conditionsOf(object),
  };
}

/** Everything that decides whether the machine of an external member may be deleted. */
export interface EtcdadmFacts {
  readonly cluster: CapiCluster;
  readonly etcd: EtcdadmCluster;
  /** Those of the etcd, the target included. */
  readonly machines: readonly CapiMachine[];
  readonly target: CapiMachine;
  readonly targetMember: string;
  readonly ring: Ring;
}

/** Why the machine of an external member must not be deleted now; empty: nothing speaks against it. Source: etcdadm-controller, `controllers/periodic_healthcheck.go`. */
export function etcdadmObstacles(facts: EtcdadmFacts): readonly Obstacle[] {
  return [...standing(facts), ...machinesInWork(facts), ...ringOf(facts)];
}

function standing({ cluster, etcd, target }: EtcdadmFacts): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (cluster.paused) found.push({ id: 'paused', words: `Cluster ${cluster.name} is paused` });
  if (cluster.deleting) found.push({ id: 'deleting', words: `Cluster ${cluster.name} is being deleted` });
  if (etcd.paused) found.push({ id: 'paused', words: `EtcdadmCluster ${etcd.name} carries ${PAUSED}` });
  if (Object.hasOwn(target.annotations, PAUSED))
    found.push({ id: 'paused', words: `Machine ${target.name} carries ${PAUSED}` });
  if (Object.hasOwn(target.annotations, SKIP_REMEDIATION))
    found.push({ id: 'skipped', words: `Machine ${target.name} carries ${SKIP_REMEDIATION}` });
  if (etcd.upgrading)
    found.push({ id: 'upgrading', words: `${etcd.name} carries ${ETCD_UPGRADING}: it is being rolled` });
  if (etcd.deleting) found.push({ id: 'deleting', words: `EtcdadmCluster ${etcd.name} is being deleted` });
  if (etcd.retries !== null && !/^\d+$/.test(etcd.retries)) {
    const words = `${HEALTHCHECK_RETRIES} of ${etcd.name} is '${etcd.retries}', which its controller reads as 0 tries: it may remove a member at the first failure. Mend it first`;
    found.push({ id: 'health-check', words });
  }
  return found;
}

function machinesInWork({ etcd, machines, target }: EtcdadmFacts): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (machines.length !== etcd.replicas)
    found.push({ id: 'scaling', words: `${etcd.name} has ${machines.length} machines and wants ${etcd.replicas}` });
  for (const each of machines) {
    if (each.deletingSince !== null)
      found.push({ id: 'deleting', words: `Machine ${each.name} is being deleted since ${each.deletingSince}` });
    else if (each.uid !== target.uid && each.addresses.length === 0)
      found.push({
        id: 'provisioning',
        words: `Machine ${each.name} is ${each.phase || 'new'} and has no address yet`,
      });
  }
  return found;
}

function ringOf({ ring, machines, target, targetMember }: EtcdadmFacts): readonly Obstacle[] {
  const found: Obstacle[] = [];
  const learners = ring.members.filter((each) => each.learner);
  if (learners.length > 0)
    found.push({
      id: 'learner',
      words: `${learners.map((each) => each.label).join(', ')} is a learner: one change at a time`,
    });
  const voters = votersOf(ring);
  const others = voters.filter((each) => each.id !== targetMember);
  for (const each of others.filter((one) => machineOf(one, machines) === null))
    found.push({ id: 'stray-member', words: `no machine carries member ${each.label} (${each.id})` });
  const well = others.filter(isHealthyVoter);
  // Its controller adds the next member as a voter, so quorum is counted over all of them.
  const needed = quorumOf(voters.length);
  if (well.length < needed) {
    const words = `without ${target.name} ${well.length} of ${voters.length} members would be healthy, and ${needed} are needed`;
    found.push({ id: 'quorum', words });
  }
  return found;
}
