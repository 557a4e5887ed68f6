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

/** Everything that bindings give a user. */
export interface Grants {
  readonly grants: readonly Grant[];
  /** Roles that bindings name and that are not there, in the words of the server. */
  readonly problems: readonly string[];
}

const API = '/apis/rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';

const Subject = z.object({ kind: z.string(), name: z.string(), namespace: z.string().default('') });
type Subject = z.infer<typeof Subject>;

/**
 * What a user may do by all bindings of the cluster and of a namespace (empty: of the cluster alone). Read from the
 * server's cache, so that it also works while etcd does not.
 */
export async function grantsOf(api: LocalApi, user: User, namespace: string): Promise<Grants> {
  const found: Grant[] = [];
  const problems: string[] = [];
  const places = namespace === '' ? [''] : ['', namespace];
  for (const place of places) {
    for (const binding of await listed(api, bindingsPath(place))) {
      const subject = listAt(binding, 'subjects')
        .map((each) => Subject.safeParse(each).data)
        .find((each) => each !== undefined && isFor(each, user, place));
      if (subject === undefined) continue;
      const rules = await rulesOfRole(api, { ...refOf(binding), namespace: place });
      if (typeof rules === 'string') problems.push(rules);
      else found.push({ rules, by: told(binding, subject, place) });
    }
  }
  return { grants: found, problems };
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
