import { createFileStore } from '../adapters/object-store/file.ts';
import { createS3Store } from '../adapters/object-store/s3.ts';
import type { StorePlace } from '../config/config.ts';
import type { ObjectStore } from '../core/ports/object-store.ts';
import type { Clock } from '../core/ports/runtime.ts';

/** The store at a place. Asks nothing of it yet. A bucket is reached as the environment of the process says, proxies included. */
export function openStore(place: StorePlace, clock: Pick<Clock, 'nowMs'>): ObjectStore {
  return place.type === 'file'
    ? createFileStore(place.path)
    : createS3Store(place.s3, { env: process.env, nowMs: () => clock.nowMs() });
}
