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

/** Asks how the old process is kept from coming back, where Drydock cannot see its machine. The answer stands on the card. */
export function fenceGate(target: TargetRef): LineGate {
  return {
    id: 'fence',
    kind: 'choice',
    title: `How is the old etcd of ${memberWords(target)} kept from running again? Its machine cannot be seen from here, and a new member takes its address`,
    expect: null,
    choices: ['Its machine is switched off', 'Its etcd is stopped and disabled, and its data are moved aside'],
  };
}
