import type { FaultOrder } from './faults.ts';
import { FAULT_KINDS } from './kinds.ts';

/** How `/fault` is typed. It is the playground's own: Drydock knows no such command. */
export const FAULT_USAGE = `/fault <cluster> ${FAULT_KINDS.map(({ name }) => name).join('|')}|clear member/M`;

/** Whether a line is for the playground itself. */
export function isFaultLine(line: string): boolean {
  return /^\s*\/fault(?:\s|$)/.test(line);
}

/** Reads a line that {@link isFaultLine}, or says how it should look. */
export function readFaultLine(line: string): FaultOrder | { readonly problem: string } {
  const [, cluster = '', fault = '', target = '', ...rest] = line.trim().split(/\s+/);
  const [, member] = /^(?:member|node)\/([^/]+)$/.exec(target) ?? [];
  const known = faultNamed(fault);
  if (known === undefined || member === undefined || rest.length > 0)
    return { problem: `It is typed so: ${FAULT_USAGE}` };
  return { cluster, fault: known, member };
}

/** The fault of that name, or `clear`; undefined: there is none. */
export function faultNamed(word: string): FaultOrder['fault'] | undefined {
  return word === 'clear' ? 'clear' : FAULT_KINDS.find(({ name }) => name === word)?.name;
}
