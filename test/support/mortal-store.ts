import type { RunStore } from '../../src/core/ports/run-store.ts';

/** Life of one simulated process. */
export interface Life {
  dead: boolean;
}

/** A store as one process sees it: after its death no call of it does or answers anything. */
export function mortalStore(store: RunStore, life: Life): RunStore {
  const alive = async <T>(call: () => Promise<T>): Promise<T> => {
    if (life.dead) await new Promise<never>(() => undefined);
    const answer = await call();
    if (life.dead) await new Promise<never>(() => undefined);
    return answer;
  };
  return {
    create: async (run) => await alive(async () => await store.create(run)),
    requested: async (key) => await alive(async () => await store.requested(key)),
    read: async (runId) => await alive(async () => await store.read(runId)),
    append: async (runId, write) => await alive(async () => await store.append(runId, write)),
    claim: async (...args) => await alive(async () => await store.claim(...args)),
    renew: async (...args) => await alive(async () => await store.renew(...args)),
    remaining: async (lease) => await alive(async () => await store.remaining(lease)),
    park: async (...args) => await alive(async () => await store.park(...args)),
    release: async (...args) => await alive(async () => await store.release(...args)),
    due: async (...args) => await alive(async () => await store.due(...args)),
    list: async (query) => await alive(async () => await store.list(query)),
    unfinished: async () => await alive(async () => await store.unfinished()),
    locks: async () => await alive(async () => await store.locks()),
    lockByHand: async (...args) => await alive(async () => await store.lockByHand(...args)),
    unlockByHand: async (...args) => await alive(async () => await store.unlockByHand(...args)),
    audit: async (entries) => await alive(async () => await store.audit(entries)),
    auditEntries: async (...args) => await alive(async () => await store.auditEntries(...args)),
    auditHead: async () => await alive(async () => await store.auditHead()),
    prune: async (nowMs) => await alive(async () => await store.prune(nowMs)),
  };
}
