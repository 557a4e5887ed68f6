import { sameJson } from '../json.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type ArgoApplication, resourceIn } from './argo.ts';
import { ignoredOf } from './argo-ignores.ts';
import { writtenAt } from './managed-fields.ts';
import type { PatchedObject } from './suspend.ts';

/** Whether a change is in Git. Words without a period. */
export interface Committed {
  readonly is:
    | 'committed'
    /** Not as far as can be seen; that may still come. */
    | 'behind'
    /** Nothing speaks against it, and it is not told: only people can say so. */
    | 'not-told';
  readonly words: string;
}

/** How an Application stood before the change. */
export interface ArgoBefore {
  /** Commits that it was compared with; empty: they are not known. */
  readonly revisions: readonly string[];
  /** The same where it was out of sync with them: people may have committed the change first. Absent: it was not. */
  readonly ahead?: readonly string[] | undefined;
}

/**
 * Whether Argo CD finds the objects as Git has them, by a commit that is another one than before they were changed, compared after the
 * change. A status that was made before says `Synced` too, so that alone it says nothing; of fields that are not compared no status says anything.
 *
 * @param live the objects as they are now, at what the plan makes of them
 * @param patched the fields of them that the plan changes
 */
export function isCommitted(
  application: ArgoApplication,
  live: readonly KubernetesObject[],
  patched: readonly PatchedObject[],
  before: ArgoBefore,
): Committed {
  const blind = patched.filter((each) => isBlind(application, each));
  if (blind.length === 0) return ofCompared(application, live, patched, before);
  const rest = patched.filter((each) => !blind.includes(each));
  const compared = live.filter(({ metadata }) => rest.some(({ uid }) => uid === metadata.uid));
  const seen = rest.length === 0 ? null : ofCompared(application, compared, rest, before);
  if (seen?.is === 'behind') return seen;
  const names = blind.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const words = `Application ${application.namespace}/${application.name} does not compare ${names} with Git in all that was changed: only people can tell`;
  return { is: 'not-told', words };
}

function ofCompared(
  application: ArgoApplication,
  live: readonly KubernetesObject[],
  patched: readonly PatchedObject[],
  before: ArgoBefore,
): Committed {
  const name = `Application ${application.namespace}/${application.name}`;
  const states = live.map((object) => ({ object, status: resourceIn(application, object)?.status ?? 'not listed' }));
  const other = states.find(({ status }) => status !== 'Synced');
  if (other !== undefined) {
    const { kind, metadata } = other.object;
    return { is: 'behind', words: `${name} says ${other.status} of ${kind} ${metadata.name}` };
  }
  const at = application.revisions.map((each) => each.slice(0, 12)).join(', ');
  if (at === '') return { is: 'behind', words: `${name} is still at no commit that it tells` };
  const isSame = sameJson(application.revisions, before.revisions);
  if (isSame && !sameJson(application.revisions, before.ahead ?? []))
    return { is: 'behind', words: `${name} is still at ${at}` };
  const late = comparedTooEarly(application, live, patched);
  if (late !== null) return { is: late.is, words: `${name} is at ${at}, ${late.words}` };
  if (isSame)
    return {
      is: 'not-told',
      words: `${name} is still at ${at}, was out of sync with it before the change, and is in sync now: only people can tell whether it has the change`,
    };
  return before.revisions.length === 0
    ? {
        is: 'not-told',
        words: `${name} is at ${at}, and which commit it was at before is not known: only people can tell`,
      }
    : { is: 'committed', words: `${name} is at ${at} and has the change` };
}

/** Whether what Argo CD says may be of before the change; `null`: it is not. Both times are of the clocks there. */
function comparedTooEarly(
  { comparedAt }: ArgoApplication,
  live: readonly KubernetesObject[],
  patched: readonly PatchedObject[],
): Committed | null {
  const unknown = 'and does not tell when it compared that with the cluster';
  if (comparedAt === null) return { is: 'behind', words: unknown };
  for (const object of live) {
    const fields = patched.find(({ uid }) => uid === object.metadata.uid)?.fields ?? [];
    const paths = fields.map(({ path }) => path);
    const changedAt = writtenAt(object, paths);
    const what = `${object.kind} ${object.metadata.name}`;
    if (changedAt === null)
      return { is: 'not-told', words: `and when ${what} was changed is not noted: only people can tell` };
    if (comparedAt <= changedAt)
      return {
        is: 'behind',
        words: `and has not compared it with ${what} since that was changed: it does so every 3 min`,
      };
  }
  return null;
}

/** Whether an Application does not compare a field with Git that was changed. */
function isBlind({ ignores }: ArgoApplication, { fields, namespace, ...object }: PatchedObject): boolean {
  const paths = fields.map(({ path }) => path);
  return ignoredOf(ignores, { ...object, namespace: namespace ?? '' }, paths) !== 'none';
}
