import type { GroupStore } from '../../src/core/ports/people.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';
import { createFailures, type Failures } from './run-store-failures.ts';

/** A group store in memory, with knobs for faults. */
export interface FakeGroupStore extends GroupStore {
  readonly failures: Failures<keyof GroupStore>;
}

/** Makes an empty store. `clock`: that of the store. */
export function createFakeGroupStore(clock: Pick<Clock, 'nowMs'>): FakeGroupStore {
  const stored = new Map<string, { readonly users: readonly string[]; readonly atMs: number }>();
  const failures = createFailures<keyof GroupStore>();
  return {
    failures,
    beginning: () => failures.call('beginning', () => clock.nowMs()),
    save: (group, users, beganMs) =>
      failures.call('save', () => {
        const known = stored.get(group);
        if (known !== undefined && known.atMs > beganMs && known.atMs <= clock.nowMs()) return;
        stored.set(group, { users: [...users], atMs: beganMs });
      }),
    load: (groups) =>
      failures.call('load', () =>
        groups.flatMap((group) => {
          const known = stored.get(group);
          const ageMs = clock.nowMs() - (known?.atMs ?? 0);
          return known === undefined || ageMs < 0 ? [] : [{ group, users: known.users, ageMs }];
        }),
      ),
  };
}
