import { z } from 'zod';
import { Actor } from './actor.ts';
import { Json, JsonObject } from './json.ts';
import { Approvals, GateSpec, Plan } from './plan.ts';
import { type EndReason, isEndReason, OUTCOMES } from './reasons.ts';
import { InAdvance, NotInAdvance, StandingQuestion, StandingUse } from './standing-use.ts';
import { Withheld } from './withheld.ts';

/** Version of the event format. An event of another version parks the run for a newer worker. */
export const EVENT_VERSION = 1;

const base = { v: z.literal(EVENT_VERSION), at: z.string() };
const EndReason = z.custom<EndReason>((value) => typeof value === 'string' && isEndReason(value));

/** Where a command was typed and where its card lives. */
export const Origin = z.object({
  /** Channel of the card. */
  channel: z.string(),
  /** Thread of the card, when the command came from a thread. */
  threadTs: z.string().nullable(),
});
export type Origin = z.infer<typeof Origin>;

/** What was asked for, by whom, under which rule. Frozen at request. */
export const RunRequest = z.object({
  actor: Actor,
  cluster: z.string(),
  /** Name of the command: first part of the run's id. */
  command: z.string(),
  /** Verb (and kind) that the policy judged. */
  policyVerb: z.string(),
  /** Verb (and kind) of the run that this one takes back: the policy is asked for it as well. Absent: it takes nothing back. */
  undoes: z.string().exactOptional(),
  runbook: z.string(),
  runbookVersion: z.number().int(),
  params: JsonObject,
  dryRun: z.boolean(),
  /** A held lock means wait (`true`) or end as `blocked`. */
  waitForLock: z.boolean(),
  origin: Origin,
  /** The command as typed, for people. */
  text: z.string(),
  /** The policy rule that permitted it, in words. */
  rule: z.string(),
  /** Approvals the policy asks for in any case; `null`: only what the defaults ask for. */
  approvals: Approvals.nullable(),
  /** What matching requirements of the policy added; absent in older runs. */
  requires: Approvals.nullable().optional(),
  /** Roles that the rule permits it to; absent in older runs. */
  allow: z.array(z.string()).optional(),
  /** Channel it was asked in; absent in older runs. `null`: not known. */
  channel: z.string().nullable().optional(),
  /** Names of the flags that the command used; absent in older runs. */
  flags: z.array(z.string()).optional(),
  /** It may run outside the maintenance window of its cluster; absent in older runs. */
  outsideWindow: z.boolean().optional(),
  /** Approvals for plans with a disruptive or irreversible step, from the configuration's defaults. */
  defaultApprovals: Approvals,
  /** It asks for a standing approval: its gate is the question, and nothing is executed. Absent: it does not. */
  standingQuestion: StandingQuestion.exactOptional(),
  /** The standing approval that may meet its gate; absent: none. */
  standing: StandingUse.exactOptional(),
  /** The run whose approval stands when the plan hash is the same ("Plan again"). */
  after: z.string().nullable(),
});
export type RunRequest = z.infer<typeof RunRequest>;

const Requested = z.object({ ...base, type: z.literal('requested'), request: RunRequest });
const Planned = z.object({ ...base, type: z.literal('planned'), plan: Plan, hash: z.string() });
/**
 * The plan before it is only asked about: nothing of it is ever executed. Written with it, in one write. The request says so too; but
 * workers and bots of an older version read over that, and leave a run alone only for an event of a type that they do not know.
 */
const Question = z.object({ ...base, type: z.literal('question') });
const GateOpened = z.object({
  ...base,
  type: z.literal('gate-opened'),
  gate: GateSpec,
  hash: z.string(),
  expiresAt: z.string(),
  /** Why a standing approval did not meet it; absent: there was none to be judged. */
  notInAdvance: NotInAdvance.exactOptional(),
});
const Voted = z.object({
  ...base,
  type: z.literal('voted'),
  gate: z.string(),
  hash: z.string(),
  actor: Actor,
  verdict: z.enum(['approve', 'reject']),
  /** Why, for a rejection; the answer, for typed and choice gates. */
  note: z.string().nullable(),
});
const GateSettled = z.object({
  ...base,
  type: z.literal('gate-settled'),
  gate: z.string(),
  hash: z.string(),
  verdict: z.enum(['approved', 'rejected', 'expired']),
  by: z.array(Actor),
  note: z.string().nullable(),
  /** The standing approval that met it; absent: people answered. */
  inAdvance: InAdvance.exactOptional(),
  /** What its watch saw, so that nobody had to answer; absent: people answered. */
  observed: z.string().exactOptional(),
});
/** Who can still decide was reminded. */
const GateReminded = z.object({ ...base, type: z.literal('gate-reminded'), gate: z.string(), hash: z.string() });
/** From here on further roles may decide. */
const GateEscalated = z.object({
  ...base,
  type: z.literal('gate-escalated'),
  gate: z.string(),
  hash: z.string(),
  to: z.array(z.string()),
});
const LockWaiting = z.object({
  ...base,
  type: z.literal('lock-waiting'),
  lock: z.string(),
  /** A run; empty for a lock by hand. */
  heldBy: z.string(),
  /** The person who locked it by hand; absent: a run holds it. */
  byHand: z.object({ user: z.string(), reason: z.string(), since: z.string() }).optional(),
});
/** The cluster is outside its maintenance window. */
const WindowWaiting = z.object({
  ...base,
  type: z.literal('window-waiting'),
  /** When it opens next, ISO, and in words with its zone. */
  opensAt: z.string(),
  words: z.string(),
});
const LocksTaken = z.object({ ...base, type: z.literal('locks-taken'), locks: z.array(z.string()) });
const StepStarted = z.object({
  ...base,
  type: z.literal('step-started'),
  index: z.number().int(),
  attempt: z.number().int(),
  /** What stood against beginning it, and why it was begun all the same; absent: nothing did. */
  despite: z.string().exactOptional(),
});
const Intent = z.object({
  ...base,
  type: z.literal('intent'),
  index: z.number().int(),
  /** What the call is about: a member, a node. */
  item: z.string(),
  /** What is about to be called, for instance `defragment`. */
  action: z.string(),
  /** What was seen just before, so that a successor can judge. */
  facts: Json,
});
const Observed = z.object({
  ...base,
  type: z.literal('observed'),
  index: z.number().int(),
  item: z.string(),
  action: z.string(),
  result: z.enum(['done', 'not-done', 'unknown']),
  note: z.string(),
  evidence: Json,
  /** The cluster took note of the call; absent: it did not, or this worker did not tell it. */
  noted: z.literal(true).optional(),
  /** Why the announced call was never made; absent: it was, or may have been. */
  withheld: Withheld.optional(),
});
const StepDone = z.object({
  ...base,
  type: z.literal('step-done'),
  index: z.number().int(),
  output: Json,
  note: z.string(),
});
const CleanupRegistered = z.object({
  ...base,
  type: z.literal('cleanup-registered'),
  id: z.string(),
  kind: z.string(),
  input: Json,
  summary: z.string(),
});
const CleanupDone = z.object({ ...base, type: z.literal('cleanup-done'), id: z.string() });
const CleanupFailed = z.object({ ...base, type: z.literal('cleanup-failed'), id: z.string(), note: z.string() });
const CancelRequested = z.object({ ...base, type: z.literal('cancel-requested'), actor: Actor });
const Ending = z.object({ ...base, type: z.literal('ending'), reason: EndReason, note: z.string() });
const Ended = z.object({
  ...base,
  type: z.literal('ended'),
  outcome: z.enum(OUTCOMES),
  reason: EndReason,
  note: z.string(),
  /** Steps done, and steps of the plan (0 when there was none). */
  stepsDone: z.number().int(),
  stepsPlanned: z.number().int(),
});

/** What can happen to a run. Its state is the fold of these. */
export const RunEvent = z.discriminatedUnion('type', [
  Requested,
  Planned,
  Question,
  GateOpened,
  Voted,
  GateSettled,
  GateReminded,
  GateEscalated,
  LockWaiting,
  WindowWaiting,
  LocksTaken,
  StepStarted,
  Intent,
  Observed,
  StepDone,
  CleanupRegistered,
  CleanupDone,
  CleanupFailed,
  CancelRequested,
  Ending,
  Ended,
]);
export type RunEvent = z.infer<typeof RunEvent>;

/** An event of one type. */
export type RunEventOf<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>;

/** The part of a run that is replaced in place, so that polling does not grow the record. */
export const Scratch = z.object({
  /** Step this belongs to. */
  index: z.number().int(),
  /** The step's own state (cursor, counters); `null`: not begun. */
  state: Json,
  /** Last word of progress, for people. */
  note: z.string(),
  /** What is under way, line by line, as it is to be shown; absent: nothing to show. */
  tree: z.array(z.string()).exactOptional(),
  at: z.string(),
  /** Do not run the step before this ISO time; `null`: at once. */
  notBefore: z.string().nullable(),
  /** Unexpected errors in a row while this step ran. */
  failures: z.number().int(),
});
export type Scratch = z.infer<typeof Scratch>;
