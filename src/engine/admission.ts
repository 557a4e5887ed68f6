import { usesOverride } from '../core/access.ts';
import type { Admission } from '../core/admission.ts';
import type { RunAsk } from '../core/desk.ts';
import { Freeze, freezeInWords, isInForce } from '../core/freeze.ts';
import type { Check } from '../core/plan.ts';
import type { Calendar } from '../core/ports/calendar.ts';
import type { ControlRecord, ControlStore } from '../core/ports/control-store.ts';
import type { Clock } from '../core/ports/runtime.ts';
import type { Reason } from '../core/reasons.ts';
import type { RunRequest } from '../core/run-event.ts';
import type { AnyRunbook } from '../core/runbook.ts';
import { type WindowSpec, type WindowState, windowAt } from '../core/window.ts';

/** What admission is judged by. */
export interface AdmissionDeps {
  readonly control: ControlStore;
  readonly calendar: Calendar;
  /** The maintenance windows of a cluster as configured here; empty: always open. */
  windows(cluster: string): readonly WindowSpec[];
}

interface Judging {
  readonly admission: AdmissionDeps;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * A freeze as it was stored. One that cannot be read still holds: nobody knows until when.
 */
export function readFreeze(record: ControlRecord): Freeze {
  const parsed = Freeze.safeParse(record.value);
  if (parsed.success) return parsed.data;
  const by = { team: '?', user: '?' };
  const reason = 'the record of this freeze cannot be read; thaw the cluster and freeze it again';
  return { cluster: record.key, by, at: '', until: null, untilWords: '', reason, request: '' };
}

/** The freeze that holds on a cluster now; `null`: none. Throws when the control store cannot be reached. */
export async function freezeNow({ admission, clock }: Judging, cluster: string): Promise<Freeze | null> {
  const record = await admission.control.read('freeze', cluster);
  const freeze = record === null ? null : readFreeze(record);
  return freeze !== null && isInForce(freeze, clock.nowMs()) ? freeze : null;
}

/** The maintenance windows of a cluster now; `null`: it has none. */
export function windowNow({ admission, clock }: Judging, cluster: string): WindowState | null {
  return windowAt(admission.calendar, admission.windows(cluster), clock.nowMs());
}

/** What stands against changing a cluster now. Throws when the control store cannot be reached. */
export async function admissionNow(deps: Judging, cluster: string): Promise<Admission> {
  return { freeze: await freezeNow(deps, cluster), window: windowNow(deps, cluster) };
}

/** Whether a request may go on to planning. */
export type RequestAdmission =
  /** `outsideWindow`: it uses the override now, so the policy is to be asked with it. */
  | { readonly ok: true; readonly outsideWindow: boolean }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

/**
 * What admission says to a request. A frozen cluster refuses what changes something; outside its window a request is accepted and
 * waits, unless it uses the override. While the window is open the override is not used, and does not count later either.
 */
export async function admitRequest(
  deps: Judging,
  { order, flags = [] }: RunAsk,
  runbook: AnyRunbook | undefined,
): Promise<RequestAdmission> {
  const reads = runbook?.steps.every((step) => step.risk === 'read') ?? true;
  if (reads) return { ok: true, outsideWindow: false };
  const { freeze, window } = await admissionNow(deps, order.cluster);
  // A dry run changes nothing; with the override it is judged and shown as the run itself would be.
  if (freeze !== null && !order.dryRun)
    return { ok: false, reason: 'cluster-frozen', why: `${freezeInWords(freeze)}.` };
  return { ok: true, outsideWindow: usesOverride(flags, window) };
}

/** What a plan says of freeze and window: what people should know before they approve. Measurements, so not part of the hash. */
export async function admissionChecks(deps: Judging, request: RunRequest, changes: boolean): Promise<readonly Check[]> {
  const { freeze, window } = await admissionNow(deps, request.cluster);
  const frozen: readonly Check[] =
    freeze === null
      ? []
      : [
          {
            id: 'frozen',
            verdict: 'warn',
            title: 'Frozen: nothing that changes it begins',
            evidence: freezeInWords(freeze),
          },
        ];
  if (window === null || !changes) return frozen;
  return [...frozen, windowCheck(deps, window, request.outsideWindow === true)];
}

function windowCheck({ admission: { calendar } }: Judging, window: WindowState, override: boolean): Check {
  if (window.open) {
    const until =
      window.closesMs === null ? 'and no end is in sight' : `until ${calendar.words(window.closesMs, window.tz)}`;
    return { id: 'window', verdict: 'pass', title: 'Inside the maintenance window', evidence: `It is open ${until}.` };
  }
  const opens =
    window.opensMs === null ? 'It never opens again.' : `It opens ${calendar.words(window.opensMs, window.tz)}.`;
  return override
    ? { id: 'window', verdict: 'warn', title: 'Runs outside the maintenance window, as asked', evidence: opens }
    : {
        id: 'window',
        verdict: 'warn',
        title: 'Waits for the maintenance window, then starts by itself',
        evidence: opens,
      };
}
