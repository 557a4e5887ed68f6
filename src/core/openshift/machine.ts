import { z } from 'zod';
import type { KubernetesObject, ObjectRef } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';

/** Where the Machines of a cluster are. */
export const MACHINE_NAMESPACE = 'openshift-machine-api';

/** The kind of Machines. */
export const MACHINE_KIND = { apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine' } as const;

/** Label by which Machines of the control plane are known; its value is `master`. */
export const MACHINE_ROLE_LABEL = 'machine.openshift.io/cluster-api-machine-role';

/** Names a Machine. */
export function machineRef(name: string): ObjectRef {
  return { ...MACHINE_KIND, namespace: MACHINE_NAMESPACE, name };
}

/** A hook that holds up the deletion of a Machine until its owner takes it away. */
export interface LifecycleHook {
  readonly name: string;
  /** In its own words: `clusteroperator/etcd`. */
  readonly owner: string;
}

/** What Drydock reads of a Machine of OpenShift. */
export interface MachineReading {
  readonly name: string;
  readonly uid: string;
  /** `Provisioning`, `Provisioned`, `Running`, `Deleting`, `Failed`; empty: not told. */
  readonly phase: string;
  /** Name of its Node; `null`: it has none (yet). */
  readonly node: string | null;
  /** Internal addresses, as the provider told them. */
  readonly addresses: readonly string[];
  /** Empty: not told. */
  readonly providerId: string;
  /** As the provider calls it: `running`, `stopped`, `terminated`, `poweredOff`; `null`: not told. */
  readonly instanceState: string | null;
  /** Why it failed, without what looks like a secret; empty: it did not. */
  readonly error: string;
  readonly preDrain: readonly LifecycleHook[];
  readonly preTerminate: readonly LifecycleHook[];
  readonly finalizers: readonly string[];
  /** It is being deleted since, ISO; `null`: it is not. */
  readonly deletedAt: string | null;
  /** ISO; empty: not told. */
  readonly createdAt: string;
  /** Its controlling owner as `Kind/name`, for instance the ControlPlaneMachineSet; `null`: none. */
  readonly owner: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** It is one of the control plane. */
  readonly controlPlane: boolean;
}

const Hook = z.object({ name: z.string().default(''), owner: z.string().default('') });
const Machine = z.object({
  spec: z
    .object({
      providerID: z.string().nullish(),
      lifecycleHooks: z.object({ preDrain: z.array(Hook).nullish(), preTerminate: z.array(Hook).nullish() }).nullish(),
    })
    .prefault({}),
  status: z
    .object({
      phase: z.string().nullish(),
      nodeRef: z.object({ name: z.string().default('') }).nullish(),
      addresses: z.array(z.object({ type: z.string().default(''), address: z.string().default('') })).nullish(),
      errorReason: z.string().nullish(),
      errorMessage: z.string().nullish(),
      providerStatus: z
        .looseObject({ instanceState: z.unknown().optional(), vmState: z.unknown().optional() })
        .nullish(),
    })
    .nullish(),
});

/** The annotation that the controllers of all providers write. */
const INSTANCE_STATE = 'machine.openshift.io/instance-state';

/** Reads a Machine. @throws ZodError when the object has not the shape of one. */
export function readMachine(object: KubernetesObject): MachineReading {
  const { spec, status } = Machine.parse(object);
  const { metadata } = object;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const { labels = {}, annotations = {} } = metadata;
  const words = [status?.errorReason ?? '', status?.errorMessage ?? ''].filter((each) => each !== '');
  return {
    name: metadata.name,
    uid: metadata.uid,
    phase: status?.phase ?? '',
    node: status?.nodeRef?.name ?? null,
    addresses: (status?.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : [])),
    providerId: spec.providerID ?? '',
    instanceState: stateOf(status?.providerStatus ?? null) ?? annotations[INSTANCE_STATE] ?? null,
    error: withoutSecrets(words.join(': ')),
    preDrain: spec.lifecycleHooks?.preDrain ?? [],
    preTerminate: spec.lifecycleHooks?.preTerminate ?? [],
    finalizers: metadata.finalizers ?? [],
    deletedAt: metadata.deletionTimestamp ?? null,
    createdAt: metadata.creationTimestamp ?? '',
    owner: owner === undefined ? null : `${owner.kind}/${owner.name}`,
    labels,
    annotations,
    controlPlane: labels[MACHINE_ROLE_LABEL] === 'master',
  };
}

/** AWS, Google and others say `instanceState`, Azure `vmState`. */
function stateOf(provider: { readonly instanceState?: unknown; readonly vmState?: unknown } | null): string | null {
  for (const said of [provider?.instanceState, provider?.vmState]) {
    if (typeof said === 'string' && said !== '') return said;
  }
  return null;
}

const RUNNING: ReadonlySet<string> = new Set(['running', 'poweredon', 'active', 'succeeded']);

/** Whether the provider says that the machine runs; `null`: it says nothing. */
export function isPoweredOn({ instanceState }: Pick<MachineReading, 'instanceState'>): boolean | null {
  return instanceState === null ? null : RUNNING.has(instanceState.toLowerCase());
}

/** The hook with which the etcd operator keeps a machine until another member stands in for the one on it. */
const QUORUM_HOOK = { name: 'EtcdQuorumOperator', owner: 'clusteroperator/etcd' } as const;

/** What keeps a Machine that was deleted. */
export interface HeldMachine {
  /** As one sentence part, without a period: `hook EtcdQuorumOperator of clusteroperator/etcd`. */
  readonly words: string;
  /** Nothing but the hook of the etcd operator, which goes when the member is gone (or, in older versions, replaced). */
  readonly byEtcdOnly: boolean;
}

/** Its own finalizer, which the machine controller takes away when the instance is gone. */
const OWN_FINALIZER = 'machine.machine.openshift.io';

/** Says what keeps a Machine that is being deleted. */
export function whatHolds({ preDrain, preTerminate, finalizers, phase }: MachineReading): HeldMachine {
  const hooks = [...preDrain, ...preTerminate];
  const foreign = finalizers.filter((each) => each !== OWN_FINALIZER);
  const parts = [
    ...hooks.map(({ name, owner }) => `hook ${name} of ${owner === '' ? 'nobody named' : owner}`),
    ...foreign.map((each) => `finalizer ${each}`),
  ];
  const words =
    parts.length === 0 ? `its controller has not finished (phase ${phase || 'not told'})` : parts.join(', ');
  const [hook] = preDrain;
  const byEtcdOnly = hooks.length === 1 && foreign.length === 0 && hook?.name === QUORUM_HOOK.name;
  return { words, byEtcdOnly };
}
