import type { z } from 'zod';
import type { ClusterProfile } from './cluster-profile.ts';
import { type Json, JsonObject } from './json.ts';
import type { Check, GateSpec, PlannedStep } from './plan.ts';
import type { PortName, Ports } from './ports/ports.ts';
import type { ReportTable } from './state-report.ts';
import type { AnyStep } from './step.ts';

/** What `plan()` may use. Reads only. */
export interface PlanContext<N extends PortName> {
  readonly ports: Pick<Ports, N>;
  readonly cluster: ClusterProfile;
  readonly signal: AbortSignal;
  nowMs(): number;
  nowIso(): string;
  pause(ms: number): Promise<void>;
}

/** What `plan()` returns. A blocking check ends the run as `blocked`; no steps and no block: `nothing-to-do`. */
export interface PlanDraft {
  /** Cluster identity: kube-system UID or etcd cluster id; empty only beside a blocking check. */
  readonly identity: string;
  readonly facts: JsonObject;
  readonly steps: readonly PlannedStep[];
  /** Gates beyond the one that policy demands. */
  readonly gates: readonly GateSpec[];
  readonly checks: readonly Check[];
  /** Blast radius and estimate per step, in words. */
  readonly forecast: readonly string[];
  /** Estimate per step, ms; `null`: nobody can tell. */
  readonly estimatesMs?: readonly (number | null)[];
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
}

/** What a cleanup may use. */
export interface CleanupContext<N extends PortName> {
  readonly ports: Pick<Ports, N>;
  /** Fires when the run is lost to another worker. */
  readonly signal: AbortSignal;
  /** ms since the epoch. */
  nowMs(): number;
  /** Resolves after `ms`, rejects when the signal fires first. */
  pause(ms: number): Promise<void>;
}

/** Puts back what a run changed only for its duration. Must be safe to call twice. */
export interface CleanupDefinition<In, N extends PortName> {
  readonly kind: `${string}@${number}`;
  readonly input: z.ZodType<In>;
  readonly needs: readonly N[];
  /** Answers `null` when it is put back, or why it could not be. */
  restore(context: CleanupContext<N>, input: In): Promise<string | null>;
}

/** A cleanup with its types erased. */
export interface AnyCleanup {
  readonly kind: string;
  readonly needs: readonly PortName[];
  restore(context: CleanupContext<PortName>, input: Json): Promise<string | null>;
}

/** Definition of one kind of maintenance. */
export interface RunbookDefinition<Params, N extends PortName> {
  /** Folder under `jobs/` and page under `docs/runbooks/`. */
  readonly id: string;
  /** Grows whenever the meaning of plans or steps changes; part of the plan hash. */
  readonly version: number;
  readonly title: string;
  readonly params: z.ZodType<Params>;
  readonly needs: readonly N[];
  /** Every step kind that a plan may use. */
  readonly steps: readonly AnyStep[];
  readonly cleanups: readonly AnyCleanup[];
  /** Locks held from the first gate's settling to the end. */
  locks(cluster: string, params: Params): readonly string[];
  plan(context: PlanContext<N>, params: Params): Promise<PlanDraft>;
}

/** A runbook with its types erased. */
export interface AnyRunbook {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly needs: readonly PortName[];
  readonly steps: readonly AnyStep[];
  readonly cleanups: readonly AnyCleanup[];
  /** Parses parameters; `null` when they are not of the runbook's shape. */
  parseParams(raw: Json): JsonObject | null;
  locks(cluster: string, params: JsonObject): readonly string[];
  plan(context: PlanContext<PortName>, params: JsonObject): Promise<PlanDraft>;
}

/** Defines a runbook. */
export function defineRunbook<Params, N extends PortName>(def: RunbookDefinition<Params, N>): AnyRunbook {
  return {
    id: def.id,
    version: def.version,
    title: def.title,
    needs: def.needs,
    steps: def.steps,
    cleanups: def.cleanups,
    parseParams: (raw) => {
      const parsed = def.params.safeParse(raw);
      return parsed.success ? JsonObject.parse(parsed.data) : null;
    },
    locks: (cluster, params) => def.locks(cluster, def.params.parse(params)),
    plan: async (context, params) => await def.plan(context, def.params.parse(params)),
  };
}

/** Defines a cleanup. */
export function defineCleanup<In, N extends PortName>(def: CleanupDefinition<In, N>): AnyCleanup {
  return {
    kind: def.kind,
    needs: def.needs,
    restore: async (context, raw) => await def.restore(context, def.input.parse(raw)),
  };
}
