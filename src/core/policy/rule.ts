import type { Approvals } from '../plan.ts';
import type { Hours } from './hours.ts';

/** A role: who has it, by Slack user id. */
export interface Role {
  readonly name: string;
  readonly users: readonly string[];
}

/** When a rule matches: for what would run outside its maintenance window, or within hours of a time zone. */
export type When = 'outside-window' | Hours;

/** What every rule names, and what may narrow it. */
interface RuleScope {
  /** Cluster names; `*` stands for all. */
  readonly clusters: readonly string[];
  /** Verbs, or verb and kind (`upgrade nodegroup`). In a deny `*` stands for all. */
  readonly commands: readonly string[];
  /** Slack channel ids it holds in; absent: in all. */
  readonly channels?: readonly string[];
  /** Absent: always. */
  readonly when?: When;
}

/** Permits. The first that matches decides; nothing permits by default. */
export interface AllowRule extends RuleScope {
  /** Role names. */
  readonly allow: readonly string[];
  /** Asked for in any case, also for plans that change nothing; `null`: the defaults decide. */
  readonly approvals: Approvals | null;
}

/** Refuses, whatever permits it. */
export interface DenyRule extends RuleScope {
  /** Role names; `*` stands for everybody. */
  readonly deny: readonly string[];
  /** Names of flags: it matches commands that use at least one of them. Absent: all commands. */
  readonly flags?: readonly string[];
}

/** Adds a demand for approval to what anybody needs who is permitted. */
export interface RequireRule extends RuleScope {
  readonly require: Approvals;
  /** As in {@link DenyRule}. */
  readonly flags?: readonly string[];
}

/** One rule: it has exactly one effect. */
export type PolicyRule = AllowRule | DenyRule | RequireRule;

/** The policy of an installation. */
export interface Policy {
  /** Slack team whose people may act. `null` until Slack has told it: then nobody may. */
  readonly homeTeam: string | null;
  readonly roles: readonly Role[];
  readonly rules: readonly PolicyRule[];
  readonly defaultApprovals: Approvals;
  /** The longest a standing approval may last, ms; absent: 90 days. */
  readonly longestStandingMs?: number;
}
