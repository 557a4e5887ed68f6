import { memberToType, memberWords } from '../../src/core/etcd/member-words.ts';
import type { LineGate } from './case-plan.ts';
import type { TargetRef } from './input.ts';

/**
 * Opens before the first change on the way to a removal: who goes is typed by name and id.
 *
 * @param after what is left when it is gone, as sentences
 */
export function removalGate(target: TargetRef, after: string): LineGate {
  return {
    id: 'remove-member',
    kind: 'typed',
    // A title has no period at its end.
    title: `Remove ${memberWords(target)} from etcd: ${after.replace(/\.$/, '')}`,
    expect: memberToType(target),
    choices: [],
  };
}

/**
 * Opens before the first change behind a removal that was made before: whose place is taken is typed.
 *
 * @param voters how many there are now
 */
export function goOnGate(name: string, voters: number): LineGate {
  return {
    id: 'add-member',
    kind: 'typed',
    title: `Add a member in place of ${name}, which is no member any more: ${voters} voters now, ${voters + 1} with the new one`,
    expect: /^[a-z0-9][a-z0-9.-]*$/.test(name) ? name : 'add-member',
    choices: [],
  };
}

/** Why it is asked. */
const WHY_FENCED = {
  'takes-address': 'Its machine cannot be seen from here, and a new member takes its address',
  'no-work': 'Drydock does nothing on its machine',
} as const;

/**
 * Asks how the old process is kept from coming back, where Drydock does not stop it itself. The answer stands on the card.
 *
 * @param why `takes-address`: its machine cannot be seen, and another one takes its place
 */
export function fenceGate(target: TargetRef, why: keyof typeof WHY_FENCED = 'takes-address'): LineGate {
  return {
    id: 'fence',
    kind: 'choice',
    title: `How is the old etcd of ${memberWords(target)} kept from running again? ${WHY_FENCED[why]}`,
    expect: null,
    choices: ['Its machine is switched off', 'Its etcd is stopped and disabled, and its data are moved aside'],
  };
}
