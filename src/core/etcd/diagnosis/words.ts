import { foldAlike } from '../fold-alike.ts';
import { memberWords } from '../member-words.ts';
import { CONDITION_WORDS } from './condition.ts';
import type { Diagnosed } from './evidence.ts';

/** `cp-2 (machine stopped)`, for lists of several. */
export function conditionOfMember({ member, condition }: Diagnosed): string {
  return `${member.label} (${CONDITION_WORDS[condition]})`;
}

/** What speaks for the condition of a member, in the order of its weight, without a period. */
export function evidenceWords({ evidence }: Diagnosed): string {
  return evidence.map(({ words }) => words).join('; ');
}

/** One sentence: who it is, how it is and why: `cp-2 (8e9e…, https://10.0.0.12:2380) is crash-looping: …`. */
export function diagnosisWords(diagnosed: Diagnosed): string {
  return `${memberWords(diagnosed.member.member)}: ${CONDITION_WORDS[diagnosed.condition]}. Seen: ${evidenceWords(diagnosed)}.`;
}

/** The conditions of several members in one line; those that are alike are told once. */
export function conditionsOf(members: readonly Diagnosed[]): string {
  return foldAlike(
    members.map((each) => ({
      name: each.member.label,
      also: [each.member.id],
      text: conditionOfMember(each),
    })),
  ).join(', ');
}
