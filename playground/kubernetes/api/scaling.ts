import type { ApiObject, Attempt } from '../contracts.ts';
import { staleRevision, storeChange } from './changing.ts';
import type { Answer, Call } from './core.ts';
import { versionOf } from './custom-kinds.ts';
import { readBody } from './media.ts';
import { patchType, readPatch } from './patching.ts';
import { at, fieldsOf, numberAt, textAt, withMetadata } from './reading.ts';
import { readStored } from './reads.ts';
import { done, invalid, modified, notFound, refused } from './refusals.ts';
import { writeOptions } from './write-options.ts';

/** A real server goes on until the time is over. */
const TRIES = 200;
const SCALE = { group: 'autoscaling', kind: 'Scale' };

/** The `scale` subresource: the replicas of an object, whatever its kind. */
export async function scaleObject(call: Call): Promise<Attempt<Answer>> {
  const live = await readStored(call);
  if (live === null) return refused(notFound(call.kind, call.name));
  if (call.verb === 'get') return answer(call, live);
  const options = writeOptions(call);
  if (!options.ok) return options;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const current = attempt === 1 ? live : await readStored(call);
    if (current === null) return refused(notFound(call.kind, call.name));
    const wanted = wantedScale(call, current);
    if (!wanted.ok) return wanted;
    const stale = staleRevision(call, textAt(wanted.value, 'metadata', 'resourceVersion'), current);
    if (!stale.ok) return stale;
    const replicas = numberAt(wanted.value, 'spec', 'replicas') ?? 0;
    if (replicas < 0) {
      const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
      return refused(invalid(SCALE, call.name, [{ reason: 'FieldValueInvalid', message, field: 'spec.replicas' }]));
    }
    const next = setAt(current, pathsOf(call).replicas, replicas);
    const changed = await storeChange(call, { live: current, next, options: options.value, part: 'scale' });
    if (changed !== 'stale') return changed.ok ? answer(call, changed.value.object) : changed;
  }
  return refused(modified(call.kind, call.name));
}

function wantedScale(call: Call, live: ApiObject): Attempt<ApiObject> {
  const present = scaleOf(call, live);
  if (call.verb === 'update') {
    const body = readBody(call.body, call.contentType, 'Scale');
    return body.ok
      ? done({ ...present, ...fieldsOf(body.value.value), metadata: fieldsOf(at(body.value.value, 'metadata')) })
      : body;
  }
  const type = patchType({ ...call, kind: { ...call.kind, definition: null } });
  if (!type.ok) return type;
  const patch = readPatch(call);
  if (!patch.ok) return patch;
  // The scale has no lists that a strategic patch could merge.
  const kind = type.value === 'json' ? 'json' : 'merge';
  return call.core.rules.patched(call.kind, kind, present, patch.value);
}

function answer(call: Call, object: ApiObject): Attempt<Answer> {
  return done({ is: 'object', status: 200, body: scaleOf(call, object) });
}

function scaleOf(call: Call, object: ApiObject): ApiObject {
  const paths = pathsOf(call);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, ...paths.replicas) ?? 0;
  const selector = selectorText(at(object, ...paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: withMetadata(
      { apiVersion: '', kind: '', metadata: {} },
      { name, namespace, uid, resourceVersion, creationTimestamp },
    ).metadata,
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(object, ...paths.observed) ?? 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
}

function pathsOf({ kind }: Call): Record<'replicas' | 'observed' | 'selector', readonly string[]> {
  const declared = fieldsOf(at(versionOf(kind), 'subresources', 'scale'));
  function path(name: string, fallback: readonly string[]): readonly string[] {
    const text = textAt(declared, name);
    return text === '' ? fallback : text.split('.').filter((part) => part !== '');
  }
  return {
    replicas: path('specReplicasPath', ['spec', 'replicas']),
    observed: path('statusReplicasPath', ['status', 'replicas']),
    selector: path('labelSelectorPath', ['spec', 'selector']),
  };
}

function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const labels = fieldsOf(
    at(selector, 'matchLabels') ?? (at(selector, 'matchExpressions') === undefined ? selector : {}),
  );
  return Object.entries(labels)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name}=${String(value)}`)
    .toSorted()
    .join(',');
}

function setAt(object: ApiObject, path: readonly string[], value: unknown): ApiObject {
  const [first = '', ...rest] = path;
  return { ...object, [first]: setBelow(object[first], rest, value) };
}

function setBelow(parent: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const fields = fieldsOf(parent);
  return { ...fields, [first]: setBelow(fields[first], rest, value) };
}
