import type { AuditEntry } from '../core/audit.ts';
import type { JsonObject } from '../core/json.ts';
import type { Reason } from '../core/reasons.ts';
import type { RunEvent } from '../core/run-event.ts';

interface Subject {
  readonly run: string;
  readonly cluster: string;
}

type Told = Pick<AuditEntry, 'action' | 'actor' | 'reason' | 'detail'>;

/** The audit entry of an event; each event has exactly one. */
export function auditOf(subject: Subject, event: RunEvent): AuditEntry {
  return { v: 1, at: event.at, run: subject.run, cluster: subject.cluster, ...tell(event) };
}

function tell(event: RunEvent): Told {
  switch (event.type) {
    case 'requested': {
      const { actor, runbook, params, text, rule, dryRun, after, standingQuestion, standing } = event.request;
      const asks =
        standingQuestion === undefined ? {} : { standingFor: standingQuestion.schedule, until: standingQuestion.until };
      const may = standing === undefined ? {} : { standing: standing.schedule, grantedIn: standing.question };
      const detail = { runbook, params, text, rule, dryRun, after, ...asks, ...may };
      return { action: 'request', actor, reason: null, detail };
    }
    case 'planned':
      return plain('plan', { hash: event.hash, steps: event.plan.steps.map((step) => step.summary) });
    case 'question':
      return plain('question', {});
    case 'gate-opened':
    case 'voted':
    case 'gate-settled':
    case 'gate-reminded':
    case 'gate-escalated':
      return tellGate(event);
    case 'lock-waiting':
      return plain('lock-wait', { lock: event.lock, heldBy: event.heldBy, byHand: event.byHand?.user ?? null });
    case 'window-waiting':
      return plain('window-wait', { opensAt: event.opensAt, opens: event.words });
    case 'locks-taken':
      return plain('lock', { locks: event.locks });
    case 'cancel-requested':
      return { action: 'cancel', actor: event.actor, reason: null, detail: {} };
    case 'ending':
      return { action: 'ending', actor: null, reason: event.reason, detail: { note: event.note } };
    case 'ended':
      return {
        action: 'end',
        actor: null,
        reason: event.reason,
        detail: {
          outcome: event.outcome,
          note: event.note,
          stepsDone: event.stepsDone,
          stepsPlanned: event.stepsPlanned,
        },
      };
    case 'step-started':
    case 'intent':
    case 'observed':
    case 'step-done':
      return plain(...tellStep(event));
    case 'cleanup-registered':
    case 'cleanup-done':
    case 'cleanup-failed':
      return tellCleanup(event);
  }
}

type GateEvent = Extract<
  RunEvent,
  { readonly type: 'gate-opened' | 'voted' | 'gate-settled' | 'gate-reminded' | 'gate-escalated' }
>;

function tellGate(event: GateEvent): Told {
  switch (event.type) {
    case 'gate-opened':
      return plain('gate-open', {
        gate: event.gate.id,
        hash: event.hash,
        expiresAt: event.expiresAt,
        ...(event.notInAdvance === undefined
          ? {}
          : { standing: event.notInAdvance.schedule, notCounted: event.notInAdvance.why }),
      });
    case 'voted':
      return {
        action: 'vote',
        actor: event.actor,
        reason: null,
        detail: { gate: event.gate, verdict: event.verdict, note: event.note, hash: event.hash },
      };
    case 'gate-settled':
      return plain('decision', {
        gate: event.gate,
        verdict: event.verdict,
        by: event.by.map((actor) => actor.user),
        note: event.note,
        hash: event.hash,
        ...(event.inAdvance === undefined
          ? {}
          : { standing: event.inAdvance.schedule, grantedIn: event.inAdvance.question, until: event.inAdvance.until }),
        ...(event.observed === undefined ? {} : { observed: event.observed }),
      });
    case 'gate-reminded':
      return plain('gate-remind', { gate: event.gate, hash: event.hash });
    case 'gate-escalated':
      return plain('gate-escalate', { gate: event.gate, to: event.to, hash: event.hash });
  }
}

type CleanupEvent = Extract<RunEvent, { readonly type: 'cleanup-registered' | 'cleanup-done' | 'cleanup-failed' }>;

function tellCleanup(event: CleanupEvent): Told {
  switch (event.type) {
    case 'cleanup-registered':
      return plain('cleanup-registered', { id: event.id, what: event.summary });
    case 'cleanup-done':
      return plain('cleanup-done', { id: event.id });
    case 'cleanup-failed':
      return {
        action: 'cleanup-failed',
        actor: null,
        reason: 'cleanup-failed',
        detail: { id: event.id, note: event.note },
      };
  }
}

type StepEvent = Extract<RunEvent, { readonly type: 'step-started' | 'intent' | 'observed' | 'step-done' }>;

function tellStep(event: StepEvent): [string, JsonObject] {
  switch (event.type) {
    case 'step-started':
      return [
        'step',
        {
          index: event.index,
          attempt: event.attempt,
          ...(event.despite === undefined ? {} : { despite: event.despite }),
        },
      ];
    case 'intent':
      return ['intent', { index: event.index, item: event.item, call: event.action, facts: event.facts }];
    case 'observed':
      return [
        'observed',
        { index: event.index, item: event.item, call: event.action, result: event.result, note: event.note },
      ];
    case 'step-done':
      return ['step-done', { index: event.index, note: event.note }];
  }
}

function plain(action: string, detail: JsonObject): Told {
  return { action, actor: null, reason: null, detail };
}

/** The audit entry of a refusal that belongs to no run, or of a refused word to one. */
export function auditRefusal(refusal: {
  readonly at: string;
  readonly actor: AuditEntry['actor'];
  readonly cluster: string | null;
  readonly run: string | null;
  readonly reason: Reason;
  readonly detail: JsonObject;
}): AuditEntry {
  return { v: 1, action: 'refusal', ...refusal };
}
