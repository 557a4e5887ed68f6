import type { z } from 'zod';
import type { ClusterProfile } from './cluster-profile.ts';
import { type Json, JsonObject } from './json.ts';
import type { Check, PlannedStep } from './plan.ts';
import type { PlanFile } from './plan-file.ts';
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

/**
 * A gate as a runbook asks for it, beside the one of the policy. Who must agree the engine fills in, because runbooks know no policy: for
 * `typed` and `choice` what the policy asks for with this plan, else its defaults; for `continue` one of those who may approve or ask
 * for such a run, the requester included.
 */
export interface DraftGate {
  /** Unique in the plan, and not `approve`, which is the policy's own. */
  readonly id: string;
  readonly kind: 'typed' | 'choice' | 'continue';
  /** Index of the step it opens before. Several of one step are asked one after the other, in the order of the plan. */
  readonly beforeStep: number;
  readonly title: string;
  /** `typed`: the text to type. Else `null`. */
  readonly expect: string | null;
  /** `choice`: what can be chosen. Else empty. */
  readonly choices: readonly string[];
  /**
   * `typed` and `choice` only: what it asks about, known when the step right before it is done: a list of that name in its output, each entry
   * with `words` for people. They stand at the gate; with an empty list the gate is passed over. Absent: it is always asked.
   */
  readonly about?: string;
  /** `continue` only: what is to be done outside, commands in their order, line by line. Shown whole in the thread; the title is its summary. */
  readonly instructions?: string;
  /** `continue` only: how long it stands open, ms. Absent, and for others: as long as the policy says. */
  readonly expiresMs?: number;
  /** `continue` only: what settles it beside people. One of the runbook's `watches`. */
  readonly watch?: { readonly kind: `${string}@${number}`; readonly input: Json };
}

/** What `plan()` returns. A blocking check ends the run as `blocked`; no steps and no block: `nothing-to-do`. */
export interface PlanDraft {
  /** Cluster identity: kube-system UID or etcd cluster id; empty only beside a blocking check. */
  readonly identity: string;
  readonly facts: JsonObject;
  readonly steps: readonly PlannedStep[];
  /** Gates beyond the one that policy demands. */
  readonly gates: readonly DraftGate[];
  /** The gate of the policy opens, and locks are taken, before the first step, although that one only reads. */
  readonly gateFirst?: true;
  /** Locks that only planning could name, beside those of the runbook: of another cluster's object, by its uid. */
  readonly locks?: readonly string[];
  readonly checks: readonly Check[];
  /** Blast radius and estimate per step, in words. */
  readonly forecast: readonly string[];
  /** Estimate per step, ms; `null`: nobody can tell. */
  readonly estimatesMs?: readonly (number | null)[];
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  /** Texts handed over whole in the thread of the card, also when a check blocks: at most 8, of 64 KiB each. Absent: none. */
  readonly files?: readonly PlanFile[];
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

/** Why something could not be put back now. It is tried again for some minutes: who would do it is away, or busy. */
export interface NotYet {
  /** Without a period at its end. */
  readonly notYet: string;
}

/** Puts back what a run changed only for its duration. Must be safe to call twice, and relies on no cleanup that was registered after it: those that wait are passed over. */
export interface CleanupDefinition<In, N extends PortName> {
  readonly kind: `${string}@${number}`;
  readonly input: z.ZodType<In>;
  readonly needs: readonly N[];
  /** Answers `null` when it is put back, or why it could not be: in words when trying longer does not help, too. */
  restore(context: CleanupContext<N>, input: In): Promise<string | NotYet | null>;
}

/** A cleanup with its types erased. */
export interface AnyCleanup {
  readonly kind: string;
  readonly needs: readonly PortName[];
  restore(context: CleanupContext<PortName>, input: Json): Promise<string | NotYet | null>;
}

/** What a watch may use. Reads only. */
export interface WatchContext<N extends PortName> extends CleanupContext<N> {
  readonly cluster: ClusterProfile;
  /** Outputs of the plan's steps so far; `null` where not done. */
  readonly outputs: readonly Json[];
}

/** Looks, while a *continue* gate is open, whether what people are asked for is there. */
export interface WatchDefinition<In, N extends PortName> {
  readonly kind: `${string}@${number}`;
  readonly input: z.ZodType<In>;
  readonly needs: readonly N[];
  /** How often it looks, ms. */
  readonly everyMs: number;
  /** One look, of some seconds at most. Answers what was seen, in words for people, or `null`: it is not there yet. A throw is a look that saw nothing. */
  look(context: WatchContext<N>, input: In): Promise<{ readonly seen: string } | null>;
}

/** A watch with its types erased. */
export interface AnyWatch {
  readonly kind: string;
  readonly needs: readonly PortName[];
  readonly everyMs: number;
  look(context: WatchContext<PortName>, input: Json): Promise<{ readonly seen: string } | null>;
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
  /** Every watch that a gate of its plans may use; absent: none. */
  readonly watches?: readonly AnyWatch[];
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
  readonly watches: readonly AnyWatch[];
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
    watches: def.watches ?? [],
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

/** Defines a watch. */
export function defineWatch<In, N extends PortName>(def: WatchDefinition<In, N>): AnyWatch {
  return {
    kind: def.kind,
    needs: def.needs,
    everyMs: def.everyMs,
    look: async (context, raw) => await def.look(context, def.input.parse(raw)),
  };
}
