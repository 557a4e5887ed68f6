import type { ApiObject, Attempt } from '../contracts.ts';
import { objectAnswer, staleRevision, storeChange } from './changing.ts';
import { type Answer, type Call, keyOf } from './core.ts';
import { createFrom } from './creating.ts';
import { textAt, withMetadata } from './reading.ts';
import { readStored } from './reads.ts';
import { badRequest, conflict, done, invalid, modified, notFound, refused } from './refusals.ts';
import { readObject, writeOptions } from './write-options.ts';

/** A real server goes on until the time is over. */
const TRIES = 200;

/** `update`, of the object or of its `status`, `finalize` or `approval`. */
export async function updateObject(call: Call): Promise<Attempt<Answer>> {
  const options = writeOptions(call);
  if (!options.ok) return options;
  const object = readObject(call, options.value);
  if (!object.ok) return object;
  const named = checkedName(call, object.value);
  if (!named.ok) return named;
  const asked = textAt(object.value, 'metadata', 'resourceVersion');
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const live = await readStored(call);
    if (live === null) {
      const mayCreate = call.kind.createOnUpdate && call.subresource === '';
      if (!mayCreate) return refused(notFound(call.kind, call.name));
      const uid = textAt(object.value, 'metadata', 'uid');
      if (uid !== '') return refused(wrongUid(call, uid, ''));
      return createFrom(
        call,
        withMetadata(object.value, { name: call.name, resourceVersion: undefined }),
        options.value,
      );
    }
    const fits = checkedIdentity(call, object.value, live);
    if (!fits.ok) return fits;
    const part = partOf(call.subresource);
    const changed = await storeChange(call, { live, next: object.value, options: options.value, part });
    if (changed !== 'stale') return changed.ok ? objectAnswer(call, changed.value.object) : changed;
    if (asked !== '') break;
  }
  return refused(modified(call.kind, call.name));
}

/** Which part of an object a subresource writes. */
export function partOf(subresource: string): 'main' | 'status' | 'finalize' | 'approval' {
  if (subresource === 'status' || subresource === 'finalize' || subresource === 'approval') return subresource;
  return 'main';
}

/** 400 when the body names something else than the path. */
export function checkedName(call: Call, object: ApiObject): Attempt<null> {
  const name = textAt(object, 'metadata', 'name');
  if (name !== call.name)
    return refused(badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name})`));
  const namespace = textAt(object, 'metadata', 'namespace');
  if (namespace !== '' && namespace !== (call.kind.namespaced ? call.namespace : ''))
    return refused(badRequest('the namespace of the provided object does not match the namespace sent on the request'));
  return done(null);
}

function checkedIdentity(call: Call, object: ApiObject, live: ApiObject): Attempt<null> {
  const uid = textAt(object, 'metadata', 'uid');
  const there = textAt(live, 'metadata', 'uid');
  if (uid !== '' && uid !== there) return refused(wrongUid(call, uid, there));
  const asked = textAt(object, 'metadata', 'resourceVersion');
  if (asked === '' && !call.kind.unconditionalUpdate) {
    const { group, plural } = call.kind;
    const message = 'Invalid value: 0: must be specified for an update';
    const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' };
    return refused(invalid({ group, kind: plural }, call.name, [cause]));
  }
  return staleRevision(call, asked, live);
}

function wrongUid(call: Call, asked: string, there: string) {
  const key = keyOf(call.kind, call.namespace, call.name);
  return conflict(
    call.kind,
    call.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${asked}, UID in object meta: ${there}`,
  );
}
