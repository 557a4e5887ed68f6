import { fieldsOf, listAt, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import { identity, isGoing } from '../../kubernetes/controllers/objects.ts';
import { MACHINE_SPACE } from '../layout.ts';
import type { OcpScene, Writer } from '../scene.ts';
import { hasAddress, type View } from './view.ts';

/** The hook that keeps a machine from being drained while its member votes. */
export const ETCD_HOOK = { name: 'EtcdQuorumOperator', owner: 'clusteroperator/etcd' } as const;

/** When the operator lets a machine that is being deleted go; it differs between its versions. */
export type HookRule = 'member-gone' | 'replacement-in';

/**
 * Puts the hook on every machine of the control plane, and takes it off one that is being deleted: when its member is gone, or only when enough others
 * vote, by the rule.
 *
 * Source: the cluster-etcd-operator's `MachineDeletionHooksController`, retold.
 */
export async function keepHooks(scene: OcpScene, view: View, writer: Writer, rule: HookRule): Promise<void> {
  for (const machine of view.machines.filter(isMaster)) {
    const hooks = listAt(machine, 'spec', 'lifecycleHooks', 'preDrain').map(fieldsOf);
    const has = hooks.some((each) => each['name'] === ETCD_HOOK.name);
    if (!isGoing(machine)) {
      if (!has) await writeHooks(writer, machine, [...hooks, ETCD_HOOK]);
    } else if (has && mayGo(scene, view, machine, rule)) {
      const others = hooks.filter((each) => each['name'] !== ETCD_HOOK.name);
      await writeHooks(writer, machine, others);
    }
  }
}

/** Whether a machine is of the control plane. */
export function isMaster(machine: unknown): boolean {
  return textAt(machine, 'metadata', 'labels', 'machine.openshift.io/cluster-api-machine-role') === 'master';
}

function mayGo({ replicas }: OcpScene, { members }: View, machine: ApiObject, rule: HookRule): boolean {
  if (members === null) return false;
  if (members.some(({ address }) => hasAddress(machine, address))) return false;
  return rule === 'member-gone' || members.filter(({ isLearner, healthy }) => !isLearner && healthy).length >= replicas;
}

async function writeHooks(writer: Writer, machine: ApiObject, preDrain: readonly unknown[]): Promise<void> {
  const path = `/apis/machine.openshift.io/v1beta1/namespaces/${MACHINE_SPACE}/machines/${identity(machine).name}`;
  await writer.merge(path, { spec: { lifecycleHooks: { preDrain } } });
}
