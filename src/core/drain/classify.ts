import { parseTime } from '../time.ts';
import { hasDaemonSet } from './coverage.ts';
import { isFinishedPhase } from './read-objects.ts';
import type { DrainConsents, DrainPod, DrainView } from './view.ts';

/** What of a pod is lost, or not made anew, when it goes. */
export type Loss = 'local-storage' | 'unmanaged' | 'daemon-set-missing';

/** What a drain does with a pod. */
export type PodClass =
  /** It goes; `losing`: what people consented to. */
  | { readonly kind: 'evict'; readonly losing: readonly Loss[] }
  /** It stays, and the drain does not wait for it. */
  | { readonly kind: 'skip'; readonly why: 'daemon-set' | 'mirror' | 'terminating-long' }
  /** It may not go without a consent: nothing of its node does. */
  | { readonly kind: 'refuse'; readonly why: Loss };

/** What the class of a pod depends on beside the pod. */
export interface ClassContext {
  readonly view: DrainView;
  readonly consents: DrainConsents;
  /** ms since 1970. */
  readonly nowMs: number;
}

/**
 * What a drain does with a pod. The first rule that keeps a pod decides. Always ignores DaemonSets. An emptyDir in memory counts as
 * data, as kubectl has it (eksctl does not).
 *
 * Source: kubectl pkg/drain/filters.go, `makeFilters`; `--unmanaged` is its `--force`, without the deletes that skip budgets.
 */
export function classify(pod: DrainPod, context: ClassContext): PodClass {
  const { consents } = context;
  if (isSkippedAsDeleted(pod, context)) return { kind: 'skip', why: 'terminating-long' };
  const finished = isFinishedPhase(pod.phase);
  const losing: Loss[] = [];
  if (!finished && isOfDaemonSet(pod)) {
    if (hasDaemonSet(context.view, pod.namespace, pod.owner?.name ?? '')) return { kind: 'skip', why: 'daemon-set' };
    if (!consents.unmanaged) return { kind: 'refuse', why: 'daemon-set-missing' };
    losing.push('daemon-set-missing');
  }
  if (pod.mirror) return { kind: 'skip', why: 'mirror' };
  if (!finished && pod.emptyDirs.length > 0) {
    if (!consents.deleteEmptyDir) return { kind: 'refuse', why: 'local-storage' };
    losing.push('local-storage');
  }
  if (!finished && pod.owner === null) {
    if (!consents.unmanaged) return { kind: 'refuse', why: 'unmanaged' };
    losing.push('unmanaged');
  }
  return { kind: 'evict', losing };
}

function isSkippedAsDeleted({ deletedAt }: DrainPod, { nowMs, consents: { skipEndingMs = 0 } }: ClassContext): boolean {
  return skipEndingMs > 0 && deletedAt !== null && nowMs - parseTime(deletedAt) > skipEndingMs;
}

/** kubectl looks at the kind alone: a DaemonSet of another group is "missing" to it too. */
function isOfDaemonSet({ owner }: DrainPod): boolean {
  return owner?.kind === 'DaemonSet';
}

/** Everything that a drain must be told before a pod may go, whatever was consented to. */
export function lossesOf(pod: DrainPod, view: DrainView): readonly Loss[] {
  const all = { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: false };
  const found = classify(pod, { view, consents: all, nowMs: 0 });
  return found.kind === 'evict' ? found.losing : [];
}
