import type { Json, JsonObject } from '../../core/json.ts';
import type {
  ChangeOptions,
  DeleteOptions,
  KubernetesCall,
  KubernetesObject,
  KubernetesPort,
  KubernetesResult,
  ObjectRef,
  PatchOperation,
  Preconditions,
} from '../../core/ports/kubernetes.ts';
import { type Address, locate, type Place, type Session } from './address.ts';
import { jsonBody } from './body.ts';
import type { Deadline } from './deadline.ts';
import { type ApiRequest, perform } from './link.ts';
import { failed } from './outcome.ts';
import { READ_PATIENCE_MS } from './retry-after.ts';
import { readDeletion, readObject } from './shape.ts';

/** Most bytes of one object. The server's own limit for a request is 3 MiB; etcd's is 1.5. */
const MOST_OBJECT = 16 << 20;

type ObjectMethods = Pick<
  KubernetesPort,
  'get' | 'create' | 'replace' | 'apply' | 'patchJson' | 'patchMerge' | 'delete'
>;

/** Reading and changing single objects. */
export function objectMethods(session: Session): ObjectMethods {
  return {
    get: (ref, call) => get(session, ref, call),
    create: (object, options) => create(session, object, options),
    replace: (object, options) => replace(session, object, options),
    apply: (object, options) => apply(session, object, options),
    patchJson: (ref, operations, options) => patchJson(session, ref, operations, options),
    patchMerge: (ref, patch, options) => patchMerge(session, ref, patch, options),
    delete: (ref, options) => remove(session, ref, options),
  };
}

/** Reads one object. */
export async function get(
  session: Session,
  ref: ObjectRef,
  call: KubernetesCall,
): Promise<KubernetesResult<KubernetesObject>> {
  return send(
    session,
    ref,
    call,
    (address) => ({ method: 'GET', path: address.path, what: address.attributes('get') }),
    READ_PATIENCE_MS,
  );
}

async function create(
  session: Session,
  object: JsonObject,
  options: ChangeOptions,
): Promise<KubernetesResult<KubernetesObject>> {
  const place = placeOf(object);
  if (!place.ok) return place;
  if (metadataText(object, 'resourceVersion') !== null) {
    return failed('invalid', 'an object that is to be created must not have a resourceVersion');
  }
  const collection = {
    ...place.value,
    name: options.subresource === undefined ? null : place.value.name,
    subresource: options.subresource,
  };
  return send(session, collection, options, (address) => ({
    method: 'POST',
    path: address.path,
    query: changeQuery(session, options),
    body: object,
    what: { ...address.attributes('create'), name: place.value.name },
  }));
}

async function replace(
  session: Session,
  object: JsonObject,
  options: ChangeOptions,
): Promise<KubernetesResult<KubernetesObject>> {
  return change(session, object, options, (address) => ({
    method: 'PUT',
    path: address.path,
    query: changeQuery(session, options),
    body: object,
    what: address.attributes('update'),
  }));
}

async function apply(
  session: Session,
  object: JsonObject,
  options: ChangeOptions & { readonly force?: boolean },
): Promise<KubernetesResult<KubernetesObject>> {
  return change(session, object, options, (address) => ({
    method: 'PATCH',
    path: address.path,
    query: { ...changeQuery(session, options), force: options.force === true ? true : undefined },
    // JSON is YAML.
    contentType: 'application/apply-patch+yaml',
    body: object,
    what: address.attributes('patch'),
  }));
}

async function patchJson(
  session: Session,
  ref: ObjectRef,
  operations: readonly PatchOperation[],
  options: ChangeOptions,
): Promise<KubernetesResult<KubernetesObject>> {
  return send(session, { ...ref, subresource: options.subresource }, options, (address) => ({
    method: 'PATCH',
    path: address.path,
    query: changeQuery(session, options),
    contentType: 'application/json-patch+json',
    body: operations,
    patchTests: operations.some((each) => each.op === 'test'),
    what: address.attributes('patch'),
  }));
}

async function patchMerge(
  session: Session,
  ref: ObjectRef,
  patch: JsonObject,
  options: ChangeOptions & { readonly preconditions?: Preconditions },
): Promise<KubernetesResult<KubernetesObject>> {
  const own = Object.fromEntries(metadataOf(patch));
  const body =
    options.preconditions === undefined ? patch : { ...patch, metadata: { ...own, ...options.preconditions } };
  return send(session, { ...ref, subresource: options.subresource }, options, (address) => ({
    method: 'PATCH',
    path: address.path,
    query: changeQuery(session, options),
    contentType: 'application/merge-patch+json',
    body,
    what: address.attributes('patch'),
  }));
}

async function remove(
  session: Session,
  ref: ObjectRef,
  options: DeleteOptions,
): Promise<KubernetesResult<KubernetesObject | null>> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: options.preconditions,
    ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
  };
  return locate(session, ref, options, async (address, deadline) => {
    const request: ApiRequest = { method: 'DELETE', path: address.path, body, what: address.attributes('delete') };
    return doubting(session, await perform(session.link, request, deadline, jsonBody(MOST_OBJECT, readDeletion)));
  });
}

async function change(
  session: Session,
  object: JsonObject,
  options: ChangeOptions,
  request: (address: Address) => ApiRequest,
): Promise<KubernetesResult<KubernetesObject>> {
  const place = placeOf(object);
  if (!place.ok) return place;
  if (place.value.name === null) return failed('invalid', 'the object has no metadata.name');
  return send(session, { ...place.value, subresource: options.subresource }, options, request);
}

async function send(
  session: Session,
  place: Place,
  call: KubernetesCall,
  request: (address: Address) => ApiRequest,
  patienceMs?: number,
): Promise<KubernetesResult<KubernetesObject>> {
  async function sendTo(address: Address, deadline: Deadline): Promise<KubernetesResult<KubernetesObject>> {
    const read = jsonBody(MOST_OBJECT, readObject);
    return doubting(session, await perform(session.link, request(address), deadline, read));
  }
  return locate(session, place, call, sendTo, patienceMs);
}

/** A kind that is gone was served when discovery looked: next time it looks again. */
export function doubting<T>(session: Session, result: KubernetesResult<T>): KubernetesResult<T> {
  if (!result.ok && result.error.code === 'no-such-kind') session.discovery.doubt();
  return result;
}

/** Unknown fields are refused, as `kubectl` has it: a misspelt field that is dropped silently is worse than an error. */
function changeQuery(session: Session, options: ChangeOptions): NonNullable<ApiRequest['query']> {
  return {
    fieldManager: session.fieldManager,
    fieldValidation: 'Strict',
    dryRun: options.dryRun === true ? 'All' : undefined,
  };
}

function placeOf(object: JsonObject): KubernetesResult<Place> {
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return failed('invalid', 'the object has no apiVersion and kind');
  }
  const namespace = metadataText(object, 'namespace');
  return { ok: true, value: { apiVersion, kind, namespace, name: metadataText(object, 'name') } };
}

function metadataText(object: JsonObject, field: string): string | null {
  const value = metadataOf(object).find(([name]) => name === field)?.[1];
  return typeof value === 'string' ? value : null;
}

function metadataOf(object: JsonObject): readonly (readonly [string, Json])[] {
  const metadata = object['metadata'] ?? null;
  return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? Object.entries(metadata) : [];
}
