import { readApplication } from '../../../src/core/gitops/argo.ts';
import { isCommitted } from '../../../src/core/gitops/committed.ts';
import { suspensionWords } from '../../../src/core/gitops/finding.ts';
import { hasMoved } from '../../../src/core/gitops/flux-source.ts';
import type { Suspended } from '../../../src/core/gitops/suspend.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import type { StepContext } from '../../../src/core/step.ts';
import { beforeChange } from './before-change.ts';
import { seeSuspension } from './ports.ts';
import { readSource } from './read-source.ts';

/** Whether following Git would take a change back, as far as it can be seen. Words without a period. */
export type BehindGit =
  /** Nothing speaks against it. */
  | { readonly is: 'clear' }
  /** People said that Git has it, and nobody else could tell. */
  | { readonly is: 'believed'; readonly words: string }
  | { readonly is: 'behind'; readonly words: string }
  | { readonly is: 'unread'; readonly reason: EndReason; readonly words: string };

type Context = Pick<StepContext<'kubernetes' | 'management'>, 'ports' | 'runId' | 'signal' | 'outputs'>;

/** Looks at one that is suspended, after people said that Git has the change. @param live its objects as they are now */
export async function behindGit(
  context: Context,
  each: Suspended,
  live: readonly KubernetesObject[],
): Promise<BehindGit> {
  const { suspension } = each;
  const seen = await seeSuspension(context.ports, suspension, context.runId, context.signal);
  if (!seen.ok) {
    const words = `${suspensionWords(suspension)} could not be read: ${seen.error.message}`;
    return { is: 'unread', reason: seen.reason, words };
  }
  if (seen.state !== 'ours' || seen.object === null) return { is: 'clear' };
  return suspension.way === 'argo'
    ? ofArgo(context, each, seen.object, live)
    : await ofFlux(context, each, seen.object);
}

function ofArgo(
  { outputs }: Context,
  { suspension, objects }: Suspended,
  object: KubernetesObject,
  live: readonly KubernetesObject[],
): BehindGit {
  const application = readApplication(object);
  if (application === null) return { is: 'behind', words: `${suspensionWords(suspension)} says nothing legible` };
  const own = live.filter(({ metadata }) => objects.some(({ uid }) => uid === metadata.uid));
  const { is, words } = isCommitted(application, own, objects, beforeChange(outputs, suspension));
  if (is === 'committed') return { is: 'clear' };
  return { is: is === 'not-told' ? 'believed' : 'behind', words };
}

async function ofFlux(
  { ports, signal, outputs }: Context,
  { suspension }: Suspended,
  object: KubernetesObject,
): Promise<BehindGit> {
  const source = await readSource(ports, suspension.cluster, object, signal);
  if (source.kind === 'silent') return { is: 'unread', reason: source.reason, words: source.why };
  const { is, words } = hasMoved(object, beforeChange(outputs, suspension), source);
  if (is === 'moved') return { is: 'clear' };
  return { is: is === 'not-told' ? 'believed' : 'behind', words };
}
