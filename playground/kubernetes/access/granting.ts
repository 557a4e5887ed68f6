import { z } from 'zod';
import { listAt, textAt } from '../api/reading.ts';
import type { LocalApi, User } from '../contracts.ts';
import { type Rule, rulesOf } from './rules.ts';

/** Rules that one binding gives a user, and by which words. */
export interface Grant {
  readonly rules: readonly Rule[];
  /** `RoleBinding "r/default" of Role "r" to ServiceAccount "app/default"`. */
  readonly by: string;
}

/** A binding's role that is not there, in the words of the server. */
export interface Missing {
  readonly problem: string;
}

const API = '/apis/rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';

const Subject = z.object({ kind: z.string(), name: z.string(), namespace: z.string().default('') });
type Subject = z.infer<typeof Subject>;

/**
 * What a user may do by the bindings of the cluster and of a namespace (empty: of the cluster alone), one after the
 * other. Read from the server's cache, so that it also works while etcd does not.
 */
export async function* eachGrant(api: LocalApi, user: User, namespace: string): AsyncGenerator<Grant | Missing> {
  const roles = new Map<string, readonly Rule[] | string>();
  for (const place of namespace === '' ? [''] : ['', namespace]) {
    for (const binding of await listed(api, bindingsPath(place))) {
      const subject = listAt(binding, 'subjects')
        .map((each) => Subject.safeParse(each).data)
        .find((each) => each !== undefined && isFor(each, user, place));
      if (subject === undefined) continue;
      const role = refOf(binding);
      const key = `${role.kind}/${role.name}`;
      const rules = roles.get(key) ?? (await rulesOfRole(api, { ...role, namespace: place }));
      roles.set(key, rules);
      yield typeof rules === 'string' ? { problem: rules } : { rules, by: told(binding, subject, place) };
    }
  }
}

/** All rules that {@link eachGrant} finds, and what is not there. */
export async function rulesFor(
  api: LocalApi,
  user: User,
  namespace: string,
): Promise<{ readonly rules: readonly Rule[]; readonly problems: readonly string[] }> {
  const rules: Rule[] = [];
  const problems: string[] = [];
  for await (const each of eachGrant(api, user, namespace)) {
    if ('problem' in each) problems.push(each.problem);
    else rules.push(...each.rules);
  }
  return { rules, problems };
}

/** Which role a binding means. */
export interface RoleReference {
  readonly kind: string;
  readonly name: string;
  /** Of the binding; empty: it is the cluster's. */
  readonly namespace: string;
}

/** The reference of a written binding. */
export function refOf(binding: unknown): Omit<RoleReference, 'namespace'> {
  return { kind: textAt(binding, 'roleRef', 'kind'), name: textAt(binding, 'roleRef', 'name') };
}

/** The rules of a role, or that it is not there. */
export async function rulesOfRole(api: LocalApi, role: RoleReference): Promise<readonly Rule[] | string> {
  const plural = role.kind === 'Role' ? 'roles' : 'clusterroles';
  const base = role.kind === 'Role' ? `${API}/namespaces/${role.namespace}` : API;
  const path = `${base}/${plural}/${role.name}`;
  const { status, body } = await api.request({ method: 'GET', path: `${path}?resourceVersion=0` });
  if (status === 200) return rulesOf(Object(body).rules);
  return `${role.kind.toLowerCase()}.${GROUP} "${role.name}" not found`;
}

function bindingsPath(namespace: string): string {
  return namespace === '' ? `${API}/clusterrolebindings` : `${API}/namespaces/${namespace}/rolebindings`;
}

async function listed(api: LocalApi, path: string): Promise<readonly unknown[]> {
  const { status, body } = await api.request({ method: 'GET', path: `${path}?resourceVersion=0` });
  return status === 200 ? listAt(body, 'items') : [];
}

function isFor({ kind, name, namespace }: Subject, user: User, place: string): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  if (kind !== 'ServiceAccount') return false;
  const space = namespace === '' ? place : namespace;
  return space !== '' && user.name === `system:serviceaccount:${space}:${name}`;
}

function told(binding: unknown, subject: Subject, place: string): string {
  const kind = place === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const name = textAt(binding, 'metadata', 'name');
  const role = refOf(binding);
  const whom = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || place}` : subject.name;
  const named = place === '' ? name : `${name}/${place}`;
  return `${kind} "${named}" of ${role.kind} "${role.name}" to ${subject.kind} "${whom}"`;
}
