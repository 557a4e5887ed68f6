import { z } from 'zod';
import type { Platform } from '../cluster-profile.ts';
import type { ObjectOwner } from '../gitops/owner.ts';
import type { Check } from '../plan.ts';
import type { ReplaceCase } from './diagnosis/case.ts';

/** What is changed for the time of a run so that a controller leaves the ring alone, and put back in every ending. */
export const ForeignPause = z.discriminatedUnion('kind', [
  /** A ConfigMap whose being there means "pause". Only one that we made is taken away again. */
  z.strictObject({
    kind: z.literal('config-map'),
    namespace: z.string().min(1),
    name: z.string().min(1),
    words: z.string().min(1),
  }),
  /** An annotation on an object that is known by its uid. */
  z.strictObject({
    kind: z.literal('annotation'),
    apiVersion: z.string().min(1),
    objectKind: z.string().min(1),
    namespace: z.string().min(1),
    name: z.string().min(1),
    uid: z.string().min(1),
    annotation: z.string().min(1),
    words: z.string().min(1),
  }),
]);
export type ForeignPause = z.infer<typeof ForeignPause>;

/** Who else works on etcd or its machines. The list is closed: what is not on it is not known. */
export const FOREIGN = [
  'openshift-etcd-operator',
  'openshift-health-check',
  'kubeadm-control-plane',
  'etcdadm-controller',
  'pods-of-an-operator',
  'cluster-api-behind',
  'gitops',
] as const;
export type ForeignId = (typeof FOREIGN)[number];

/** A controller that was found. */
export interface ForeignFinding {
  readonly id: ForeignId;
  /** `works`: it does its part of the replacement. `pause`: it is paused meanwhile. `warn`: people must know. `refuse`: nothing is done beside it. */
  readonly effect: 'works' | 'pause' | 'warn' | 'refuse';
  /** Who, what it does, and what that means here, as a sentence. */
  readonly words: string;
  /** Only with `pause`. */
  readonly pause: ForeignPause | null;
}

/** A MachineHealthCheck of OpenShift that selects the machine. */
export interface SelectingCheck {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly paused: boolean;
}

/** What was looked for. What could not be read is `null`. */
export interface ForeignEvidence {
  readonly platform: Platform;
  readonly case: ReplaceCase;
  /** OpenShift: the ConfigMap that stops the operator's defragmentation is there. */
  readonly defragDisabled: boolean | null;
  /** OpenShift: health checks that select the machine to be replaced. */
  readonly healthChecks: readonly SelectingCheck[] | null;
  /** OpenShift: names of health checks that say nothing legible; absent: none. */
  readonly illegibleChecks?: readonly string[];
  /** Kinds that own the etcd pods, other than their nodes: `StatefulSet/etcd-main`. */
  readonly podOwners: readonly string[] | null;
  /** Nodes of the control plane that a Machine of Cluster API stands behind. */
  readonly nodesOfMachines: readonly string[] | null;
  /** Of the objects that the run changes: who keeps them as they are. */
  readonly owners: readonly ObjectOwner[];
}

const DEFRAG_OFF = { namespace: 'openshift-etcd-operator', name: 'etcd-disable-defrag' } as const;
const HEALTH_CHECK = { apiVersion: 'machine.openshift.io/v1beta1', objectKind: 'MachineHealthCheck' } as const;
/** The annotation that stops health checks of OpenShift and every controller of Cluster API; any value counts. */
const PAUSED = 'cluster.x-k8s.io/paused';

/** Cases in which a machine of OpenShift goes. */
const MACHINE_GOES: ReadonlySet<ReplaceCase> = new Set(['ocp-machine', 'ocp-machine-cpms', 'ocp-host']);

/** Everybody who was found, in the order of the list. */
export function foreignControllers(evidence: ForeignEvidence): readonly ForeignFinding[] {
  return [
    ...etcdOperator(evidence),
    ...healthChecks(evidence),
    ...capiControllers(evidence),
    ...podOwners(evidence),
    ...capiBehind(evidence),
    ...evidence.owners.map(gitops),
  ];
}

/** The pauses of a plan, in their order. */
export function pausesOf(findings: readonly ForeignFinding[]): readonly ForeignPause[] {
  return findings.flatMap(({ pause }) => (pause === null ? [] : [pause]));
}

/** The check of a plan that names everybody; blocks when somebody must not be worked beside. */
export function foreignCheck(findings: readonly ForeignFinding[]): Check {
  const refusing = findings.filter(({ effect }) => effect === 'refuse');
  if (refusing.length > 0)
    return {
      id: 'foreign',
      verdict: 'block',
      title: 'Somebody else looks after this etcd',
      evidence: wordsOf(refusing),
    };
  const evidence = findings.length === 0 ? 'no other controller was found' : wordsOf(findings);
  const warns = findings.some(({ effect }) => effect === 'warn' || effect === 'pause');
  return warns
    ? { id: 'foreign', verdict: 'warn', title: 'Other controllers work on this etcd or its machines', evidence }
    : { id: 'foreign', verdict: 'pass', title: 'Other controllers', evidence };
}

function wordsOf(findings: readonly ForeignFinding[]): string {
  return findings.map(({ words }) => words).join(' ');
}

function etcdOperator({ platform, defragDisabled }: ForeignEvidence): readonly ForeignFinding[] {
  if (platform !== 'openshift') return [];
  const id = 'openshift-etcd-operator';
  const does = 'The etcd operator adds and removes members by itself, and works with this run.';
  if (defragDisabled === true)
    return [{ id, effect: 'works', words: `${does} Its defragmentation is off already, and stays so.`, pause: null }];
  if (defragDisabled === null) {
    const words = `${does} Whether its defragmentation is off could not be read: it may run meanwhile.`;
    return [{ id, effect: 'warn', words, pause: null }];
  }
  const words = `its defragmentation, by ConfigMap ${DEFRAG_OFF.namespace}/${DEFRAG_OFF.name}`;
  return [
    {
      id,
      effect: 'pause',
      words: `${does} Its defragmentation is paused meanwhile.`,
      pause: { kind: 'config-map', ...DEFRAG_OFF, words },
    },
  ];
}

function healthChecks(evidence: ForeignEvidence): readonly ForeignFinding[] {
  if (evidence.platform !== 'openshift' || !MACHINE_GOES.has(evidence.case)) return [];
  const id = 'openshift-health-check';
  if (evidence.healthChecks === null) {
    const words = 'Whether a MachineHealthCheck selects the machine could not be read: it may delete the machine too.';
    return [{ id, effect: 'warn', words, pause: null }];
  }
  const illegible = (evidence.illegibleChecks ?? []).map((name): ForeignFinding => {
    const words = `MachineHealthCheck ${name} cannot be understood, so it is not paused: if it selects the machine, it may delete it too.`;
    return { id, effect: 'warn', words, pause: null };
  });
  const found = evidence.healthChecks.map(({ namespace, name, uid, paused }): ForeignFinding => {
    const who = `MachineHealthCheck ${namespace}/${name}`;
    if (paused) return { id, effect: 'works', words: `${who} is paused already, and stays so.`, pause: null };
    const what = { ...HEALTH_CHECK, namespace, name, uid, annotation: PAUSED, words: who };
    return {
      id,
      effect: 'pause',
      words: `${who} replaces unhealthy machines by itself; it is paused meanwhile.`,
      pause: { kind: 'annotation', ...what },
    };
  });
  return [...found, ...illegible];
}

function capiControllers({ case: id }: ForeignEvidence): readonly ForeignFinding[] {
  if (id === 'kcp') {
    const words =
      'KubeadmControlPlane removes the member, deletes the machine and makes the new one; Drydock asks it to and watches.';
    return [{ id: 'kubeadm-control-plane', effect: 'works', words, pause: null }];
  }
  if (id !== 'eksa-etcd') return [];
  const words =
    'The etcdadm controller looks after the members every 30 s and replaces a machine that is deleted; Drydock deletes the machine and watches.';
  return [{ id: 'etcdadm-controller', effect: 'works', words, pause: null }];
}

/** Gardener's etcd-druid and other operators run etcd in pods of their own kinds. */
function podOwners({ podOwners: owners }: ForeignEvidence): readonly ForeignFinding[] {
  if (owners === null) {
    const unread = 'To whom the etcd pods belong could not be read: an operator of its own may look after them.';
    return [{ id: 'pods-of-an-operator', effect: 'warn', words: unread, pause: null }];
  }
  if (owners.length === 0) return [];
  const words = `The etcd pods belong to ${owners.join(', ')}, whose operator replaces members by itself: ask it, not Drydock.`;
  return [{ id: 'pods-of-an-operator', effect: 'refuse', words, pause: null }];
}

function capiBehind({ platform, nodesOfMachines }: ForeignEvidence): readonly ForeignFinding[] {
  if (platform !== 'kubeadm') return [];
  if (nodesOfMachines === null) {
    const unread = 'The nodes could not be read: Cluster API may look after them.';
    return [{ id: 'cluster-api-behind', effect: 'warn', words: unread, pause: null }];
  }
  if (nodesOfMachines.length === 0) return [];
  const words = `Cluster API looks after ${nodesOfMachines.join(', ')} (annotation cluster.x-k8s.io/machine) and would work against this run: configure the cluster as cluster-api, with its management cluster.`;
  return [{ id: 'cluster-api-behind', effect: 'refuse', words, pause: null }];
}

function gitops({ who, object, keepsOurs }: ObjectOwner): ForeignFinding {
  const words = keepsOurs
    ? `${who} keeps the very fields of ${object} that this run changes, and would change them back: pause it there first.`
    : `${who} keeps ${object}, not the fields that this run changes.`;
  return { id: 'gitops', effect: keepsOurs ? 'refuse' : 'warn', words, pause: null };
}
