import type { Attempt } from '../contracts.ts';
import { bindPod } from './binding.ts';
import { type Answer, type Call, pageNotFound, type Verb } from './core.ts';
import { createObject } from './creating.ts';
import { conditionOf } from './custom-kinds.ts';
import { deleteObject, deleteObjects } from './deleting.ts';
import { readBody } from './media.ts';
import { patchObject } from './patching.ts';
import { getObject, listObjects, readStored } from './reads.ts';
import { done, initializing, methodNotAllowed, notFound, refused } from './refusals.ts';
import { scaleObject } from './scaling.ts';
import { updateObject } from './updating.ts';
import { watchObjects } from './watching.ts';
import { writeOptions } from './write-options.ts';

const ON_OBJECT: Readonly<Record<string, Verb>> = {
  get: getObject,
  update: updateObject,
  patch: patchObject,
  delete: deleteObject,
};
const ON_COLLECTION: Readonly<Record<string, Verb>> = {
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  deletecollection: deleteObjects,
};
/** Subresources that are a part of the object itself. */
const ON_PART: Readonly<Record<string, Verb>> = { get: getObject, update: updateObject, patch: patchObject };
const PARTS = new Set(['status', 'finalize', 'approval', 'ephemeralcontainers', 'resize']);
const READS = new Set(['get', 'list', 'watch']);

/** Does what a request for objects asks. Who asks, and whether he may, has been looked at. */
export function dispatch(call: Call): Promise<Attempt<Answer>> {
  const { kind, core } = call;
  if (!core.kinds.initialized(kind)) {
    if (READS.has(call.verb)) return Promise.resolve(refused(initializing));
    if (kind.definition !== null && conditionOf(kind.definition, 'Established') !== 'True')
      return Promise.resolve(done(pageNotFound));
  }
  if (call.subresource !== '') return onSubresource(call);
  const verb = (call.name === '' ? ON_COLLECTION : ON_OBJECT)[call.verb];
  return verb === undefined ? Promise.resolve(refused(methodNotAllowed)) : verb(call);
}

function onSubresource(call: Call): Promise<Attempt<Answer>> {
  const { kind, subresource, core } = call;
  if (!kind.subresources.includes(subresource)) return Promise.resolve(refused(notFound(kind, call.name)));
  const handler = core.handlers[`${kind.plural}/${subresource}`];
  if (handler !== undefined) return handled(call);
  if (PARTS.has(subresource)) return orRefused(ON_PART[call.verb], call);
  if (subresource === 'scale')
    return ['get', 'update', 'patch'].includes(call.verb) ? scaleObject(call) : orRefused(undefined, call);
  if (subresource === 'binding') return orRefused(call.verb === 'create' ? bindPod : undefined, call);
  if (subresource === 'log') return orRefused(call.verb === 'get' ? readLog : undefined, call);
  return Promise.resolve(refused(methodNotAllowed));
}

function orRefused(verb: Verb | undefined, call: Call): Promise<Attempt<Answer>> {
  return verb === undefined ? Promise.resolve(refused(methodNotAllowed)) : verb(call);
}

async function handled(call: Call): Promise<Attempt<Answer>> {
  const { kind, core, subresource, namespace, name, query, user, agent, verb } = call;
  const handler = core.handlers[subresource === '' ? kind.plural : `${kind.plural}/${subresource}`];
  if (handler === undefined || (verb !== 'create' && subresource === 'eviction')) return refused(methodNotAllowed);
  const options = writeOptions(call);
  if (!options.ok) return options;
  const body = call.body.length === 0 ? null : readBody(call.body, call.contentType, kind.kind);
  if (body !== null && !body.ok) return body;
  const { dryRun } = options.value;
  const value = body?.value.value;
  const answer = await handler({
    verb,
    kind,
    namespace,
    name,
    subresource,
    query,
    body: value,
    user,
    agent,
    dryRun,
    api: core.api,
  });
  if (!answer.ok) return answer;
  return done({ is: 'object', status: answer.value.status, body: Object(answer.value.body) });
}

async function readLog(call: Call): Promise<Attempt<Answer>> {
  const pod = await readStored(call);
  if (pod === null) return refused(notFound(call.kind, call.name));
  const gate = call.core.nodeGate;
  if (gate === null) return refused({ status: 500, reason: 'InternalError', message: 'no node agent serves logs' });
  const chunks = await gate.logs(pod, call.query);
  return chunks.ok ? done({ is: 'bytes', chunks: chunks.value }) : chunks;
}
