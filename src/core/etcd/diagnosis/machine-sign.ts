import { conditionIn } from '../../cluster-api/conditions.ts';
import type { CapiMachine } from '../../cluster-api/machine.ts';
import { ownerOf } from '../../cluster-api/ownership.ts';
import { isPoweredOn, MACHINE_KIND, MACHINE_NAMESPACE, type MachineReading } from '../../openshift/machine.ts';
import type { MachineController, MachinePlace } from './evidence.ts';
import type { MachineSign } from './signs.ts';

/** A Machine object of either kind: what identifies it, how it is, and by what it is matched with a member. */
export interface MachineSeen {
  readonly place: Omit<MachinePlace, 'matchedBy'>;
  readonly sign: MachineSign;
  /** Name of its node; `null`: it tells none. */
  readonly node: string | null;
  readonly nodeUid: string | null;
  readonly addresses: readonly string[];
  /** It is one of the control plane. */
  readonly controlPlane: boolean;
}

/** Longest that a provider is quoted, characters. */
const MOST_QUOTED = 200;

/** On OpenShift the annotation that ties a Machine to a BareMetalHost. */
const BARE_METAL = 'metal3.io/BareMetalHost';

/** A Machine of OpenShift. */
export function openshiftMachine(machine: MachineReading): MachineSeen {
  const state = isPoweredOn(machine) === false ? [`the provider says "${quoted(machine.instanceState ?? '')}"`] : [];
  const error = machine.error === '' ? [] : [quoted(machine.error)];
  return {
    place: {
      ...MACHINE_KIND,
      namespace: MACHINE_NAMESPACE,
      name: machine.name,
      uid: machine.uid,
      providerId: machine.providerId,
      controller: openshiftController(machine.owner),
      controllerName: machine.owner ?? '',
      bareMetal: Object.hasOwn(machine.annotations, BARE_METAL) || machine.providerId.startsWith('baremetalhost:'),
    },
    sign: {
      name: machine.name,
      phase: machine.phase,
      complaints: [...state, ...(machine.phase === 'Failed' ? error : [])],
      deletedAt: machine.deletedAt,
    },
    node: machine.node,
    nodeUid: null,
    addresses: machine.addresses,
    controlPlane: machine.controlPlane,
  };
}

function openshiftController(owner: string | null): MachineController {
  if (owner === null) return 'none';
  return owner.startsWith('ControlPlaneMachineSet/') ? 'control-plane-machine-set' : 'other';
}

const CAPI_CONTROLLERS = {
  'kubeadm-control-plane': 'kubeadm-control-plane',
  'etcdadm-cluster': 'etcdadm',
  other: 'other',
  nobody: 'none',
} as const satisfies Readonly<Record<ReturnType<typeof ownerOf>, MachineController>>;

/** Conditions with which Cluster API hands on what the provider says of a machine, by either vocabulary. */
const INFRASTRUCTURE = ['InfrastructureReady', 'InfrastructureMachineReady'] as const;

/** A Machine of Cluster API. */
export function capiMachine(machine: CapiMachine): MachineSeen {
  // A machine that has not come up yet says the same; it has no node.
  const complaints = INFRASTRUCTURE.flatMap((type) => {
    const condition = machine.node === null ? null : conditionIn(machine.conditions, type);
    if (condition?.status !== 'False') return [];
    return [quoted([type, condition.reason, condition.message].filter((each) => each !== '').join(', '))];
  });
  const { owner } = machine;
  return {
    place: {
      apiVersion: machine.apiVersion,
      kind: 'Machine',
      namespace: machine.namespace,
      name: machine.name,
      uid: machine.uid,
      providerId: machine.providerId,
      controller: CAPI_CONTROLLERS[ownerOf(machine)],
      controllerName: owner === null ? '' : `${owner.kind}/${owner.name}`,
      bareMetal: machine.providerId.startsWith('metal3:'),
    },
    sign: { name: machine.name, phase: machine.phase, complaints, deletedAt: machine.deletingSince },
    node: machine.node,
    nodeUid: machine.nodeUid,
    addresses: machine.addresses,
    controlPlane: machine.isControlPlane,
  };
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_QUOTED ? `${line.slice(0, MOST_QUOTED)} …` : line;
}
