import { z } from 'zod';
import { type EndReason, isEndReason, nextAfter, REASONS } from './reasons.ts';
import { reportOf } from './run-report.ts';
import { openGate, phaseOf, type RunState } from './run-state.ts';
import type { StateReport } from './state-report.ts';
import { parseTime } from './time.ts';
import { whatWasDone } from './what-was-done.ts';

const Reason = z.custom<EndReason>((value) => typeof value === 'string' && isEndReason(value));

/** The ending of a run that calls for people. Times are ISO. */
const Cause = z.object({
  run: z.string(),
  runbook: z.string(),
  reason: Reason,
  note: z.string(),
  at: z.string(),
  /** What was done and what was left, in sentences. */
  done: z.array(z.string()),
  /** The report that says the cluster is not healthy; `null`: the run itself failed. */
  unhealthy: z.string().nullable(),
});

/** What a channel for incidents is told of one cluster: from the ending that called for people to "healthy again". */
export const Incident = z.object({
  /** The run whose ending opened it. */
  id: z.string(),
  cluster: z.string(),
  openedAt: z.string(),
  /** The newest ending that called for people. */
  cause: Cause,
  /** The newest ones of other kinds (see {@link kindOf}) that nothing has put right yet, newest first. */
  also: z.array(Cause).default([]),
  /** The run that works on the cluster now, and its phase in words. */
  work: z.object({ run: z.string(), runbook: z.string(), words: z.string() }).nullable(),
  /** The report that closed it. */
  closed: z.object({ run: z.string(), summary: z.string(), at: z.string() }).nullable(),
  /** Runs whose endings were judged, newest last, so that none is judged twice. */
  judged: z.array(z.string()),
});
export type Incident = z.infer<typeof Incident>;

/** Endings remembered as judged. */
const MOST_JUDGED = 100;

/**
 * The incident of a cluster after looking at one of its runs; the same object when nothing changed, `null` when there is
 * none. Pure, and the same when a run is looked at again, so a crash after any step repeats nothing.
 */
export function nextIncident(current: Incident | null, state: RunState): Incident | null {
  if (state.request === null || current?.judged.includes(state.id) === true) return current;
  if (state.ended === null) return current === null ? null : withWork(current, state);
  const report = reportOf(state);
  const cause = causeOf(state, report);
  const next = cause === null ? afterGood(current, state) : afterTrouble(current, state, cause);
  return next === null ? null : { ...next, judged: [...next.judged, state.id].slice(-MOST_JUDGED) };
}

/** Whether this run, looked at now, called for people, and did not before: what others say of that may have been looked at already. */
export function isNewCause(current: Incident | null, next: Incident, run: string): boolean {
  const known = current === null || current.id !== next.id ? [] : causesOf(current);
  return next.closed === null && hasCause(causesOf(next), run) && !hasCause(known, run);
}

function hasCause(causes: readonly Incident['cause'][], run: string): boolean {
  return causes.some((each) => each.run === run);
}

/**
 * An incident without what this run brought into it, and closed when that was all, by the first of the others that showed afterwards that it is over; the
 * same object when none did. Runs are not looked at in the order in which they ended, and what is told must not depend on that.
 */
export function closedByOthers(incident: Incident, run: string, others: readonly RunState[]): Incident {
  const news = causesOf(incident).find((each) => each.run === run);
  if (news === undefined) return incident;
  const closings = others.flatMap((other) => endedBy(news, other) ?? []);
  const [closed] = closings.toSorted((a, b) => parseTime(a.at) - parseTime(b.at));
  if (closed === undefined) return incident;
  const left = causesOf(incident).filter((each) => each !== news);
  return left.length === 0 ? { ...incident, work: null, closed } : withCauses(incident, left, incident.work);
}

/** Runbooks that speak of backups: what went wrong in one of them is seen by the same one only, and none of them looks at all of the cluster. */
const ABOUT_BACKUPS: ReadonlySet<string> = new Set(['etcd-backup', 'backups', 'etcd-drill']);

/** Whose success shows that it is over: a report on the cluster, or a good run of the same runbook. */
function kindOf({ runbook, unhealthy }: Incident['cause']): string {
  return unhealthy === null && ABOUT_BACKUPS.has(runbook) ? runbook : 'cluster';
}

/** How a run shows that what had gone wrong is over; `null`: it does not. */
function endedBy(cause: Incident['cause'], run: RunState): Incident['closed'] {
  const report = run.ended === null ? null : reportOf(run);
  if (report === null || parseTime(report.at) <= parseTime(cause.at)) return null;
  const runbook = run.request?.runbook ?? '';
  const kind = kindOf(cause);
  const good =
    kind === 'cluster'
      ? report.healthy && report.of === undefined && !ABOUT_BACKUPS.has(runbook)
      : runbook === kind && run.ended?.outcome === 'succeeded' && (report.healthy || !speaksOf(cause, report));
  return good ? { run: run.id, summary: report.summary, at: report.at } : null;
}

/**
 * Whether what went wrong would be seen in the report of a good run of the same runbook. A store that did not answer, or a hold that failed, is over with
 * any good run of `backups`, whatever else is damaged in the store.
 */
function speaksOf({ runbook, reason }: Incident['cause'], report: StateReport): boolean {
  return report.of !== undefined && (runbook !== 'backups' || reason === 'backup-damaged');
}

function changesSomething(state: RunState): boolean {
  return state.plan?.steps.some((step) => step.risk !== 'read') === true;
}

/** Why the ending of a run calls for people; `null`: it does not. Whoever only looked leaves nothing unhealthy behind. */
function causeOf(state: RunState, report: StateReport | null): Incident['cause'] | null {
  if (state.ended === null) return null;
  const { reason, note, at, outcome } = state.ended;
  const failed = outcome === 'failed' || outcome === 'needs-a-person';
  const unhealthy = report !== null && !report.healthy && changesSomething(state) ? report.summary : null;
  const unverified = failed || outcome === 'succeeded' ? null : notVerified(state, report);
  if (!failed && unhealthy === null && unverified === null) return null;
  const runbook = state.request?.runbook ?? '';
  const done = [...(unverified === null ? [] : [unverified]), ...whatWasDone(state)];
  return { run: state.id, runbook, reason, note, at, done, unhealthy };
}

const NOT_VERIFIED = 'Not verified:';

/** That nobody looked at the cluster after the last destructive call of a run; `null`: somebody did, or there was none. */
function notVerified(state: RunState, report: StateReport | null): string | null {
  const last = state.acts.findLast((act) => act.observed?.result !== 'not-done');
  if (last === undefined) return null;
  if (report !== null && parseTime(report.at) >= parseTime(last.observed?.at ?? last.at)) return null;
  const cluster = state.request?.cluster ?? '';
  return `${NOT_VERIFIED} no report on ${cluster} since the last call, ${last.action} on ${last.item}. Look with \`/kube status ${cluster}\`.`;
}

function afterTrouble(current: Incident | null, state: RunState, cause: Incident['cause']): Incident {
  const known = current === null ? [] : causesOf(current);
  const before = known.find((each) => kindOf(each) === kindOf(cause));
  if (current !== null && before !== undefined && parseTime(cause.at) < parseTime(current.closed?.at ?? before.at))
    return current;
  const judged = current?.judged ?? [];
  if (current === null || current.closed !== null) {
    const cluster = state.request?.cluster ?? '';
    return { id: state.id, cluster, openedAt: cause.at, cause, also: [], work: null, closed: null, judged };
  }
  const others = known.filter((each) => kindOf(each) !== kindOf(cause));
  return withCauses(current, [cause, ...others], current.work?.run === state.id ? null : current.work);
}

function afterGood(current: Incident | null, state: RunState): Incident | null {
  if (current === null || current.closed !== null) return current;
  const causes = causesOf(current);
  const left = causes.filter((each) => endedBy(each, state) === null);
  if (left.length === 0) return { ...current, work: null, closed: endedBy(current.cause, state) };
  const work = current.work?.run === state.id ? null : current.work;
  if (left.length < causes.length) return withCauses(current, left, work);
  return work === current.work ? current : { ...current, work };
}

function causesOf({ cause, also }: Incident): readonly Incident['cause'][] {
  return [cause, ...also];
}

/** The newest of them first. */
function withCauses(current: Incident, causes: readonly Incident['cause'][], work: Incident['work']): Incident {
  const [cause = current.cause, ...also] = causes.toSorted((a, b) => parseTime(b.at) - parseTime(a.at));
  return { ...current, cause, also, work };
}

function withWork(current: Incident, state: RunState): Incident {
  if (current.closed !== null || !changesSomething(state)) return current;
  if (current.work !== null && current.work.run !== state.id) return current;
  const words = phaseInWords(state);
  if (current.work?.words === words) return current;
  return { ...current, work: { run: state.id, runbook: state.request?.runbook ?? '', words } };
}

/** The phase without steps or votes: an incident tells changes of state only. */
function phaseInWords(state: RunState): string {
  if (state.ending !== null) return 'ending';
  if (state.cancel !== null) return 'stopping at the next safe point';
  switch (phaseOf(state)) {
    case 'planning':
      return 'planning';
    case 'waiting-for-people':
      return `waiting for ${openGate(state)?.spec.approvals.from.join(' or ') ?? 'people'}`;
    case 'waiting-for-lock':
      return 'waiting for a lock';
    case 'waiting-for-window':
      return 'waiting for its maintenance window';
    case 'waiting-for-newer-worker':
      return 'waiting for a newer worker';
    case 'running':
      return 'running';
    case 'ended':
      return 'ended';
  }
}

/** The runs an incident names. */
export function runsOf(incident: Incident): readonly string[] {
  const { cause, also, work, closed } = incident;
  return [
    cause.run,
    ...also.map(({ run }) => run),
    ...(work === null ? [] : [work.run]),
    ...(closed === null ? [] : [closed.run]),
  ];
}

/** What happened, what was done and, until it is closed, what to do next, in sentences for people. */
export function incidentInWords(incident: Incident): readonly string[] {
  const { cause, also, closed, cluster } = incident;
  const { text } = REASONS[cause.reason];
  const what = cause.unhealthy === null ? text : `The cluster is not healthy after the run: ${cause.unhealthy}`;
  const next = cause.unhealthy === null && closed === null ? `Next: ${nextAfter(cause.reason, cluster)}` : '';
  const done = cause.done.filter((line) => closed === null || !line.startsWith(NOT_VERIFIED));
  const open = also.map((each) => `Also not over: ${each.run}. ${each.unhealthy ?? REASONS[each.reason].text}`);
  return [what, cause.note, ...done, ...(closed === null ? open : []), next].filter((line) => line !== '');
}
