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
export function hostGate(node: string, known: readonly string[], expiresMs: number): LineGate {
  return {
    id: 'build-host',
    kind: 'continue',
    title: `Build a new control-plane host in place of ${node} (the commands stand in the thread); goes on by itself when its node is ready, within ${formatSpan(expiresMs)}`,
    expect: null,
    choices: [],
    expiresMs,
    watch: { kind: 'ocp.host-built@1', input: { known: [...known] } },
  };
}
