import { accessTrouble, whyUnseen } from '../../src/core/etcd/access.ts';
import {
  type GateAnswer,
  type GateLevel,
  type GateRule,
  gateTrouble,
  healthGate,
} from '../../src/core/etcd/health-gate.ts';
import { driftOf, type RingIdentity } from '../../src/core/etcd/identity.ts';
import { hasAlarm, type Ring } from '../../src/core/etcd/ring.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import type { StepAnswer, StepContext } from '../../src/core/step.ts';
import { lookOf, readRing } from './read-ring.ts';

/** A gate that does not open is tried again so many samples long: 2 minutes with samples 5 s apart. */
export const GATE_SAMPLES = 24;

/** Whether a step may act now. `wait`: not yet, look again; the reason is used when waiting was in vain. */
export type Clearance =
  | { readonly kind: 'go'; readonly ring: Ring }
  | { readonly kind: 'wait'; readonly reason: EndReason; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

/** How long a step waits for the gate before it gives up, ms. */
export function gateGraceMs(sampleMs: number): number {
  return GATE_SAMPLES * sampleMs;
}

/** Takes two looks, `defrag.sampleMs` apart, and judges them against the approved ring and the health gate. */
export async function passGate(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
  level: GateLevel,
): Promise<Clearance> {
  const look = lookOf(context);
  const first = await readRing(look);
  const early = judgeIdentity(planned, first.ring);
  if (early !== null) return early;
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await readRing(look);
  const late = judgeIdentity(planned, second.ring);
  if (late !== null) return late;
  return judgeGate(second.ring, healthGate(first.ring, second.ring, level), level, second.trouble);
}

/**
 * One look at the approved ring, without the health gate: for steps that must see what is there while not all is well. A
 * list without quorum is waited for, so that the ring behind it is compared in any case.
 */
export async function seeRing(context: StepContext<'etcd'>, planned: RingIdentity): Promise<Clearance> {
  const { ring, trouble } = await readRing(lookOf(context));
  if (ring === null || ring.localList) return unseen(trouble);
  return judgeIdentity(planned, ring) ?? { kind: 'go', ring };
}

/** Looks again after one sample, until the grace is over; then stops with the reason. `since`: ms, `null`: just begun. */
export function waitOrStop<S>(
  context: StepContext<'etcd'>,
  since: number | null,
  trouble: { readonly reason: EndReason; readonly note: string },
  stateOf: (waitingSince: number) => S,
): Exclude<StepAnswer<S, never>, { readonly kind: 'done' }> {
  const { sampleMs } = context.cluster.defrag;
  const waitingSince = since ?? context.nowMs();
  if (context.nowMs() - waitingSince >= gateGraceMs(sampleMs))
    return { kind: 'stop', reason: trouble.reason, note: trouble.note };
  return { kind: 'again', afterMs: sampleMs, state: stateOf(waitingSince), note: `Waiting: ${trouble.note}` };
}

/**
 * How long a step waits after the removal for a ring, or an API server that stands on it, ms: operators restart static pods one by one, each
 * in some minutes, and while one of two voters is away nothing answers.
 */
export const FORWARD_MS = 10 * 60_000;

/** As {@link waitOrStop}, for steps that stand behind a removal, or undo what they did when they stop: they have {@link FORWARD_MS}. */
export function waitForwardOrStop<S>(
  context: Pick<StepContext<'etcd'>, 'nowMs' | 'cluster'>,
  since: number | null,
  trouble: { readonly reason: EndReason; readonly note: string },
  stateOf: (waitingSince: number) => S,
): Exclude<StepAnswer<S, never>, { readonly kind: 'done' }> {
  const waitingSince = since ?? context.nowMs();
  if (context.nowMs() - waitingSince >= FORWARD_MS) return { kind: 'stop', reason: trouble.reason, note: trouble.note };
  const afterMs = context.cluster.defrag.sampleMs;
  return { kind: 'again', afterMs, state: stateOf(waitingSince), note: `Waiting: ${trouble.note}` };
}

/** One look before a step begins: stops when the ring is not the one that was approved, or is corrupt. `null`: go on. */
export async function checkIdentity(
  context: StepContext<'etcd'>,
  planned: RingIdentity,
): Promise<(Clearance & { kind: 'stop' }) | null> {
  const seen = await readRing(lookOf(context));
  return judgeIdentity(planned, seen.ring);
}

function judgeIdentity(planned: RingIdentity, ring: Ring | null): (Clearance & { kind: 'stop' }) | null {
  if (ring === null || ring.localList) return null;
  const drift = driftOf(planned, ring);
  if (drift.length > 0) return { kind: 'stop', reason: 'plan-drifted', note: `${drift.join('; ')}.` };
  if (hasAlarm(ring, 'CORRUPT')) return { kind: 'stop', reason: 'corrupt-alarm', note: 'A CORRUPT alarm is active.' };
  return null;
}

function unseen(trouble: EtcdError | null): Clearance {
  return { kind: 'wait', reason: reasonUnseen(trouble), note: whyUnseen(trouble) };
}

/** The reason of a step that could not see the ring. A refusal is waited out like a silence: a server that starts refuses too. */
export function reasonUnseen(trouble: EtcdError | null): EndReason {
  return accessTrouble(trouble) === null ? 'quorum-at-risk' : 'access-refused';
}

function judgeGate(ring: Ring | null, gate: GateAnswer, level: GateLevel, trouble: EtcdError | null): Clearance {
  if (ring === null || (ring.localList && accessTrouble(trouble) !== null)) return unseen(trouble);
  if (gate.ok) return { kind: 'go', ring };
  const note = `${gateTrouble(gate)}.`;
  if (!level.nospaceAllowed && hasAlarm(ring, 'NOSPACE')) {
    return { kind: 'stop', reason: 'plan-drifted', note: `${note} A new plan clears the alarm.` };
  }
  return { kind: 'wait', reason: reasonFor(gate, ring), note };
}

function reasonFor(gate: GateAnswer, ring: Ring): EndReason {
  const rules = new Set(gate.findings.filter((finding) => !finding.ok).map((finding) => finding.rule));
  if (isForeignWork(rules, ring)) return 'foreign-operation';
  if (rules.has('members-answer') || rules.has('caught-up') || rules.has('reads')) return 'member-unhealthy';
  if (rules.has('one-ring')) return 'plan-drifted';
  return rules.has('corrupt') && !rules.has('leader') ? 'alarms-unreadable' : 'quorum-at-risk';
}

/** Nothing is wrong but somebody else's defragmentation, during which its member does not answer. */
function isForeignWork(rules: ReadonlySet<GateRule>, ring: Ring): boolean {
  const silent = ring.members.filter((each) => each.status === null);
  const causes: ReadonlySet<GateRule> = new Set(['other-defrag', 'members-answer']);
  return rules.has('other-defrag') && rules.isSubsetOf(causes) && silent.every((each) => each.defragInflight === true);
}
