import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type KindToList, kindsToList, type RemovedApi } from '../../../src/core/preflight/removed-apis.ts';
import { type StoredUse, storedUses } from '../../../src/core/preflight/stored-apis.ts';
import { eachLimited } from './limited.ts';
import { CALL_MS, LIST_MS } from './read-parts.ts';

/** What was found of stored objects, and the kinds that could not be looked through, with why. */
export interface StoredSeen {
  readonly uses: readonly StoredUse[];
  readonly unseen: readonly string[];
  /** How many objects there are of each kind that was looked through. */
  readonly counts: ReadonlyMap<string, number>;
}

const AT_ONCE = 4;

/** Looks through the metadata of all objects of kinds that lose a version. Nothing else of them is asked for. */
export async function readStored(
  kubernetes: Pick<KubernetesPort, 'list' | 'serves'>,
  removed: readonly RemovedApi[],
  signal: AbortSignal,
): Promise<StoredSeen> {
  const found = await eachLimited(kindsToList(removed), AT_ONCE, async (kind) => {
    return { kind: kind.kind, ...(await readKind(kubernetes, kind, removed, signal)) };
  });
  return {
    uses: found.flatMap(({ uses }) => uses),
    unseen: found.flatMap(({ kind, why }) => (why === null ? [] : [`${kind}: ${why}`])),
    counts: new Map(found.map(({ kind, count }) => [kind, count] as const)),
  };
}

interface KindSeen {
  readonly uses: readonly StoredUse[];
  readonly count: number;
  readonly why: string | null;
}

async function readKind(
  kubernetes: Pick<KubernetesPort, 'list' | 'serves'>,
  { kind, apiVersions }: KindToList,
  removed: readonly RemovedApi[],
  signal: AbortSignal,
): Promise<KindSeen> {
  for (const apiVersion of apiVersions) {
    const served = await kubernetes.serves({ apiVersion, kind }, { timeoutMs: CALL_MS, signal });
    if (!served.ok) return { uses: [], count: 0, why: served.error.message };
    if (served.value === null) continue;
    const listed = await kubernetes.list(
      { apiVersion, kind, namespace: null },
      { timeoutMs: LIST_MS, signal, metadataOnly: true },
    );
    if (!listed.ok) return { uses: [], count: 0, why: listed.error.message };
    const { items } = listed.value;
    return {
      uses: items.flatMap((object) => storedUses({ ...object, kind }, removed)),
      count: items.length,
      why: null,
    };
  }
  // Not served in any version: nothing of it is stored where it could be asked for.
  return { uses: [], count: 0, why: null };
}
