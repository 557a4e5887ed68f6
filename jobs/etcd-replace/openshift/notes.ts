import type { ReplaceSettings } from '../../../src/core/cluster-profile.ts';
import { GUARD_ON_COMMAND } from '../../../src/core/openshift/guard.ts';
import { MACHINE_NAMESPACE } from '../../../src/core/openshift/machine.ts';
import { formatSpan } from '../../../src/core/time.ts';

const GUARD = `Should the quorum guard be found off after all endings: ${GUARD_ON_COMMAND}`;

/** Which text the plan follows and where it differs, for a pod whose node is well. */
export function podNotes(version: string, { joinedMs, machineReadyMs }: ReplaceSettings): readonly string[] {
  return [
    `Follows "Replacing an unhealthy etcd member whose etcd pod is crashlooping" (OpenShift ${version}). Other than there: it waits until the process is gone; the data are moved once the member is removed, and stay on their disk instead of /tmp; the quorum guard is handled; alarms, hashes and revision are looked at. Waits: a new member up to ${formatSpan(joinedMs)}, the roll-out up to ${formatSpan(machineReadyMs)}.`,
    GUARD,
  ];
}

/** As {@link podNotes}, for a machine. `newName` null: the ControlPlaneMachineSet makes it. */
export function machineNotes(
  version: string,
  { joinedMs, machineReadyMs }: ReplaceSettings,
  newName: string | null,
): readonly string[] {
  const made =
    newName === null
      ? 'the ControlPlaneMachineSet is active, so the Machine is only deleted'
      : `the Machine is made anew as ${newName}`;
  return [
    `Follows "Replacing an unhealthy etcd member whose machine is not running or whose node is not ready" (OpenShift ${version}); ${made}. Other than in its older texts: the Node object is deleted and the quorum guard is handled; alarms, hashes and revision are looked at; a roll-out is forced only when the operator does not get there by itself. Waits: the old machine and the new one up to ${formatSpan(machineReadyMs)} each, a new member up to ${formatSpan(joinedMs)}.`,
    'Drydock clears no finalizer and no hook, and approves no certificate request: it names those that wait.',
    'Do not power the old machine on again, and restart no other control-plane node meanwhile.',
    GUARD,
  ];
}

/** As {@link podNotes}, where an earlier run deleted the node and the next Machine is only waited for. `newName` null: it is not there yet. */
export function nextMachineNotes(
  version: string,
  { joinedMs, machineReadyMs }: ReplaceSettings,
  newName: string | null,
): readonly string[] {
  return [
    `Goes on where an earlier replacement ended (OpenShift ${version}): ${newName === null ? 'the Machine that the ControlPlaneMachineSet makes' : `Machine ${newName}`} is waited for, up to ${formatSpan(machineReadyMs)}, then its member, up to ${formatSpan(joinedMs)}; what is left of the old one goes.`,
    'Do not power the old machine on again, and restart no other control-plane node meanwhile.',
    GUARD,
  ];
}

/** As {@link podNotes}, for a host that a person builds. What is to be typed then stands at the gate that waits for it. */
export function hostNotes(
  version: string,
  { hostBuiltMs, joinedMs }: ReplaceSettings,
  { node, machine, bareMetal }: { readonly node: string; readonly machine: string | null; readonly bareMetal: boolean },
): readonly string[] {
  const first = `Follows "Replacing an unhealthy bare metal etcd member" (OpenShift ${version}); done by the documentation, never tried on a real one. A person builds the host; the plan waits up to ${formatSpan(hostBuiltMs)} for a new control-plane node that is ready, and then up to ${formatSpan(joinedMs)} for its member.`;
  const bmh = `oc -n ${MACHINE_NAMESPACE}`;
  const metal = bareMetal
    ? [
        `Before you agree to delete ${machine ?? 'the Machine'} on OpenShift 4.22 and newer: ${bmh} get bmh; ${bmh} delete bmh HOST-OF-${node}. In older versions the Machine comes first and the BareMetalHost after it.`,
      ]
    : [];
  return [
    first,
    ...metal,
    `Be sure that the old host of ${node} is switched off and stays off: started again it would come back with old data.`,
    GUARD,
  ];
}
