import { z } from 'zod';
import { Json, JsonObject } from './json.ts';
import { PlanFile } from './plan-file.ts';
import { ReportTable } from './state-report.ts';

/** What a step can do to the cluster, from harmless to final. */
export const Risk = z.enum(['read', 'reversible', 'disruptive', 'irreversible']);
export type Risk = z.infer<typeof Risk>;

/** One pre-flight finding. `evidence` is what was seen, with figures. */
export const Check = z.object({
  id: z.string(),
  verdict: z.enum(['pass', 'warn', 'block']),
  title: z.string(),
  evidence: z.string(),
});
export type Check = z.infer<typeof Check>;

/** One line of a plan. Everything here is hashed, so nothing here is a measurement. */
export const PlannedStep = z.object({
  /** Step kind with version, for instance `etcd.defragment@1`. */
  kind: z.string(),
  input: Json,
  /** The line an approver reads. */
  summary: z.string(),
  risk: Risk,
  /** What it changes, in a few words of its own; absent: the words of its risk say it. */
  effect: z.string().exactOptional(),
  /** From its first announced call on stopping leaves the cluster worse than going on: see {@link hasCommitted}. Absent: it does not. */
  commits: z.literal(true).exactOptional(),
  /** What the step covers, by name, in plan order. The step's own rule decides the order at run time. */
  items: z.array(z.string()),
});
export type PlannedStep = z.infer<typeof PlannedStep>;

/** One demand: so many people who have one of these roles. */
export const Demand = z.object({
  required: z.number().int().min(1),
  /** Role names of the configuration. */
  from: z.array(z.string()).min(1),
});
export type Demand = z.infer<typeof Demand>;

/** Who must agree, how many, and for how long the question stands. The first demand stands at the top, others in `also`. */
export const Approvals = Demand.extend({
  requesterMayApprove: z.boolean(),
  expiresMs: z.number().int().positive(),
  /** Further demands, met by other people than the first: one person counts for one demand. */
  also: z.array(Demand).min(1).exactOptional(),
  /** Who can still decide is reminded once, so long after the gate opened. */
  remindMs: z.number().int().positive().exactOptional(),
  /** So long after the gate opened, these roles may decide too, for every demand, and are told. */
  escalate: z.object({ afterMs: z.number().int().positive(), to: z.array(z.string()).min(1) }).exactOptional(),
});
export type Approvals = z.infer<typeof Approvals>;

/** What settles a *continue* gate beside people: something that a worker looks for while the gate is open. */
export const WatchSpec = z.object({
  /** Kind with version, for instance `etcd.host-built@1`. A worker that does not know it looks for nothing. */
  kind: z.string(),
  input: Json,
});
export type WatchSpec = z.infer<typeof WatchSpec>;

/** A point of the plan that waits for people. It opens before step `beforeStep`. */
export const GateSpec = z.object({
  id: z.string(),
  kind: z.enum(['approve', 'typed', 'choice', 'continue']),
  beforeStep: z.number().int().min(0),
  title: z.string(),
  approvals: Approvals,
  /** `typed`: the text to type. */
  expect: z.string().nullable(),
  /** `choice`: what can be chosen. */
  choices: z.array(z.string()),
  /** Name of a list in the output of the step right before it, which is what it asks about: with an empty list the gate is passed over. Absent: it is always asked. */
  about: z.string().min(1).exactOptional(),
  /** `continue`: what is to be done outside, commands in their order, line by line; the title says it in a few words. Absent: the title says it all. */
  instructions: z.string().exactOptional(),
  /** `continue`: what settles it beside people; absent: only people do. */
  watch: WatchSpec.exactOptional(),
});
export type GateSpec = z.infer<typeof GateSpec>;

/** The stored plan. `forecast`, `checks` and `notes` are shown but not hashed: they are measurements; so are `files`, which say what the steps do. */
export const Plan = z.object({
  schema: z.literal(1),
  /** kube-system UID or etcd cluster id. */
  identity: z.string(),
  runbook: z.string(),
  runbookVersion: z.number().int(),
  params: JsonObject,
  steps: z.array(PlannedStep),
  gates: z.array(GateSpec),
  /** The gate of the policy, and with it the locks, come before the first step, whatever its risk. Absent: before the first that changes something. */
  gateFirst: z.literal(true).exactOptional(),
  /** Normalised facts the approval relies on: identities and versions, never sizes or latencies. */
  facts: JsonObject,
  checks: z.array(Check),
  /** One entry per step: blast radius and estimate in words ("etcd-2 answers nothing for about 4 s"). */
  forecast: z.array(z.string()),
  /** One entry per step: how long it takes by estimate, ms; `null`: nobody can tell. Not hashed. Absent: none was made. */
  estimatesMs: z.array(z.number().nonnegative().nullable()).optional(),
  /** What was left out and why, advice. */
  notes: z.array(z.string()),
  /** State before, for people. */
  before: z.array(ReportTable),
  locks: z.array(z.string()),
  /** Texts that it hands over whole. Not hashed. Absent: none. */
  files: z.array(PlanFile).exactOptional(),
});
export type Plan = z.infer<typeof Plan>;

/** The part of a plan that its hash covers. See `docs/architecture.md`, *Plan hash*. */
export function hashedPart(plan: Plan): JsonObject {
  return {
    schema: plan.schema,
    identity: plan.identity,
    runbook: plan.runbook,
    runbookVersion: plan.runbookVersion,
    params: plan.params,
    steps: plan.steps.map((step) => ({ ...step })),
    gates: plan.gates.map(hashedGate),
    ...(plan.gateFirst === undefined ? {} : { gateFirst: plan.gateFirst }),
    facts: plan.facts,
    locks: plan.locks,
  };
}

/** A gate as the hash covers it: all of it. */
export function hashedGate(gate: GateSpec): JsonObject {
  const { watch, instructions, approvals, ...rest } = gate;
  return {
    ...rest,
    approvals: hashedApprovals(approvals),
    ...(instructions === undefined ? {} : { instructions }),
    ...(watch === undefined ? {} : { watch: { ...watch } }),
  };
}

/** What is absent stays absent, so that plans without it keep their hash. */
function hashedApprovals({ also, remindMs, escalate, ...first }: Approvals): JsonObject {
  return {
    ...first,
    ...(also === undefined ? {} : { also: also.map((demand) => ({ ...demand })) }),
    ...(remindMs === undefined ? {} : { remindMs }),
    ...(escalate === undefined ? {} : { escalate: { ...escalate } }),
  };
}

/** Whether a plan has a step that needs approval by default. */
export function needsApproval(steps: readonly PlannedStep[]): boolean {
  return steps.some((step) => step.risk === 'disruptive' || step.risk === 'irreversible');
}

/** Whether a plan has a step that cannot be taken back. */
export function isIrreversible(steps: readonly PlannedStep[]): boolean {
  return steps.some((step) => step.risk === 'irreversible');
}
