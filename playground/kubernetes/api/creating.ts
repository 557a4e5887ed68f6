import { randomInt, randomUUID } from 'node:crypto';
import type { ApiObject, Attempt } from '../contracts.ts';
import { atRevision, encodeStored } from '../store/decode.ts';
import { admitted } from './admitting.ts';
import { settle, UNTRACKED } from './changing.ts';
import { type Answer, type Call, keyOf } from './core.ts';
import { conditionOf } from './custom-kinds.ts';
import { internalKind, presented, storable } from './presenting.ts';
import { apiTime, textAt, withMetadata, without } from './reading.ts';
import {
  alreadyExists,
  badRequest,
  done,
  forbidden,
  invalid,
  methodNotAllowed,
  refused,
  serverError,
} from './refusals.ts';
import { readObject, type WriteOptions, writeOptions } from './write-options.ts';

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_GENERATED_BASE = 58;
const TRIES = 8;

/** `create`. */
export async function createObject(call: Call): Promise<Attempt<Answer>> {
  if (call.kind.namespaced && call.namespace === '') return refused(methodNotAllowed);
  const options = writeOptions(call);
  if (!options.ok) return options;
  const object = readObject(call, options.value);
  if (!object.ok) return object;
  const named = textAt(object.value, 'metadata', 'name');
  const generating = named === '' && textAt(object.value, 'metadata', 'generateName') !== '';
  for (let attempt = 1; ; attempt += 1) {
    const made = await createFrom(call, object.value, options.value);
    const taken = !made.ok && made.refusal.reason === 'AlreadyExists';
    if (!taken || !generating || attempt === TRIES) return made;
  }
}

/** Creates what was decoded: also what an update or an apply of a missing object does. */
export async function createFrom(
  call: Call,
  object: ApiObject,
  options: WriteOptions,
  alreadyTracked = false,
): Promise<Attempt<Answer>> {
  const { core, kind } = call;
  if (kind.definition !== null && conditionOf(kind.definition, 'Terminating') === 'True') {
    const why = 'create not allowed while custom resource definition is terminating';
    return refused(forbidden(kind, textAt(object, 'metadata', 'name'), why));
  }
  const placed = inNamespace(call, object);
  if (!placed.ok) return placed;
  const begin = core.rules.defaulted(kind, begun(call, placed.value));
  const who = { manager: options.manager, subresource: '', time: apiTime() };
  // What admission adds belongs to nobody.
  const fresh = alreadyTracked
    ? withMetadata(begin, { managedFields: object.metadata['managedFields'] })
    : UNTRACKED.has(kind.plural)
      ? begin
      : core.rules.tracked(kind, null, begin, who);
  const allowed = await admitted(call, { operation: 'CREATE', object: fresh, old: null, dryRun: options.dryRun });
  if (!allowed.ok) return allowed;
  const complete = core.rules.defaulted(kind, allowed.value);
  const name = textAt(complete, 'metadata', 'name');
  const problems = core.rules.problems(kind, complete, null, call.subresource);
  if (problems.length > 0) return refused(invalid(internalKind(kind), name, problems));
  if (textAt(complete, 'metadata', 'resourceVersion') !== '')
    return refused(serverError('resourceVersion should not be set on objects to be created'));
  return stored(call, name, complete, options);
}

async function stored(call: Call, name: string, object: ApiObject, options: WriteOptions): Promise<Attempt<Answer>> {
  const { core, kind } = call;
  const key = keyOf(kind, call.namespace, name);
  if (options.dryRun) {
    const there = await core.store.get(key, call.left());
    if (there !== null) return refused(alreadyExists(kind, name));
    return done({ is: 'object', status: 201, body: object });
  }
  const change = await core.store.put(key, encodeStored(storable(kind, object)), 0, call.left());
  if (!change.changed) return refused(alreadyExists(kind, name));
  await settle(call, change.revision);
  return done({ is: 'object', status: 201, body: presented(kind, atRevision(object, change.revision)) });
}

function inNamespace(call: Call, object: ApiObject): Attempt<ApiObject> {
  const said = textAt(object, 'metadata', 'namespace');
  const wanted = call.kind.namespaced ? call.namespace : '';
  if (said !== '' && said !== wanted)
    return refused(badRequest('the namespace of the provided object does not match the namespace sent on the request'));
  return done(withMetadata(object, { namespace: wanted === '' ? undefined : wanted }));
}

/** The object with what only the server says of a new one. */
function begun(call: Call, object: ApiObject): ApiObject {
  const { kind } = call;
  const base = textAt(object, 'metadata', 'generateName');
  const name =
    textAt(object, 'metadata', 'name') || (base === '' ? undefined : `${base.slice(0, MAX_GENERATED_BASE)}${suffix()}`);
  const fresh = withMetadata(object, {
    name,
    uid: randomUUID(),
    creationTimestamp: apiTime(),
    generation: kind.hasGeneration ? 1 : undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    managedFields: undefined,
  });
  return kind.subresources.includes('status') && !KEEPS_STATUS.has(kind.plural) ? without(fresh, 'status') : fresh;
}

/** Kinds whose status may be given when they are created. */
const KEEPS_STATUS = new Set(['nodes', 'services', 'persistentvolumes', 'persistentvolumeclaims', 'apiservices']);

function suffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join('');
}
