import { fieldsOf, listAt, textAt } from '../api/reading.ts';
import type { ApiObject } from '../contracts.ts';
import { selects } from '../eviction/label-selecting.ts';
import { acceptedOrGone, type Client } from './client.ts';
import type { Mirror } from './mirror.ts';
import { controllerUid, identity, isGoing, ownedBy, pathOf } from './objects.ts';

/** Where the dependents of a controller are. */
export interface Dependents {
  readonly mirror: Mirror;
  /** `/api/v1`. */
  readonly root: string;
  /** `pods`. */
  readonly plural: string;
}

/** What an owner controls: its own, those without a controller that its selector fits; those that it fits no more are let go. */
export async function claimed(
  client: Client,
  owner: ApiObject,
  { mirror, root, plural }: Dependents,
): Promise<readonly ApiObject[]> {
  const { namespace, uid } = identity(owner);
  const selector = fieldsOf(owner['spec'])['selector'];
  const kept: ApiObject[] = [];
  for (const each of mirror.all()) {
    if (identity(each).namespace !== namespace) continue;
    const controller = controllerUid(each);
    const fits = selects(selector, each.metadata['labels']);
    if (controller === uid && (fits || isGoing(owner))) kept.push(each);
    const takes = controller === '' && fits && !isGoing(each) && !isGoing(owner);
    const releases = controller === uid && !fits && !isGoing(owner) && !isGoing(each);
    if (!takes && !releases) continue;
    const others = listAt(each, 'metadata', 'ownerReferences').filter((one) => textAt(one, 'uid') !== uid);
    const ownerReferences = takes ? [...others, ownedBy(owner)] : others;
    const metadata = {
      uid: each.metadata['uid'],
      resourceVersion: each.metadata['resourceVersion'],
      ownerReferences: ownerReferences.length === 0 ? null : ownerReferences,
    };
    const changed = acceptedOrGone(await client.merge(pathOf(root, plural, each), { metadata }));
    if (changed === null) continue;
    await mirror.sees(changed);
    const now = mirror.get(identity(each).uid);
    if (takes && now !== undefined) kept.push(now);
  }
  return kept;
}
