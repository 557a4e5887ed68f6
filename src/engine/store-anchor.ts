import { ANCHOR_BYTES, anchorContent, anchorKey, readAnchorObject } from '../core/anchor-object.ts';
import type { Anchor } from '../core/audit-chain.ts';
import { readWhole } from '../core/object-bytes.ts';
import type { AnchorOutcome, AuditAnchor } from '../core/ports/audit-out.ts';
import type { ObjectStore, ObjectStoreError } from '../core/ports/object-store.ts';

/**
 * Keeps each anchor as an object of its own, made once and never changed. `keepForMs`: how long the store has to refuse that it is removed; `null`:
 * it is not asked to.
 */
export function createStoreAnchor(
  store: Pick<ObjectStore, 'put' | 'get' | 'place'>,
  keepForMs: number | null,
): AuditAnchor {
  return {
    place: store.place,
    keep: async (anchor, at) => {
      const retain = keepForMs === null ? {} : { retainUntil: new Date(Date.parse(at) + keepForMs).toISOString() };
      const put = await store.put(anchorKey(anchor.seq), anchorContent(anchor, at), { createOnly: true, ...retain });
      if (put.ok) return { kept: true };
      return put.error.code === 'already-there' ? await compare(store, anchor, keepForMs) : notKept(put.error);
    },
  };
}

/** What has its place may be the same anchor: of a process that died before it could note it, or of another one. */
async function compare(
  store: Pick<ObjectStore, 'get' | 'place'>,
  anchor: Anchor,
  keepForMs: number | null,
): Promise<AnchorOutcome> {
  const key = anchorKey(anchor.seq);
  const there = await readWhole(store, key, ANCHOR_BYTES);
  if (!there.ok) return notKept(there.error);
  if (readAnchorObject(key, there.value.bytes)?.hash !== anchor.hash) {
    const words = `${key} in ${store.place} holds another anchor: the audit log is not the one that was anchored before`;
    return { kept: false, fault: 'another-anchor', words };
  }
  if (keepForMs === null || there.value.object.retainedUntil !== null) return { kept: true };
  const words = `${key} is there, and ${store.place} does not show that it is kept for any time`;
  return { kept: false, fault: 'no-retention', words };
}

function notKept({ code, message }: ObjectStoreError): AnchorOutcome {
  return { kept: false, fault: code, words: message };
}
