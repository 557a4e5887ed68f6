import type { Approvals } from '../../../../src/core/plan.ts';
import type { AllowRule, DenyRule, PolicyRule, RequireRule } from '../../../../src/core/policy.ts';
import { sampleApprovals } from '../../../support/run-samples.ts';

/** One case: under these rules this person asks for this, there and then, and gets this answer. */
export interface PolicyCase {
  readonly says: string;
  readonly rules: readonly PolicyRule[];
  readonly who: string;
  /** `<verb> <cluster> [--flag …]`; a verb with a kind is written with `+`. */
  readonly asks: string;
  /** Default `C0OPS`; `null`: not known. */
  readonly in?: string | null;
  /** ISO time; default a Wednesday at noon in UTC. */
  readonly at?: string | null;
  readonly outside?: true;
  /** A reason, or `rule N`, with ` + DEMANDS` for a plan that disrupts. */
  readonly gets: string;
}

/** Who has which role in every case. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  operator: ['olga', 'both'],
  approver: ['ada', 'ben', 'both'],
  security: ['sam', 'ada'],
  viewer: ['vera'],
  contractor: ['cora'],
  'on-call': ['nora'],
};

const ONE = ['prod'] as const;
type Scope = Partial<Pick<AllowRule, 'clusters' | 'commands' | 'channels' | 'when'>>;

/** A rule that allows; unless said otherwise it is about `defrag` on `prod`. */
export function allow(roles: readonly string[], over: Scope & { readonly approvals?: Approvals } = {}): AllowRule {
  return { clusters: ONE, commands: ['defrag'], allow: roles, approvals: null, ...over };
}

/** A rule that denies, of the same scope. */
export function deny(roles: readonly string[], over: Scope & { readonly flags?: readonly string[] } = {}): DenyRule {
  return { clusters: ONE, commands: ['defrag'], deny: roles, ...over };
}

/** A rule that asks for more, of the same scope. */
export function require(
  demand: Partial<Approvals>,
  over: Scope & { readonly flags?: readonly string[] } = {},
): RequireRule {
  return { clusters: ONE, commands: ['defrag'], require: sampleApprovals(demand), ...over };
}
