import { systemCalendar } from '../adapters/time/calendar.ts';
import type { AdmissionDeps } from '../engine/admission.ts';
import type { Foundation } from './foundation.ts';
import type { Stores } from './stores.ts';

/** What admission is judged by in this process: the control store, and the windows of its own configuration. */
export function admissionOf(
  { config }: Pick<Foundation, 'config'>,
  { control }: Pick<Stores, 'control'>,
): AdmissionDeps {
  const windows = new Map(config.clusters.map((cluster) => [cluster.name, cluster.windows]));
  return { control, calendar: systemCalendar, windows: (cluster) => windows.get(cluster) ?? [] };
}
