import type { GateSpec } from '../../../core/plan.ts';
import { RunEvent, type RunRequest } from '../../../core/run-event.ts';
import { foldRun, type GateState, type RunState } from '../../../core/run-state.ts';
import { aboutLines, inAdvanceWords, notCountedLine } from './card-gate.ts';
import { code, escapeText, inline, moment, person } from './escape.ts';
import { awaited, demandedOf, type PeopleOf, peopleOfRoles, progressWords, roleNames } from './gate-people.ts';

/** What happens at gates. */
export type GateEvent = Extract<
  RunEvent,
  { readonly type: 'gate-opened' | 'gate-reminded' | 'gate-escalated' | 'voted' | 'gate-settled' }
>;

/**
 * Whether an event belongs to a gate that was decided in the write that opened it, as it was before or in advance: nobody is asked, so
 * nobody is called. Where people approve, their vote comes between.
 *
 * @param rest The events that follow, as stored.
 */
export function opensDecided(event: RunEvent, rest: readonly unknown[]): boolean {
  if (event.type !== 'gate-opened' && event.type !== 'gate-escalated') return false;
  const gate = event.type === 'gate-opened' ? event.gate.id : event.gate;
  const [next, afterNext] = rest.slice(0, 2).map((each) => RunEvent.safeParse(each).data);
  const after = event.type === 'gate-opened' && next?.type === 'gate-escalated' ? afterNext : next;
  return after?.type === 'gate-settled' && after.gate === gate && after.verdict === 'approved';
}

/** Events that call for people, where they are told at all: an update of the card would reach nobody's phone. */
export function callsForPeople(type: string): boolean {
  return type === 'gate-opened' || type === 'gate-reminded' || type === 'gate-escalated' || type === 'ending';
}

/** What the thread tells of an event at a gate. `until`: the run's events up to this one, as stored. */
export function gateEventLines(event: GateEvent, until: readonly unknown[], peopleOf: PeopleOf): readonly string[] {
  switch (event.type) {
    case 'gate-opened':
      return [
        openedLine(event, stateAfter(until).request, peopleOf),
        ...aboutLines(stateAfter(until), { spec: event.gate }, 'thread'),
        ...(event.notInAdvance === undefined ? [] : [notCountedLine(event.notInAdvance)]),
      ];
    case 'voted':
      return [
        `${person(event.actor.user)} ${event.verdict === 'approve' ? 'approved' : 'rejected'} the plan ${code(event.hash.slice(0, 12))}${event.note === null || event.note === '' ? '.' : ':'}`,
        ...quoted(event.note),
      ];
    case 'gate-reminded':
    case 'gate-escalated': {
      const state = stateAfter(until);
      const gate = state.gates.find((each) => each.spec.id === event.gate);
      if (gate === undefined) return [];
      return [event.type === 'gate-reminded' ? reminder(state, gate, peopleOf) : escalation(state, gate, peopleOf)];
    }
    case 'gate-settled':
      return [outcome(event, stateAfter(until).request)];
  }
}

/** The run as it was after these events. */
export function stateAfter(events: readonly unknown[]): RunState {
  return foldRun({ id: '', version: 0, epoch: 0, events, scratch: null });
}

function openedLine(
  event: Extract<GateEvent, { readonly type: 'gate-opened' }>,
  request: RunRequest | null,
  peopleOf: PeopleOf,
): string {
  const { approvals, title } = event.gate;
  const requester = approvals.requesterMayApprove ? null : (request?.actor.user ?? null);
  const who = roleNames(approvals, requester, new Set(), peopleOf);
  const needed = approvals.also === undefined ? `${approvals.required} needed from` : demandedOf(approvals);
  const nothing = request?.standingQuestion === undefined ? '' : ' Nothing is executed now.';
  return `*${inline(title)}*: ${needed} ${who}, until ${moment(event.expiresAt)}.${nothing}${watchWords(event.gate)}`;
}

/** That nobody has to answer once it is there. */
function watchWords({ watch }: GateSpec): string {
  return watch === undefined ? '' : ' It is looked for, too: the run goes on by itself when it is seen.';
}

function reminder(state: RunState, gate: GateState, peopleOf: PeopleOf): string {
  return `*Reminder:* ${progressWords(gate, peopleOf)}, waiting for ${awaited(state, gate, peopleOf)}, until ${moment(gate.expiresAt)}. No answer means no.`;
}

function escalation(state: RunState, gate: GateState, peopleOf: PeopleOf): string {
  const { approvals } = gate.spec;
  const requester = approvals.requesterMayApprove ? null : (state.request?.actor.user ?? null);
  const voted = new Set(gate.votes.map((vote) => vote.actor.user));
  const who = peopleOfRoles(approvals.escalate?.to ?? [], requester, voted, peopleOf);
  return `*Escalated:* ${who} may decide too from now on: ${progressWords(gate, peopleOf)}, until ${moment(gate.expiresAt)}.`;
}

/** The requester is told by name: it is what reaches a phone. */
function outcome(event: Extract<GateEvent, { readonly type: 'gate-settled' }>, request: RunRequest | null): string {
  const to = request === null ? '' : `${person(request.actor.user)}: `;
  const by = event.by.map((actor) => person(actor.user)).join(', ');
  switch (event.verdict) {
    case 'approved':
      if (request?.standingQuestion !== undefined)
        return `${to}approved in advance by ${event.by.map((actor) => person(actor.user)).join(' and ')}, for ${inline(request.standingQuestion.schedule)}. Nothing was executed.`;
      if (event.inAdvance !== undefined)
        return `${to}approved in advance ${inAdvanceWords(event.by, event.inAdvance)}. The run goes on.`;
      if (event.observed !== undefined) return `${to}${inline(event.observed)}. Nobody had to answer; the run goes on.`;
      return `${to}approved by ${by}. The run goes on.`;
    case 'rejected':
      return `${to}rejected by ${by}. Nothing further is done.`;
    case 'expired':
      return `${to}nobody decided in time. No answer means no.`;
  }
}

function quoted(note: string | null): readonly string[] {
  return note === null || note === ''
    ? []
    : escapeText(note)
        .split('\n')
        .map((line) => `> ${line}`);
}
