/**
 * Why etcd gave no answer.
 *
 * - `compacted`: the revision is gone for good.
 * - `future`: the revision is not there yet.
 * - `deadline`: no answer in time; a change may have happened.
 * - `etcd`: etcd refused in its own words (`etcdserver: mvcc: database space exceeded`).
 * - `unavailable`: the connection broke; a change may have happened.
 * - `closed`: the store was closed here.
 * - `garbage`: what is stored there is no object.
 */
export type StoreErrorCode = 'compacted' | 'future' | 'deadline' | 'etcd' | 'unavailable' | 'closed' | 'garbage';

/** A failed call to etcd. The message is what a real API server would pass on. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }
}
