import { REMEDIATE_MACHINE } from '../../../src/core/cluster-api/names.ts';
import type { CapiKinds } from '../../../src/core/cluster-api/versions.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { StepContext } from '../../../src/core/step.ts';
import type { RemediateInput } from './input.ts';
import { MANAGEMENT_CALL_MS } from './read-management.ts';

/** What became of the request, from one look at the machine. */
export type RequestSeen =
  | { readonly kind: 'done'; readonly note: string }
  | { readonly kind: 'not-done'; readonly note: string }
  | { readonly kind: 'unseen'; readonly note: string };

/** Looks at the very machine: whether it is going or gone, or asks to be replaced. */
export async function lookAtRequest(
  { ports, signal, runId }: Pick<StepContext<'management'>, 'ports' | 'signal' | 'runId'>,
  { machine, cluster, trigger }: Pick<RemediateInput, 'machine' | 'cluster' | 'trigger'>,
  kind: CapiKinds['machine'],
): Promise<RequestSeen> {
  const ref = { ...kind, namespace: cluster.namespace, name: machine.name };
  const got = await ports.management.get(ref, { timeoutMs: MANAGEMENT_CALL_MS, signal });
  if (!got.ok)
    return got.error.code === 'not-found'
      ? { kind: 'done', note: `Machine ${machine.name} is gone` }
      : { kind: 'unseen', note: `Machine ${machine.name} could not be read: ${got.error.message}` };
  return judge(got.value, { machine, trigger, runId });
}

function judge(
  { metadata }: KubernetesObject,
  { machine, trigger, runId }: Pick<RemediateInput, 'machine' | 'trigger'> & { readonly runId: string },
): RequestSeen {
  const { name, uid } = machine;
  if (metadata.uid !== uid) return { kind: 'done', note: `Machine ${name} is gone; another one has its name` };
  if (metadata.deletionTimestamp !== undefined)
    return { kind: 'done', note: `Machine ${name} is being deleted since ${metadata.deletionTimestamp}` };
  const asked = metadata.annotations?.[REMEDIATE_MACHINE];
  if (trigger === 'annotation' && asked !== undefined) {
    const whose = asked === runId ? '' : ', by somebody else too';
    return { kind: 'done', note: `Machine ${name} asks to be replaced${whose}` };
  }
  return { kind: 'not-done', note: `Machine ${name} is as it was` };
}
