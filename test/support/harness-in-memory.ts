import { createFakeRunStore, type FakeRunStore } from '../fakes/run-store.ts';
import { createHarness, type Harness, type HarnessOptions } from './engine-harness.ts';
import { createFakeClock } from './fake-clock.ts';

/** Builds a harness over the fake store. */
export function harnessInMemory(options: Omit<HarnessOptions, 'store'>): {
  readonly harness: Harness;
  readonly store: FakeRunStore;
} {
  const { clock = createFakeClock() } = options;
  const store = createFakeRunStore(clock);
  return { harness: createHarness({ ...options, clock, store: () => store }), store };
}
