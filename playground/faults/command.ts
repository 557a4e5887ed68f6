import type { FaultOrder } from './faults.ts';
import { FAULT_KINDS } from './kinds.ts';
import { SWITCH_NAMES, type SwitchName, type SwitchOrder } from './switches.ts';

/** How `/fault` is typed. It is the playground's own: Drydock knows no such command. */
export const FAULT_USAGE = `/fault <cluster> ${FAULT_KINDS.map(({ name }) => name).join('|')}|clear member/M, or /fault <cluster> ${SWITCH_NAMES.join('|')} [on|off]`;

/** Whether a line is for the playground itself. */
export function isFaultLine(line: string): boolean {
  return /^\s*\/fault(?:\s|$)/.test(line);
}

/** Reads a line that {@link isFaultLine}, or says how it should look. */
export function readFaultLine(line: string): FaultOrder | SwitchOrder | { readonly problem: string } {
  const [, cluster = '', fault = '', target = '', ...rest] = line.trim().split(/\s+/);
  const turned = switchNamed(fault);
  if (turned !== undefined && rest.length === 0 && ['', 'on', 'off'].includes(target))
    return { cluster, switch: turned, on: target !== 'off' };
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

/** The switch of that name; undefined: there is none. */
export function switchNamed(word: string): SwitchName | undefined {
  return SWITCH_NAMES.find((name) => name === word);
}
