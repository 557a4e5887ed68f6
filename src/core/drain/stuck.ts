import { parseTime } from '../time.ts';
import { leftOn } from './advance.ts';
import { nodeNamed } from './coverage.ts';
import type { Cursor } from './cursor.ts';
import type { DrainConsents, DrainPod, DrainView } from './view.ts';

/** A pod that does not end. */
export interface StuckPod {
  readonly pod: DrainPod;
  /** How long ago its grace period was over, ms. */
  readonly forMs: number;
  /** Whether the kubelet of its node reports. */
  readonly ready: 'yes' | 'no' | 'unknown';
  /** What deleting it by force could break; empty: nothing that is known. */
  readonly dangers: readonly string[];
}

/**
 * Pods of nodes under way that should have ended `stuckMs` ago. Both clocks must say so: the server's, which set the end of the grace period,
 * and the worker's, which has seen the pod ending for so long.
 */
export function stuckOf(
  view: DrainView,
  cursor: Cursor,
  { stuckMs, consents }: { readonly stuckMs: number; readonly consents: DrainConsents },
  nowMs: number,
): readonly StuckPod[] {
  const since = new Map(cursor.ending.map(({ uid, sinceMs }) => [uid, sinceMs]));
  const begun = cursor.nodes.filter(({ begunMs, emptyMs }) => begunMs !== null && emptyMs === null);
  return begun
    .flatMap((node) => leftOn(view, node, consents, nowMs))
    .flatMap((pod) => {
      const forMs = pod.deletedAt === null ? 0 : nowMs - parseTime(pod.deletedAt);
      const seenMs = nowMs - (since.get(pod.uid) ?? nowMs);
      if (forMs <= stuckMs || seenMs <= stuckMs) return [];
      return [{ pod, forMs, ready: nodeNamed(view, pod.node)?.ready ?? 'unknown', dangers: dangersOf(pod) }];
    });
}

/** Source: Kubernetes documentation, "Force Delete StatefulSet Pods": two pods of one identity may run at once. */
function dangersOf({ owner, claims }: DrainPod): readonly string[] {
  return [
    ...(owner?.kind === 'StatefulSet' ? ['it belongs to a StatefulSet: two of the same name could run at once'] : []),
    ...(claims.length > 0 ? [`its volumes (${claims.join(', ')}) could be written by two pods at once`] : []),
  ];
}
