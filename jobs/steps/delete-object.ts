import type { KubernetesPort, KubernetesResult, ObjectMeta, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import type { ChangeLook, ObjectChange } from './object-change.ts';

/** Limit of one call, ms. */
export const OBJECT_CALL_MS = 10_000;

/** An object that is to go: this one, and no namesake. */
export interface Doomed {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** `delete-node`. */
  readonly action: string;
  /** How people call it. */
  readonly item: string;
}

/**
 * The deletion of one object by its uid. Done is that the object is gone, or that it is being deleted, whoever asked for it; that it goes
 * in the end is for others to wait for.
 */
export function deletionOf(
  kubernetes: Pick<KubernetesPort, 'list' | 'delete'>,
  { ref, uid, action, item }: Doomed,
  signal: AbortSignal,
): ObjectChange {
  return {
    item,
    action,
    facts: { kind: ref.kind, namespace: ref.namespace, name: ref.name, uid },
    look: async (): Promise<ChangeLook> => {
      const seen = await seeMetadata(kubernetes, ref, signal);
      if (!seen.ok) return { is: 'unread', why: `${ref.kind} ${ref.name} could not be read: ${seen.error.message}` };
      if (seen.value === null) return { is: 'done', note: `${item} is gone` };
      const { uid: is, deletionTimestamp } = seen.value;
      if (is !== uid) return { is: 'done', note: `${item} is gone; another one has its name since` };
      return deletionTimestamp === undefined
        ? { is: 'not-done', note: `${item} is still there` }
        : { is: 'done', note: `${item} is being deleted since ${deletionTimestamp}` };
    },
    call: async (calling) =>
      await kubernetes.delete(ref, { timeoutMs: OBJECT_CALL_MS, signal: calling, preconditions: { uid } }),
  };
}

/** The metadata of one object; `null`: it is not there. Nothing else of it comes to this process, because it may be a Secret. */
async function seeMetadata(
  kubernetes: Pick<KubernetesPort, 'list'>,
  { apiVersion, kind, namespace, name }: ObjectRef,
  signal: AbortSignal,
): Promise<KubernetesResult<ObjectMeta | null>> {
  const listed = await kubernetes.list(
    { apiVersion, kind, namespace, fieldSelector: `metadata.name=${name}` },
    { timeoutMs: OBJECT_CALL_MS, signal, metadataOnly: true },
  );
  return listed.ok ? { ok: true, value: listed.value.items[0]?.metadata ?? null } : listed;
}
