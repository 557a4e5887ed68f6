import { fieldsOf, sameJson, textAt } from '../api/reading.ts';
import { forbidden, notFound, refused } from '../api/refusals.ts';
import type { Admission, AdmissionRequest, ApiObject, Attempt } from '../contracts.ts';
import { decide, isMaster } from './authorizing.ts';
import { describedRule, missingRights, quotedList } from './escalating.ts';
import { refOf, rulesFor, rulesOfRole } from './granting.ts';
import { type Rule, rulesOf } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = new Set(['roles', 'clusterroles']);
const BINDINGS = new Set(['rolebindings', 'clusterrolebindings']);

/** Nobody gives rights away that he does not hold, unless he may `escalate` the role or `bind` it. */
export const escalationAdmission: Admission = (request) => {
  const { kind, operation, object, user } = request;
  if (kind.group !== GROUP || operation === 'DELETE' || isMaster(user)) return { ok: true, value: object };
  if (ROLES.has(kind.plural)) return checkedRole(request);
  return BINDINGS.has(kind.plural) ? checkedBinding(request) : { ok: true, value: object };
};

async function checkedRole(request: AdmissionRequest): Promise<Attempt<ApiObject>> {
  const { object, old } = request;
  const fine = { ok: true, value: object } as const;
  if (
    old !== null &&
    sameJson(old['rules'], object['rules']) &&
    sameJson(old['aggregationRule'], object['aggregationRule'])
  )
    return fine;
  if (await may(request, 'escalate', request.kind.plural, request.name)) return fine;
  const granted = await held(request);
  if (object['aggregationRule'] !== undefined && missingRights(granted, EVERYTHING).length > 0)
    return refused(
      forbidden(request.kind, request.name, 'must have cluster-admin privileges to use the aggregationRule'),
    );
  return within(request, granted, rulesOf(object['rules']));
}

const NO_TARGET = { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
const EVERYTHING: readonly Rule[] = [
  { ...NO_TARGET, apiGroups: ['*'], resources: ['*'] },
  { ...NO_TARGET, nonResourceURLs: ['*'] },
];

async function checkedBinding(request: AdmissionRequest): Promise<Attempt<ApiObject>> {
  const { object, old, namespace, kind } = request;
  const fine = { ok: true, value: object } as const;
  const same = old !== null && ['roleRef', 'subjects'].every((field) => sameJson(old[field], object[field]));
  if (same) return fine;
  const role = refOf(object);
  const plural = role.kind === 'Role' ? 'roles' : 'clusterroles';
  if (await may(request, 'bind', plural, role.name)) return fine;
  const rules = await rulesOfRole(request.api, { ...role, namespace });
  if (typeof rules === 'string') return refused(notFound({ group: GROUP, plural, kind: kind.kind }, role.name));
  return within(request, await held(request), rules);
}

function may({ api, user, namespace }: AdmissionRequest, verb: string, resource: string, name: string) {
  const what = { verb, group: GROUP, version: 'v1', resource, subresource: '', namespace, name, path: '' };
  return decide(api, user, what).then(({ allowed }) => allowed);
}

async function held({ api, user, namespace }: AdmissionRequest): Promise<readonly Rule[]> {
  return (await rulesFor(api, user, namespace)).rules;
}

function within(
  { kind, object, user }: AdmissionRequest,
  granted: readonly Rule[],
  wanted: readonly Rule[],
): Attempt<ApiObject> {
  const missing = missingRights(granted, wanted);
  if (missing.length === 0) return { ok: true, value: object };
  const listed = missing.map(describedRule).toSorted().join('\n');
  const name = textAt(fieldsOf(object.metadata), 'name');
  const why = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${listed}`;
  return refused(forbidden(kind, name, why));
}
