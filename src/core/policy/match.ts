import type { Actor } from '../actor.ts';
import { withinHours } from './hours.ts';
import type { PolicyRule } from './rule.ts';
import { ruleNames, ruleTouches } from './verb.ts';

/** What is asked of the policy. */
export interface Question {
  readonly actor: Actor;
  /** Slack channel it is asked in; `null`: it is not known, which counts against the person. */
  readonly channel: string | null;
  readonly cluster: string;
  /** Verb, or verb and kind (`upgrade nodegroup`). */
  readonly verb: string;
  /** Verb, with its kind, of the run that it takes back: its rules count beside those of `verb`. Absent: it takes nothing back. */
  readonly undoes?: string;
  /** Names of the flags that the command uses. */
  readonly flags: readonly string[];
  /** When it is asked, ms since the epoch; `null`: not known, which counts against the person. */
  readonly nowMs: number | null;
  /** It would run outside the maintenance window of its cluster. */
  readonly outsideWindow: boolean;
}

/** Names of the flags that a command uses, from its parsed flags. */
export function usedFlags(flags: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === false ? [] : [name]));
}

/** Whether a rule is about this cluster and command. */
export function concerns(rule: PolicyRule, question: Pick<Question, 'cluster' | 'verb'>): boolean {
  const all = 'deny' in rule && rule.commands.includes('*');
  const isAbout = 'allow' in rule ? ruleNames : ruleTouches;
  return named(rule.clusters, question.cluster) && (all || isAbout(rule.commands, question.verb));
}

/** A condition of a rule that does not hold, or of which it cannot be told. */
export type Unmet = 'channel' | 'hours' | 'window' | 'flags';

/** The first condition that does not hold; `null`: all hold. What cannot be told does not hold in an allow, and holds elsewhere. */
export function unmet(rule: PolicyRule, question: Question): Unmet | null {
  const inDoubt = !('allow' in rule);
  const inChannel =
    rule.channels === undefined || (question.channel === null ? inDoubt : rule.channels.includes(question.channel));
  if (!inChannel) return 'channel';
  if (rule.when === 'outside-window' && !question.outsideWindow) return 'window';
  if (rule.when !== undefined && rule.when !== 'outside-window') {
    const within = question.nowMs === null ? null : withinHours(rule.when, question.nowMs);
    if (!(within ?? inDoubt)) return 'hours';
  }
  const { flags } = 'allow' in rule ? { flags: undefined } : rule;
  return flags === undefined || flags.some((flag) => question.flags.includes(flag)) ? null : 'flags';
}

/** Whether names of a rule cover a name. */
function named(patterns: readonly string[], name: string): boolean {
  return patterns.includes('*') || patterns.includes(name);
}
