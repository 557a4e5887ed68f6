/** What policy rules call a command. */
export interface InPolicy {
  /** `null`: no rule is needed or heeded. */
  readonly policyVerb: string | null;
  /** Kinds of target that stand behind the verb in rules (`upgrade nodegroup`); absent: the verb alone. */
  readonly policyKinds?: readonly string[];
}

/** What is asked of the policy for a command as it was typed. Targets are all of one kind where kinds count. */
export function policyVerbOf(
  { policyVerb, policyKinds }: InPolicy,
  targets: readonly { readonly kind: string }[],
): string | null {
  const kind = targets[0]?.kind;
  if (policyVerb === null || policyKinds === undefined || kind === undefined) return policyVerb;
  return `${policyVerb} ${kind}`;
}

/** Everything that may be asked of the policy for a command; empty: nothing. */
export function policyVerbsOf({ policyVerb, policyKinds }: InPolicy): readonly string[] {
  if (policyVerb === null) return [];
  return policyKinds === undefined ? [policyVerb] : policyKinds.map((kind) => `${policyVerb} ${kind}`);
}

/** Words that rules may use for a command: the verb alone stands for all its kinds. */
export function ruleWordsOf(command: InPolicy): readonly string[] {
  const { policyVerb, policyKinds } = command;
  if (policyVerb === null) return [];
  return policyKinds === undefined ? [policyVerb] : [policyVerb, ...policyVerbsOf(command)];
}

/** Whether the words of a rule are about a verb: named whole, or by its first word, which stands for all its kinds. */
export function ruleNames(words: readonly string[], verb: string): boolean {
  const [, alone] = /^([a-z-]+) [a-z-]+$/.exec(verb) ?? [];
  return words.includes(verb) || (alone !== undefined && words.includes(alone));
}

/**
 * Whether the words of a rule that refuses or asks for more are about a verb: as {@link ruleNames} says, and for all kinds at once
 * (`upgrade all`) by the word of any of them too, because each of them is part of what is done.
 */
export function ruleTouches(words: readonly string[], verb: string): boolean {
  const [, alone] = /^([a-z-]+) all$/.exec(verb) ?? [];
  return ruleNames(words, verb) || (alone !== undefined && words.some((word) => word.startsWith(`${alone} `)));
}
