import type { ApiObject, Attempt } from '../contracts.ts';
import { atRevision, encodeStored } from '../store/decode.ts';
import { admitted } from './admitting.ts';
import { type Answer, type Call, keyOf } from './core.ts';
import { internalKind, presented, storable } from './presenting.ts';
import { apiTime, fieldsOf, listAt, sameJson, textAt, textsAt, withMetadata, without } from './reading.ts';
import { done, invalid, modified, refused } from './refusals.ts';
import type { WriteOptions } from './write-options.ts';

/** A change of an object that is there. */
export interface Change {
  readonly live: ApiObject;
  /** As the client wants it; what it may not change is put back here. */
  readonly next: ApiObject;
  readonly options: WriteOptions;
  /** Which part of the object this request may change; default: its subresource. */
  readonly part?: 'main' | 'status' | 'finalize' | 'approval' | 'scale' | 'binding';
  /** Server-side apply has set `managedFields` itself. */
  readonly alreadyTracked?: boolean;
}

/** Kinds whose managers are not kept, as the recorded server did not. */
export const UNTRACKED = new Set(['certificatesigningrequests']);

/** The answer to a change, or `stale`: somebody was faster. */
export type Changed = Attempt<{ readonly object: ApiObject; readonly gone: boolean }> | 'stale';

/** Checks a change and stores it, when it changes anything. */
export async function storeChange(call: Call, change: Change): Promise<Changed> {
  const { core, kind } = call;
  const { live, options } = change;
  const part = core.rules.defaulted(kind, limited(call, change));
  const who = { manager: options.manager, subresource: call.subresource, time: apiTime() };
  // What admission adds belongs to nobody.
  const wanted =
    change.alreadyTracked === true || UNTRACKED.has(kind.plural) ? part : core.rules.tracked(kind, live, part, who);
  const allowed = await admitted(call, { operation: 'UPDATE', object: wanted, old: live, dryRun: options.dryRun });
  if (!allowed.ok) return allowed;
  const complete = core.rules.defaulted(kind, allowed.value);
  const problems = core.rules.problems(kind, complete, live, call.subresource);
  if (problems.length > 0) return refused(invalid(internalKind(kind), call.name, problems));
  const next = change.part === 'binding' ? complete : generationOf(call, live, complete);
  if (isFinished(next)) return finish(call, live, next, options);
  if (unchanged(live, next)) return done({ object: live, gone: false });
  if (options.dryRun) return done({ object: next, gone: false });
  return write(call, live, next);
}

/** Puts an object in place of the one that was read. */
export async function write(call: Call, live: ApiObject, next: ApiObject): Promise<Changed> {
  const { core, kind } = call;
  const key = keyOf(kind, call.namespace, call.name);
  const stored = await core.store.put(key, encodeStored(storable(kind, next)), revisionIn(live), call.left());
  if (!stored.changed) return 'stale';
  await settle(call, stored.revision);
  return done({ object: atRevision(next, stored.revision), gone: false });
}

/** Removes an object for good; answers its last state. `stale`: somebody changed it. */
export async function remove(call: Call, live: ApiObject, last: ApiObject, dryRun: boolean): Promise<Changed> {
  if (dryRun) return done({ object: last, gone: true });
  const { core, kind } = call;
  const key = keyOf(kind, call.namespace, call.name);
  const deleted = await core.store.delete(key, revisionIn(live), call.left());
  if (!deleted.changed) return 'stale';
  await settle(call, deleted.revision);
  return done({ object: atRevision(last, deleted.revision), gone: true });
}

/** The answer of an update. */
export function objectAnswer(call: Call, object: ApiObject, status = 200): Attempt<Answer> {
  return done({ is: 'object', status, body: presented(call.kind, object) });
}

/** 409 when a revision was asked for that is not the present one. */
export function staleRevision(call: Call, asked: string, live: ApiObject): Attempt<null> {
  const fits = asked === '' || asked === textAt(live, 'metadata', 'resourceVersion');
  return fits ? done(null) : refused(modified(call.kind, call.name));
}

/** Kinds that the server itself asks its cache about: where, what, and who may. */
const LOOKED_UP = new Set([
  'namespaces',
  'customresourcedefinitions',
  'serviceaccounts',
  'roles',
  'clusterroles',
  'rolebindings',
  'clusterrolebindings',
]);

/** What the server itself looks up at once must see its own writes. */
export async function settle(call: Call, revision: number): Promise<void> {
  if (LOOKED_UP.has(call.kind.plural)) await call.core.cache.reaches(revision, 500);
}

function revisionIn(object: ApiObject): number {
  return Number(textAt(object, 'metadata', 'resourceVersion'));
}

function isFinished(object: ApiObject): boolean {
  if (textAt(object, 'metadata', 'deletionTimestamp') === '') return false;
  if (listAt(object, 'metadata', 'finalizers').length > 0) return false;
  if (object.kind === 'Namespace') return listAt(object, 'spec', 'finalizers').length === 0;
  // A pod still has its grace; it goes when its node says so.
  return object.kind !== 'Pod' || object.metadata['deletionGracePeriodSeconds'] === 0;
}

async function finish(call: Call, live: ApiObject, next: ApiObject, options: WriteOptions): Promise<Changed> {
  const removed = await remove(call, live, next, options.dryRun);
  if (removed === 'stale' || !removed.ok) return removed;
  // The answer is the last state that was stored.
  return done({ object: withMetadata(next, { resourceVersion: live.metadata['resourceVersion'] }), gone: true });
}

const KEPT = ['creationTimestamp', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion'];

function limited(call: Call, { live, next, part }: Change): ApiObject {
  const kept = Object.fromEntries(KEPT.map((name) => [name, live.metadata[name]]));
  const whole = withMetadata(next, {
    ...kept,
    name: live.metadata['name'],
    namespace: live.metadata['namespace'],
    uid: textAt(next, 'metadata', 'uid') || live.metadata['uid'],
    selfLink: undefined,
    managedFields: next.metadata['managedFields'] ?? live.metadata['managedFields'],
  });
  const which = part ?? (call.subresource === 'status' ? 'status' : 'main');
  if (which === 'main') return call.kind.subresources.includes('status') ? withFieldOf(whole, live, 'status') : whole;
  if (which === 'status' || which === 'approval') return statusOnly(call, live, whole);
  if (which === 'finalize')
    return { ...live, spec: { ...fieldsOf(live['spec']), finalizers: textsAt(whole, 'spec', 'finalizers') } };
  return whole;
}

function statusOnly(call: Call, live: ApiObject, next: ApiObject): ApiObject {
  // Of custom objects only the status; of built-in ones also what others may note in the metadata.
  const noted =
    call.kind.definition === null
      ? withMetadata(live, { labels: next.metadata['labels'], annotations: next.metadata['annotations'] })
      : live;
  const tracked = withMetadata(noted, {
    managedFields: next.metadata['managedFields'],
    uid: next.metadata['uid'],
  });
  return withFieldOf(tracked, next, 'status');
}

function withFieldOf(object: ApiObject, other: ApiObject, name: string): ApiObject {
  return other[name] === undefined ? without(object, name) : { ...object, [name]: other[name] };
}

function generationOf(call: Call, live: ApiObject, next: ApiObject): ApiObject {
  const { kind } = call;
  const before = live.metadata['generation'];
  if (!kind.hasGeneration || typeof before !== 'number') return next;
  const annotated =
    kind.plural === 'deployments' &&
    call.subresource === '' &&
    !sameJson(live.metadata['annotations'], next.metadata['annotations']);
  const same = sameJson(countedPart(call, live), countedPart(call, next)) && !annotated;
  return withMetadata(next, { generation: same ? before : before + 1 });
}

/** The part of an object whose change makes a new generation. */
function countedPart(call: Call, object: ApiObject): unknown {
  const { metadata: _, ...rest } = object;
  const split = call.kind.definition === null || call.kind.subresources.includes('status');
  return split ? { ...rest, status: undefined } : rest;
}

/** Whether two states differ in nothing but the times of their managers. */
function unchanged(live: ApiObject, next: ApiObject): boolean {
  const [before, after] = [live, next].map((object) => withMetadata(object, { managedFields: undefined }));
  return sameJson(before, after) && sameJson(managersOf(live), managersOf(next));
}

function managersOf(object: ApiObject): readonly unknown[] {
  return listAt(object, 'metadata', 'managedFields').map((entry) =>
    Object.fromEntries(Object.entries(fieldsOf(entry)).filter(([name]) => name !== 'time')),
  );
}
