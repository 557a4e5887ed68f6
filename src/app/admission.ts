import { systemCalendar } from '../adapters/time/calendar.ts';
import type { AdmissionDeps } from '../engine/admission.ts';
import type { LivePolicy } from './live-policy.ts';
import type { Stores } from './stores.ts';

/** What admission is judged by in this process: the control store, and the windows of its own configuration as they are now. */
export function admissionOf(live: Pick<LivePolicy, 'windows'>, { control }: Pick<Stores, 'control'>): AdmissionDeps {
  return { control, calendar: systemCalendar, windows: (cluster) => live.windows(cluster) };
}
