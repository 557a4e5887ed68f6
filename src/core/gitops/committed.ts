import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type ArgoApplication, isOtherCommit, resourceIn } from './argo.ts';
import { ignoredOf } from './argo-ignores.ts';
import type { PatchedObject } from './suspend.ts';

/** Whether a change is in Git. Words without a period. */
export interface Committed {
  readonly is: boolean;
  readonly words: string;
}

/**
 * Whether Argo CD finds the objects as Git has them, by a commit that is another one than before they were changed. A status that was made
 * before says `Synced` too, so that alone it says nothing.
 *
 * @param objects as they are now, at what the plan makes of them
 * @param before commits that the Application was compared with before the change
 */
export function isCommitted(
  application: ArgoApplication,
  objects: readonly KubernetesObject[],
  before: readonly string[],
): Committed {
  const name = `Application ${application.namespace}/${application.name}`;
  const states = objects.map((object) => ({ object, status: resourceIn(application, object)?.status ?? 'not listed' }));
  const other = states.find(({ status }) => status !== 'Synced');
  if (other !== undefined) {
    const { kind, metadata } = other.object;
    return { is: false, words: `${name} says ${other.status} of ${kind} ${metadata.name}` };
  }
  const at = application.revisions.map((each) => each.slice(0, 12)).join(', ');
  return isOtherCommit(application.revisions, before)
    ? { is: true, words: `${name} is at ${at} and has the change` }
    : { is: false, words: `${name} is still at ${at === '' ? 'no commit that it tells' : at}` };
}

/** Whether an Application does not compare a field with Git that was changed: then its status says nothing of that, and only people can. */
export function isBlind({ ignores }: Pick<ArgoApplication, 'ignores'>, objects: readonly PatchedObject[]): boolean {
  return objects.some(({ fields, namespace, ...object }) => {
    const paths = fields.map(({ path }) => path);
    return ignoredOf(ignores, { ...object, namespace: namespace ?? '' }, paths) !== 'none';
  });
}
