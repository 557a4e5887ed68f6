import { at, fieldsOf, listAt, textAt, textsAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { isGoing } from './objects.ts';

/** How an owner is: it is there, it is gone, or it waits for its dependents to go. */
export type OwnerState = 'there' | 'gone' | 'waiting';

/** What is to be done with a dependent. */
export type Verdict =
  | { readonly action: 'keep' }
  /** Some owners are gone: the object forgets them. */
  | { readonly action: 'forget'; readonly owners: readonly string[] }
  | { readonly action: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' };

/** The uids of an object's owners. */
export function ownersOf(object: ApiObject | null): readonly string[] {
  return listAt(object, 'metadata', 'ownerReferences').map((each) => textAt(each, 'uid'));
}

/** Whether an object is going and its dependents are to go first, or to be left alone. */
export function waitsFor(object: ApiObject, finalizer: 'foregroundDeletion' | 'orphan'): boolean {
  return isGoing(object) && textsAt(object, 'metadata', 'finalizers').includes(finalizer);
}

/** Judges an object by its owners. `hasDependents`: it owns others itself. */
export function verdict(object: ApiObject, states: ReadonlyMap<string, OwnerState>, hasDependents: boolean): Verdict {
  const owners = ownersOf(object);
  if (owners.length === 0 || isGoing(object)) return { action: 'keep' };
  const lost = owners.filter((uid) => states.get(uid) !== 'there');
  if (lost.length === 0) return { action: 'keep' };
  if (lost.length < owners.length) return { action: 'forget', owners: lost };
  const finalizers = textsAt(object, 'metadata', 'finalizers');
  if (hasDependents && owners.some((uid) => states.get(uid) === 'waiting'))
    return { action: 'delete', policy: 'Foreground' };
  if (finalizers.includes('orphan')) return { action: 'delete', policy: 'Orphan' };
  return { action: 'delete', policy: finalizers.includes('foregroundDeletion') ? 'Foreground' : 'Background' };
}

/** Whether an object keeps its owner from going in a foreground deletion. */
export function blocks(object: ApiObject, owner: string): boolean {
  return listAt(object, 'metadata', 'ownerReferences').some(
    (each) => textAt(each, 'uid') === owner && at(each, 'blockOwnerDeletion') === true,
  );
}

/** A merge patch after which the object names these owners no more. */
export function withoutOwners(object: ApiObject, owners: readonly string[]): Fields {
  const left = listAt(object, 'metadata', 'ownerReferences').filter((each) => !owners.includes(textAt(each, 'uid')));
  return guarded(object, { ownerReferences: left.length === 0 ? null : left });
}

/** A merge patch that takes a finalizer away. */
export function withoutFinalizer(object: ApiObject, finalizer: string): Fields {
  const left = textsAt(object, 'metadata', 'finalizers').filter((name) => name !== finalizer);
  return guarded(object, { finalizers: left.length === 0 ? null : left });
}

function guarded(object: ApiObject, metadata: Fields): Fields {
  const { uid, resourceVersion } = fieldsOf(object.metadata);
  return { metadata: { ...metadata, uid, resourceVersion } };
}
