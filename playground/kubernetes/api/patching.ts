import { parse as parseYaml } from 'yaml';
import type { ApiObject, Attempt, PatchType } from '../contracts.ts';
import { objectAnswer, staleRevision, storeChange } from './changing.ts';
import type { Answer, Call } from './core.ts';
import { createFrom } from './creating.ts';
import { mediaTypeOf } from './media.ts';
import { apiTime, textAt } from './reading.ts';
import { readStored } from './reads.ts';
import {
  badRequest,
  conflict,
  done,
  invalidOptions,
  modified,
  notFound,
  refused,
  unsupportedMedia,
} from './refusals.ts';
import { checkedName, partOf } from './updating.ts';
import { strictness, typed, type WriteOptions, writeOptions } from './write-options.ts';

const MEDIA: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};
/** A real server goes on until the time is over. */
const TRIES = 200;

/** `patch`, of the object or of its `status` or `approval`. */
export async function patchObject(call: Call): Promise<Attempt<Answer>> {
  const type = patchType(call);
  if (!type.ok) return type;
  const options = writeOptions(call);
  if (!options.ok) return options;
  if (type.value === 'apply') return applyObject(call, options.value);
  if (call.query.has('force')) return refused(forceOfOther);
  const patch = readPatch(call);
  if (!patch.ok) return patch;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const live = await readStored(call);
    if (live === null) return refused(notFound(call.kind, call.name));
    const next = patchedObject(call, options.value, type.value, live, patch.value);
    if (!next.ok) return next;
    const changed = await storeChange(call, {
      live,
      next: next.value,
      options: options.value,
      part: partOf(call.subresource),
    });
    if (changed !== 'stale') return changed.ok ? objectAnswer(call, changed.value.object) : changed;
  }
  return refused(modified(call.kind, call.name));
}

const forceOfOther = invalidOptions('PatchOptions', {
  reason: 'FieldValueForbidden',
  message: 'Forbidden: may not be specified for non-apply patch',
  field: 'force',
});

/** Which patch a media type is; 415 for one that the kind does not take. */
export function patchType(call: Call): Attempt<PatchType> {
  const type = MEDIA[mediaTypeOf(call.contentType)];
  if (type === undefined)
    return refused({
      status: 415,
      reason: 'UnsupportedMediaType',
      message: '415: Unsupported Media Type',
      details: {},
    });
  if (type === 'strategic' && call.kind.definition !== null)
    return refused(unsupportedMedia(Object.keys(MEDIA).filter((media) => MEDIA[media] !== 'strategic')));
  return done(type);
}

/** The patch as JSON. */
export function readPatch(call: Call): Attempt<unknown> {
  try {
    const patch: unknown = JSON.parse(call.body.toString());
    const list = mediaTypeOf(call.contentType) === 'application/json-patch+json';
    if (!list || Array.isArray(patch)) return done(patch);
  } catch {
    return refused(badRequest('error decoding patch: unexpected end of JSON input'));
  }
  const why = 'json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp';
  return refused(badRequest(`error decoding patch: ${why}`));
}

function patchedObject(
  call: Call,
  options: WriteOptions,
  type: Exclude<PatchType, 'apply'>,
  live: ApiObject,
  patch: unknown,
): Attempt<ApiObject> {
  const { rules } = call.core;
  const patched = rules.patched(call.kind, type, live, patch);
  if (!patched.ok) return patched;
  const strict = strictness(call, options, rules.unknownFields(call.kind, patched.value));
  if (!strict.ok) return strict;
  const named = checkedName(call, patched.value);
  if (!named.ok) return named;
  const stale = staleRevision(call, textAt(patched.value, 'metadata', 'resourceVersion'), live);
  return stale.ok ? patched : stale;
}

async function applyObject(call: Call, options: WriteOptions): Promise<Attempt<Answer>> {
  const applied = readApplied(call, options);
  if (!applied.ok) return applied;
  const who = {
    manager: options.manager,
    force: ['true', '1'].includes(call.query.get('force') ?? ''),
    subresource: call.subresource,
    time: apiTime(),
  };
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const live = await readStored(call);
    const missing =
      live === null
        ? checkedMissing(call, applied.value)
        : staleRevision(call, textAt(applied.value, 'metadata', 'resourceVersion'), live);
    if (!missing.ok) return missing;
    const next = call.core.rules.applied(call.kind, live, applied.value, who);
    if (!next.ok) return next;
    if (live === null) {
      const made = await createFrom(call, next.value, options, true);
      if (made.ok || made.refusal.reason !== 'AlreadyExists') return made;
      continue;
    }
    const part = partOf(call.subresource);
    const changed = await storeChange(call, { live, next: next.value, options, part, alreadyTracked: true });
    if (changed !== 'stale') return changed.ok ? objectAnswer(call, changed.value.object) : changed;
  }
  return refused(modified(call.kind, call.name));
}

function checkedMissing(call: Call, applied: ApiObject): Attempt<null> {
  if (call.subresource !== '') return refused(notFound(call.kind, call.name));
  const uid = textAt(applied, 'metadata', 'uid');
  if (uid === '') return done(null);
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return refused(conflict(call.kind, call.name, why));
}

function readApplied(call: Call, options: WriteOptions): Attempt<ApiObject> {
  if ((call.query.get('fieldManager') ?? '') === '') {
    const message = 'Required value: is required for apply patch';
    return refused(invalidOptions('PatchOptions', { reason: 'FieldValueRequired', message, field: 'fieldManager' }));
  }
  const value = parsed(call.body.toString());
  if (!value.ok) return value;
  const object = typed(call, value.value);
  if (!object.ok) return object;
  if (object.value.metadata['managedFields'] !== undefined)
    return refused(badRequest('metadata.managedFields must be nil'));
  const strict = strictness(call, options, call.core.rules.unknownFields(call.kind, object.value));
  if (!strict.ok) return strict;
  const named = checkedName(call, { ...object.value, metadata: { name: call.name, ...object.value.metadata } });
  return named.ok ? object : named;
}

function parsed(text: string): Attempt<unknown> {
  try {
    return done(parseYaml(text));
  } catch {
    return refused(badRequest('error decoding YAML: the body is no YAML'));
  }
}
