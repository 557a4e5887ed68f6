import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { refusalOf } from '../access/answers.ts';
import { fieldsOf, isObject, listAt, textAt } from '../api/reading.ts';
import { badRequest, conflict, forbidden, methodNotAllowed, refused, serverError } from '../api/refusals.ts';
import type { ApiObject, Attempt, Handler, HandlerCall, LocalRequest, Refusal } from '../contracts.ts';
import { budgetsFor, countsForNothing, hasEnded, isReady, needsNoBudget, spent, stillProcessed } from './budget.ts';
import { EVICTOR } from './disruption-target.ts';

const TRIES = 20;
const BETWEEN_TRIES_MS = 500;
const AGENT = 'kube-apiserver';
const POD = { group: '', plural: 'Pod', kind: 'Pod' };

const Options = z.looseObject({
  dryRun: z.array(z.string()).nullish(),
  preconditions: z.object({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
});
type Options = z.infer<typeof Options>;

/** One eviction on its way. */
interface Eviction {
  readonly call: HandlerCall;
  readonly path: string;
  readonly options: Options;
  readonly dryRun: boolean;
}

type Done = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal };

/** `pods/eviction`: deletes a pod if its disruption budget allows it. */
export const evictions: Handler = async (call) => {
  if (call.verb !== 'create') return refused(methodNotAllowed);
  const open = await namespaceOpen(call);
  if (!open.ok) return open;
  const eviction = read(call);
  if (!eviction.ok) return eviction;
  const done = await evict(eviction.value);
  if (!done.ok) return done;
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { ok: true, value: { status: 201, body } };
};

function read(call: HandlerCall): Attempt<Eviction> {
  const { body, name, namespace } = call;
  const [kind, version] = [textAt(body, 'kind'), textAt(body, 'apiVersion')];
  if ((kind !== '' && kind !== 'Eviction') || !['', 'policy/v1', 'policy/v1beta1'].includes(version))
    return refused(badRequest(`${kind} in version "${version}" cannot be handled as a Eviction`));
  if (textAt(body, 'metadata', 'name') !== name)
    return refused(badRequest('name in URL does not match name in Eviction object'));
  const options = Options.safeParse(fieldsOf(fieldsOf(body)['deleteOptions']));
  if (!options.success) return refused(badRequest('the deleteOptions of the Eviction are no DeleteOptions'));
  const dryRun = call.dryRun || (options.data.dryRun ?? []).length > 0;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  return { ok: true, value: { call, path, options: options.data, dryRun } };
}

/** An eviction creates something in the namespace: 403 while that goes. */
async function namespaceOpen(call: HandlerCall): Promise<Attempt<null>> {
  const { namespace, name, kind } = call;
  const found = await call.api.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}` });
  if (found.status !== 200) return refused(refusalOf(found));
  if (textAt(found.body, 'metadata', 'deletionTimestamp') === '') return { ok: true, value: null };
  const message = `namespace ${namespace} is being terminated`;
  const cause = { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return refused(forbidden(kind, name, why, [cause]));
}

async function evict(eviction: Eviction): Promise<Done> {
  const { path, call } = eviction;
  for (let attempt = 1; ; attempt += 1) {
    const pod = await getObject(call, path);
    if (!pod.ok) return pod;
    if (!needsNoBudget(pod.value)) return evictByBudget(eviction, pod.value);
    // A pod that waits for its start could become ready meanwhile: then it has to be looked at again.
    const revision = hasEnded(pod.value) ? '' : textAt(pod.value, 'metadata', 'resourceVersion');
    const gone = await remove(eviction, revision);
    const again = !gone.ok && gone.refusal.reason === 'Conflict' && !ownRevision(eviction) && attempt < TRIES;
    if (!again || wrongUid(eviction, pod.value)) return gone;
    await delay(BETWEEN_TRIES_MS);
  }
}

async function evictByBudget(eviction: Eviction, pod: ApiObject): Promise<Done> {
  const { call } = eviction;
  const all = await call.api.request({ method: 'GET', path: budgetsPath(call) });
  if (all.status !== 200) return refused(refusalOf(all));
  const [budget, ...more] = budgetsFor(pod, listAt(all.body, 'items').filter(isObject));
  if (more.length > 0) return refused(serverError(TWO_BUDGETS));
  if (budget === undefined) return remove(eviction, '');
  if (!isReady(pod) && countsForNothing(pod, budget)) {
    const gone = await remove(eviction, textAt(pod, 'metadata', 'resourceVersion'));
    const moved = !gone.ok && gone.refusal.reason === 'Conflict' && !ownRevision(eviction);
    return moved ? refused(stillProcessed(textAt(budget, 'metadata', 'name'))) : gone;
  }
  const taken = await take(eviction, budget);
  return taken.ok ? remove(eviction, '') : taken;
}

const TWO_BUDGETS = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

function budgetsPath(call: HandlerCall): string {
  return `/apis/policy/v1/namespaces/${call.namespace}/poddisruptionbudgets`;
}

/** Takes one disruption from the budget; begins anew when somebody else wrote it. */
async function take({ call, dryRun }: Eviction, first: ApiObject): Promise<Done> {
  const name = textAt(first, 'metadata', 'name');
  const path = `${budgetsPath(call)}/${name}`;
  let budget = first;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const after = spent(budget, call.name, Date.now());
    if (!after.ok || dryRun) return after;
    const body = after.budget;
    const written = await call.api.request({ method: 'PUT', path: `${path}/status`, body, agent: AGENT });
    if (written.status === 200) return { ok: true };
    if (written.status !== 409) return refused(refusalOf(written));
    await delay(BETWEEN_TRIES_MS);
    const now = await getObject(call, path);
    if (!now.ok) return now;
    budget = now.value;
  }
  const message = `Timeout: couldn't update PodDisruptionBudget "${name}" due to conflicts`;
  return refused({ status: 504, reason: 'Timeout', message, retryAfterSeconds: 10 });
}

/** Notes on the pod why it goes, and deletes it; `revision`: only if it still has this one. */
async function remove(eviction: Eviction, revision: string): Promise<Done> {
  const { call, path, options, dryRun } = eviction;
  const wanted = options.preconditions?.resourceVersion ?? revision;
  const noted = dryRun ? { ok: true as const, value: wanted } : await note(eviction, wanted);
  if (!noted.ok) return noted;
  const preconditions = { ...options.preconditions, ...(noted.value === '' ? {} : { resourceVersion: noted.value }) };
  const body = { ...options, preconditions, ...(dryRun ? { dryRun: ['All'] } : {}) };
  return change(call, { method: 'DELETE', path, body, user: call.user, agent: call.agent });
}

/** Adds the condition; answers the revision that the pod then must have, when it must have one. */
async function note(eviction: Eviction, revision: string): Promise<Attempt<string>> {
  const { call, path } = eviction;
  for (let attempt = 1; ; attempt += 1) {
    const pod = await getObject(call, path);
    if (!pod.ok) return pod;
    const wrong = wrongUid(eviction, pod.value) ?? wrongRevision(pod.value, revision);
    if (wrong !== null) return refused(wrong);
    const request = { method: 'PUT', path: `${path}/status`, body: pod.value, user: EVICTOR, agent: AGENT } as const;
    const written = await call.api.request(request);
    if (written.status === 200)
      return { ok: true, value: revision === '' ? '' : textAt(written.body, 'metadata', 'resourceVersion') };
    if (written.status !== 409 || attempt === TRIES) return refused(refusalOf(written));
  }
}

function wrongUid({ options }: Eviction, pod: ApiObject): Refusal | null {
  const wanted = options.preconditions?.uid ?? '';
  const uid = textAt(pod, 'metadata', 'uid');
  if (wanted === '' || wanted === uid) return null;
  const why = `the UID in the precondition (${wanted}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
  return conflict(POD, textAt(pod, 'metadata', 'name'), why);
}

function wrongRevision(pod: ApiObject, wanted: string): Refusal | null {
  const revision = textAt(pod, 'metadata', 'resourceVersion');
  if (wanted === '' || wanted === revision) return null;
  const why = `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${revision}). The object might have been modified`;
  return conflict(POD, textAt(pod, 'metadata', 'name'), why);
}

function ownRevision({ options }: Eviction): boolean {
  return (options.preconditions?.resourceVersion ?? '') !== '';
}

async function getObject(call: HandlerCall, path: string): Promise<Attempt<ApiObject>> {
  const found = await call.api.request({ method: 'GET', path });
  if (found.status !== 200 || !isObject(found.body)) return refused(refusalOf(found));
  return { ok: true, value: found.body };
}

async function change(call: HandlerCall, request: LocalRequest): Promise<Done> {
  const answer = await call.api.request(request);
  return answer.status < 300 ? { ok: true } : refused(refusalOf(answer));
}
