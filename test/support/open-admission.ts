import type { AdmissionDeps } from '../../src/engine/admission.ts';
import { createFakeCalendar } from '../fakes/calendar.ts';
import { createFakeControlStore } from '../fakes/control-store.ts';
import { createRunMemory } from '../fakes/run-store-memory.ts';

/** Admission in which nothing is frozen and every cluster is always open. */
export function openAdmission(): AdmissionDeps {
  const control = createFakeControlStore(createRunMemory({ nowMs: () => 0 }));
  return { control, calendar: createFakeCalendar(), windows: () => [] };
}
