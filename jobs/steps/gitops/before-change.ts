import { z } from 'zod';
import { type ArgoApplication, readApplication, resourceIn } from '../../../src/core/gitops/argo.ts';
import { type Suspension, suspensionWords } from '../../../src/core/gitops/finding.ts';
import { isAhead, takenRevisions } from '../../../src/core/gitops/flux-source.ts';
import type { PatchedObject, Suspended } from '../../../src/core/gitops/suspend.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import type { StepContext } from '../../../src/core/step.ts';
import { type BothClusters, seeSuspension } from './ports.ts';
import { readSource } from './read-source.ts';

/** How one that is suspended stood to Git before anything was changed. */
export const BeforeChange = z.object({
  uid: z.string(),
  /** Argo CD: the commits that it was compared with. Flux: what it and its source were at. Empty: not told. */
  revisions: z.array(z.string()),
  /** Of those, what Git had and was not applied yet: people may have committed the change first. Absent: nothing. */
  ahead: z.array(z.string()).optional(),
  /** Of its spec once it is suspended; `null`: not told. */
  generation: z.number().nullable(),
});
export type BeforeChange = z.infer<typeof BeforeChange>;

/** What the step that suspends leaves. */
export const SuspendOutput = z.object({ words: z.string(), revisions: z.array(BeforeChange) });
export type SuspendOutput = z.infer<typeof SuspendOutput>;

/** What was seen of all that are suspended. */
export interface SeenBefore {
  /** Some could not be read, and nothing may be changed before they are. `why`: without a period. */
  readonly unread: readonly { readonly reason: EndReason; readonly why: string }[];
  /** Names of those in the middle of a sync: it goes on also when it is not followed by others. */
  readonly syncing: readonly string[];
  readonly before: readonly BeforeChange[];
}

/** Looks at all of them, once they are suspended. */
export async function seeBefore(
  { ports, runId, signal }: Pick<StepContext<'kubernetes' | 'management'>, 'ports' | 'runId' | 'signal'>,
  suspended: readonly Suspended[],
): Promise<SeenBefore> {
  const unread: { reason: EndReason; why: string }[] = [];
  const syncing: string[] = [];
  const before: BeforeChange[] = [];
  for (const { suspension, objects } of suspended) {
    const name = suspensionWords(suspension);
    const seen = await seeSuspension(ports, suspension, runId, signal);
    if (!seen.ok) unread.push({ reason: seen.reason, why: `${name} could not be read: ${seen.error.message}` });
    if (!seen.ok || seen.object === null) continue;
    const { uid, generation = null } = seen.object.metadata;
    const application = suspension.way === 'argo' ? readApplication(seen.object) : null;
    if (application?.syncing === true) syncing.push(name);
    const stood =
      suspension.way === 'argo'
        ? argoRevisions(application, objects)
        : await fluxRevisions(ports, suspension, seen.object, signal);
    if ('why' in stood) unread.push(stood);
    else before.push({ uid, ...stood, generation });
  }
  return { unread, syncing, before };
}

type Stood = Pick<BeforeChange, 'revisions' | 'ahead'>;

function argoRevisions(application: ArgoApplication | null, objects: readonly PatchedObject[]): Stood {
  const revisions = [...(application?.revisions ?? [])];
  const isOut = objects.some(({ apiVersion, kind, namespace, name, uid }) => {
    const metadata = { name, uid, resourceVersion: '', ...(namespace === null ? {} : { namespace }) };
    return application !== null && resourceIn(application, { apiVersion, kind, metadata })?.status === 'OutOfSync';
  });
  return isOut ? { revisions, ahead: revisions } : { revisions };
}

async function fluxRevisions(
  ports: BothClusters,
  { cluster }: Suspension,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<Stood | { readonly reason: EndReason; readonly why: string }> {
  const source = await readSource(ports, cluster, object, signal);
  if (source.kind === 'silent') return source;
  const fetched = source.kind === 'read' && source.revision !== '' ? [source.revision] : [];
  const revisions = [...takenRevisions(object), ...fetched];
  return fetched.some((each) => isAhead(object, each)) ? { revisions, ahead: fetched } : { revisions };
}

/** How one stood before the change, as the step that suspended it left it; nothing known where it did not. */
export function beforeChange(outputs: readonly unknown[], { uid }: Suspension): BeforeChange {
  const found = outputs.flatMap((output) => SuspendOutput.safeParse(output).data?.revisions ?? []);
  return found.find((each) => each.uid === uid) ?? { uid, revisions: [], generation: null };
}
