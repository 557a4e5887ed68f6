import { hoursProblem, zoneProblem } from '../core/policy/hours.ts';
import { ruleTouches, ruleWordsOf } from '../core/policy/verb.ts';
import type { NamedCommand } from './check-policy.ts';
import type { Findings } from './findings.ts';
import { nearest } from './problem.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { RuleEntry } from './schema.ts';

/** Flags of every command that plans a change; `standing` is that of a standing approval asked for its runs. */
const PLAN_FLAGS = ['dry-run', 'wait', 'standing'] as const;

/** Checks that each rule has one effect, and that it can ever match. */
export function checkRules(parts: ReadableParts, commands: readonly NamedCommand[], findings: Findings): void {
  for (const { index, entry } of parts.rules) {
    const at = ['policy', index];
    checkEffect(at, entry, findings);
    checkFlags([...at, 'flags'], entry, commands, findings);
    checkWhen([...at, 'when'], entry, parts, findings);
    if (entry.allow !== undefined) checkReached(at, entry, parts, findings);
  }
}

function checkEffect(at: readonly PropertyKey[], entry: RuleEntry, findings: Findings): void {
  const effects = (['allow', 'deny', 'require'] as const).filter((effect) => entry[effect] !== undefined);
  if (effects.length === 0) findings.problem(at, 'expected one of allow: [roles], deny: [roles] or require: { … }');
  if (effects.length > 1)
    findings.problem(at, `a rule has exactly one effect; write a rule each for ${effects.join(' and ')}`);
  if (entry.approvals !== undefined && entry.allow === undefined && effects.length > 0)
    findings.problem([...at, 'approvals'], 'belongs to allow; a rule that asks for more says it in require');
  if (entry.flags !== undefined && entry.allow !== undefined)
    findings.problem(
      [...at, 'flags'],
      'cannot narrow an allow; write a rule with deny or require for commands that use these flags',
    );
}

function checkFlags(
  path: readonly PropertyKey[],
  entry: RuleEntry,
  commands: readonly NamedCommand[],
  findings: Findings,
): void {
  const known = flagsOf(entry, commands);
  if (known === null) return;
  for (const [index, name] of (entry.flags ?? []).entries()) {
    if (known.includes(name)) continue;
    const meant = name.replace(/^-+/, '');
    const near = known.includes(meant) ? meant : nearest(meant, known);
    const hint = near === null ? `they have ${known.join(', ')}` : `did you mean ${near}?`;
    findings.problem([...path, index], `no command of this rule has such a flag; ${hint}`, JSON.stringify(name));
  }
}

/** Flags of the commands of a rule; `null`: not all are known. */
function flagsOf(entry: RuleEntry, commands: readonly NamedCommand[]): readonly string[] | null {
  const known = new Set<string>(PLAN_FLAGS);
  const all = entry.commands.includes('*');
  for (const command of commands) {
    const words = ruleWordsOf(command);
    if (words.length === 0 || !(all || words.some((word) => entry.commands.includes(word)))) continue;
    if (command.arguments === undefined) return null;
    for (const flag of Object.keys(command.arguments.flags)) known.add(flag);
  }
  const named = (verb: string): boolean => commands.some((command) => ruleWordsOf(command).includes(verb));
  return all || entry.commands.every(named) ? [...known] : null;
}

function checkWhen(path: readonly PropertyKey[], entry: RuleEntry, parts: ReadableParts, findings: Findings): void {
  const { when } = entry;
  if (when === undefined) return;
  if (when === 'outside-window') {
    const covered = parts.clusters.filter(({ name }) => entry.clusters.includes('*') || entry.clusters.includes(name));
    if (covered.length > 0 && covered.every((cluster) => cluster.entry.windows === undefined))
      findings.warning(path, 'never holds: none of these clusters has a maintenance window');
    return;
  }
  const hours = hoursProblem(when.hours);
  if (hours !== null) findings.problem([...path, 'hours'], hours, JSON.stringify(when.hours));
  const zone = zoneProblem(when.tz);
  if (zone !== null) findings.problem([...path, 'tz'], zone, JSON.stringify(when.tz));
}

/** An allow that a deny for everybody covers never permits anything. */
function checkReached(at: readonly PropertyKey[], entry: RuleEntry, parts: ReadableParts, findings: Findings): void {
  const over = parts.rules.find(({ entry: { deny = [], channels, when, flags, clusters, commands } }) => {
    const always = channels === undefined && when === undefined && flags === undefined;
    const everybody = deny.includes('*') || (deny.length > 0 && covers(deny, entry.allow ?? []));
    const forbidden = commands.includes('*') || entry.commands.every((each) => ruleTouches(commands, each));
    return everybody && always && covers(clusters, entry.clusters) && forbidden;
  });
  if (over !== undefined)
    findings.warning(at, `never permits anything: rule ${over.index + 1} denies all of it, and a deny always wins`);
}

function covers(given: readonly string[], asked: readonly string[]): boolean {
  return given.includes('*') || asked.every((each) => given.includes(each));
}
