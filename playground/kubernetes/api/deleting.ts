import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { ApiObject, Attempt } from '../contracts.ts';
import { admitted } from './admitting.ts';
import { type Changed, remove, write } from './changing.ts';
import type { Answer, Call } from './core.ts';
import { selectorOf } from './list-options.ts';
import { mediaTypeOf } from './media.ts';
import { presented } from './presenting.ts';
import { readProtobuf } from './protobuf.ts';
import { apiTime, fieldsOf, listAt, numberAt, textAt, textsAt, withMetadata } from './reading.ts';
import { listAnswer, readStored, selectStored } from './reads.ts';
import { badRequest, conflict, details, done, invalidOptions, modified, notFound, refused } from './refusals.ts';
import { dryRunOf } from './write-options.ts';

/** A real server goes on until the time is over. */
const TRIES = 200;

const Body = z.looseObject({
  gracePeriodSeconds: z.number().int().nullish(),
  propagationPolicy: z.enum(['Background', 'Foreground', 'Orphan']).nullish(),
  orphanDependents: z.boolean().nullish(),
  preconditions: z.object({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
  dryRun: z.array(z.string()).nullish(),
});

/** Options of a deletion, from the body and the query. */
interface DeleteOptions {
  readonly grace: number | null;
  readonly propagation: 'Background' | 'Foreground' | 'Orphan' | null;
  readonly uid: string;
  readonly revision: string;
  readonly dryRun: boolean;
}

/** `delete`. */
export async function deleteObject(call: Call): Promise<Attempt<Answer>> {
  const options = deleteOptions(call);
  if (!options.ok) return options;
  const deleted = await deleteOne(call, options.value);
  if (!deleted.ok) return deleted;
  const { object, gone } = deleted.value;
  if (!gone || call.kind.returnsDeleted) return done({ is: 'object', status: 200, body: presented(call.kind, object) });
  const { group, plural } = call.kind;
  const about = details({ name: call.name, group, kind: plural, uid: textAt(object, 'metadata', 'uid') });
  return done({
    is: 'object',
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: about },
  });
}

/** `deletecollection`: answers what was there. */
export async function deleteObjects(call: Call): Promise<Attempt<Answer>> {
  const options = deleteOptions(call);
  if (!options.ok) return options;
  const selected = selectorOf(call);
  if (!selected.ok) return selected;
  const { items, revision } = await selectStored(call, selected.value.selector);
  for (const item of items) {
    const one = { ...call, name: textAt(item, 'metadata', 'name'), namespace: textAt(item, 'metadata', 'namespace') };
    const deleted = await deleteOne(one, options.value);
    if (!deleted.ok && deleted.refusal.reason !== 'NotFound') return deleted;
  }
  return done(listAnswer(call, items, { resourceVersion: String(revision) }));
}

async function deleteOne(
  call: Call,
  options: DeleteOptions,
): Promise<Attempt<{ readonly object: ApiObject; readonly gone: boolean }>> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const live = await readStored(call);
    if (live === null) return refused(notFound(call.kind, call.name));
    const fits = preconditions(call, options, live);
    if (!fits.ok) return fits;
    const allowed = await admitted(call, { operation: 'DELETE', object: live, old: live, dryRun: options.dryRun });
    if (!allowed.ok) return allowed;
    const changed = await deleteLive(call, options, live);
    if (changed !== 'stale') return changed;
  }
  return refused(modified(call.kind, call.name));
}

function deleteLive(call: Call, options: DeleteOptions, live: ApiObject): Promise<Changed> {
  const { kind } = call;
  if (kind.plural === 'namespaces' && kind.group === '') return endNamespace(call, options, live);
  if (kind.plural === 'customresourcedefinitions') return endDefinition(call, options, live);
  const finalizers = finalizersFor(call, options, live);
  const grace = kind.plural === 'pods' && kind.group === '' ? podGrace(options, live) : 0;
  const marked = markedForEnd(live, grace, finalizers);
  if (grace === 0 && finalizers.length === 0)
    return remove(call, live, kind.plural === 'pods' ? marked : live, options.dryRun);
  if (alreadyMarked(live, grace, finalizers)) return Promise.resolve(done({ object: live, gone: false }));
  if (options.dryRun) return Promise.resolve(done({ object: marked, gone: false }));
  return write(call, live, marked);
}

const DEFINITION_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

function endNamespace(call: Call, options: DeleteOptions, live: ApiObject): Promise<Changed> {
  if (textAt(live, 'metadata', 'deletionTimestamp') !== '') return Promise.resolve(done({ object: live, gone: false }));
  const status = { ...fieldsOf(live['status']), phase: 'Terminating' };
  const ending = { ...withMetadata(live, { deletionTimestamp: apiTime() }), status };
  if (options.dryRun) return Promise.resolve(done({ object: ending, gone: false }));
  return write(call, live, ending);
}

function endDefinition(call: Call, options: DeleteOptions, live: ApiObject): Promise<Changed> {
  if (textAt(live, 'metadata', 'deletionTimestamp') !== '') return Promise.resolve(done({ object: live, gone: false }));
  const finalizers = [...new Set([...textsAt(live, 'metadata', 'finalizers'), DEFINITION_FINALIZER])];
  const others = listAt(live, 'status', 'conditions').filter((each) => textAt(each, 'type') !== 'Terminating');
  const terminating = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: apiTime(),
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  };
  const status = { ...fieldsOf(live['status']), conditions: [...others, terminating] };
  const ending = { ...withMetadata(live, { deletionTimestamp: apiTime(), finalizers }), status };
  if (options.dryRun) return Promise.resolve(done({ object: ending, gone: false }));
  return write(call, live, ending);
}

function preconditions(call: Call, { uid, revision }: DeleteOptions, live: ApiObject): Attempt<null> {
  const named = { ...call.kind, plural: call.kind.kind };
  const there = { uid: textAt(live, 'metadata', 'uid'), revision: textAt(live, 'metadata', 'resourceVersion') };
  if (uid !== '' && uid !== there.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${there.uid}). The object might have been deleted and then recreated`;
    return refused(conflict(named, call.name, why));
  }
  if (revision !== '' && revision !== there.revision) {
    const why = `the ResourceVersion in the precondition (${revision}) does not match the ResourceVersion in record (${there.revision}). The object might have been modified`;
    return refused(conflict(named, call.name, why));
  }
  return done(null);
}

function finalizersFor(call: Call, { propagation }: DeleteOptions, live: ApiObject): readonly string[] {
  const present = textsAt(live, 'metadata', 'finalizers');
  const others = present.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  const wanted = propagation ?? (call.kind.orphansByDefault && present.length === others.length ? 'Orphan' : null);
  if (wanted === null) return present;
  if (wanted === 'Orphan') return [...others, 'orphan'];
  return wanted === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

/** Seconds that a pod still has. A pod without a node, or one that has ended, has none. */
function podGrace({ grace }: DeleteOptions, live: ApiObject): number {
  const own = numberAt(live, 'spec', 'terminationGracePeriodSeconds') ?? 30;
  const asked = (grace ?? own) < 0 ? 1 : (grace ?? own);
  if (textAt(live, 'spec', 'nodeName') === '' || ['Succeeded', 'Failed'].includes(textAt(live, 'status', 'phase')))
    return 0;
  const running = numberAt(live, 'metadata', 'deletionGracePeriodSeconds');
  return running === undefined ? asked : Math.min(running, asked);
}

function markedForEnd(live: ApiObject, grace: number, finalizers: readonly string[]): ApiObject {
  const before = textAt(live, 'metadata', 'deletionTimestamp');
  const generation = numberAt(live, 'metadata', 'generation');
  // A shorter grace counts from when the first one began.
  const began =
    before === ''
      ? Date.now()
      : Date.parse(before) - (numberAt(live, 'metadata', 'deletionGracePeriodSeconds') ?? 0) * 1000;
  return withMetadata(live, {
    deletionTimestamp: apiTime(new Date(began + grace * 1000)),
    deletionGracePeriodSeconds: grace,
    ...(generation === undefined || before !== '' ? {} : { generation: generation + 1 }),
    finalizers: finalizers.length === 0 ? undefined : finalizers,
  });
}

function alreadyMarked(live: ApiObject, grace: number, finalizers: readonly string[]): boolean {
  return (
    textAt(live, 'metadata', 'deletionTimestamp') !== '' &&
    numberAt(live, 'metadata', 'deletionGracePeriodSeconds') === grace &&
    listAt(live, 'metadata', 'finalizers').join() === finalizers.join()
  );
}

function deleteOptions(call: Call): Attempt<DeleteOptions> {
  const body = readOptions(call);
  if (!body.ok) return body;
  const { value } = body;
  const dryRun = dryRunOf([...(value.dryRun ?? []), ...call.query.getAll('dryRun')], 'DeleteOptions');
  if (!dryRun.ok) return dryRun;
  const orphan = value.orphanDependents ?? asBoolean(call.query.get('orphanDependents'));
  const policy = value.propagationPolicy ?? call.query.get('propagationPolicy');
  if (orphan !== null && policy !== null) {
    const message = `Invalid value: "${policy}": orphanDependents and deletionPropagation cannot be both set`;
    return refused(
      invalidOptions('DeleteOptions', { reason: 'FieldValueInvalid', message, field: 'propagationPolicy' }),
    );
  }
  const propagation = z.enum(['Background', 'Foreground', 'Orphan']).nullable().safeParse(policy);
  const grace = value.gracePeriodSeconds ?? asNumber(call.query.get('gracePeriodSeconds'));
  return done({
    grace,
    propagation: orphan === null ? (propagation.data ?? null) : orphan ? 'Orphan' : 'Background',
    uid: value.preconditions?.uid ?? '',
    revision: value.preconditions?.resourceVersion ?? '',
    dryRun: dryRun.value,
  });
}

function readOptions(call: Call): Attempt<z.infer<typeof Body>> {
  const text = call.body.toString();
  if (text.trim() === '') return done({});
  try {
    const binary = mediaTypeOf(call.contentType) === 'application/vnd.kubernetes.protobuf';
    return done(Body.parse(binary ? readProtobuf(call.body) : parseYaml(text)));
  } catch {
    return refused(badRequest('the body is no valid DeleteOptions'));
  }
}

function asBoolean(text: string | null): boolean | null {
  return text === null ? null : text === 'true' || text === '1';
}

function asNumber(text: string | null): number | null {
  return text === null || !/^\d+$/.test(text) ? null : Number(text);
}
