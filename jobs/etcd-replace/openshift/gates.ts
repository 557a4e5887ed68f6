import { MACHINE_NAMESPACE } from '../../../src/core/openshift/machine.ts';
import { formatSpan } from '../../../src/core/time.ts';
import type { LineGate } from '../case-plan.ts';
import { machineWords } from './delete-machine-step.ts';
import type { ApprovedMachine } from './machine-input.ts';

/** Opens beside it, not after the removal: the ring would stand one member short for as long as people think. */
export function machineGate(machine: ApprovedMachine, by: string): LineGate {
  return {
    id: 'delete-machine',
    kind: 'typed',
    title: `Delete Machine ${machineWords(machine)} for good; ${by}`,
    expect: machine.name,
    choices: [],
  };
}

/** Waits for a person who builds the host, and goes on by itself when its node is ready. */
export function hostGate(
  node: string,
  { known, oldMachineId }: { readonly known: readonly string[]; readonly oldMachineId: string | null },
  expiresMs: number,
): LineGate {
  return {
    id: 'build-host',
    kind: 'continue',
    title: `Build a new control-plane host in place of ${node} (the commands stand in the thread); goes on by itself when its node is ready, ${oldHostWords(oldMachineId)}within ${formatSpan(expiresMs)}`,
    expect: null,
    choices: [],
    expiresMs,
    watch: { kind: 'ocp.host-built@1', input: { known: [...known], oldMachineId } },
  };
}

/** The old host that is switched on again registers a new node, which only its installation tells from that of a new host. */
function oldHostWords(oldMachineId: string | null): string {
  return oldMachineId === null
    ? 'also when it is the old host that came back (how that was installed was not read: keep it switched off), '
    : 'and not when the old host comes back, ';
}

/** From this minor version of OpenShift 4 on the documentation deletes the BareMetalHost before the Machine. [known: not seen running] */
const HOST_FIRST_MINOR = 22;

/** What somebody must do on bare metal before agreeing that the Machine goes, as the end of a sentence; empty: nothing. */
export function hostFirst({
  node,
  version,
  bareMetal,
}: {
  readonly node: string;
  readonly version: string;
  readonly bareMetal: boolean;
}): string {
  const minor = Number(/^4\.(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (!bareMetal || minor < HOST_FIRST_MINOR) return '';
  const oc = `oc -n ${MACHINE_NAMESPACE}`;
  const since = Number.isNaN(minor) ? 'From OpenShift 4.22 on' : `On OpenShift ${version}`;
  return `. ${since} its BareMetalHost goes first, before you agree: ${oc} get bmh; ${oc} delete bmh HOST-OF-${node}`;
}
