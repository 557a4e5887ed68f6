import type { z } from 'zod';
import { ApprovalsEntry, ClusterEntry, RoleEntry, RuleEntry } from './schema.ts';

/**
 * The parts of a file that are in order by themselves, so that checks between them can run, and report, even when
 * another part is not. Names are those of all parts: a cluster with a mistake in it does exist.
 */
export interface ReadableParts {
  readonly clusterNames: readonly string[];
  readonly clusters: readonly { readonly name: string; readonly entry: ClusterEntry }[];
  readonly roleNames: readonly string[];
  readonly roles: readonly { readonly name: string; readonly entry: RoleEntry }[];
  readonly rules: readonly { readonly index: number; readonly entry: RuleEntry }[];
  /** `null`: there, but with a mistake. */
  readonly defaultApprovals: ApprovalsEntry | null;
}

/** Takes a file apart. Total: whatever the data is. */
export function readableParts(data: unknown): ReadableParts {
  const clusters = record(member(data, 'clusters'));
  const roles = record(member(data, 'roles'));
  const rules: unknown = member(data, 'policy');
  const approvals = ApprovalsEntry.safeParse(member(member(data, 'defaults'), 'approvals') ?? {});
  return {
    clusterNames: clusters.map(([name]) => name),
    clusters: clusters.flatMap(([name, raw]) => parsed(ClusterEntry, raw).map((entry) => ({ name, entry }))),
    roleNames: roles.map(([name]) => name),
    roles: roles.flatMap(([name, raw]) => parsed(RoleEntry, raw).map((entry) => ({ name, entry }))),
    rules: (Array.isArray(rules) ? rules : []).flatMap((raw, index) =>
      parsed(RuleEntry, raw).map((entry) => ({ index, entry })),
    ),
    defaultApprovals: approvals.success ? approvals.data : null,
  };
}

function member(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
}

function record(data: unknown): readonly (readonly [string, unknown])[] {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];
}

function parsed<T>(schema: z.ZodType<T>, raw: unknown): readonly T[] {
  const result = schema.safeParse(raw);
  return result.success ? [result.data] : [];
}
