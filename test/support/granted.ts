import { z } from 'zod';
import { type Attributes, describe } from '../../src/adapters/kubernetes/attributes.ts';
import type { Rendered } from './rendered.ts';

const list = z.array(z.string()).default([]);
const Rule = z.strictObject({
  verbs: list,
  apiGroups: list,
  resources: list,
  resourceNames: list,
  nonResourceURLs: list,
});
const Rules = z.looseObject({ rules: z.array(Rule) });
const Binding = z.looseObject({
  roleRef: z.strictObject({ apiGroup: z.literal('rbac.authorization.k8s.io'), kind: z.string(), name: z.string() }),
  subjects: z.array(z.strictObject({ kind: z.string(), name: z.string(), namespace: z.string() })),
});

/** One right: one verb on one resource or path, and by which role. */
export interface Granted {
  /** `Role kube-system/drydock-status`. */
  readonly role: string;
  /** `namespace` `null`: everywhere; `name` `null`: whatever its name. */
  readonly what: Attributes;
}

/** The rights of a service account by roles and bindings. A binding without its role, or the other way round, is an error. */
export function grantedTo(
  account: { namespace: string; name: string },
  objects: readonly Rendered[],
): readonly Granted[] {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  const bindings = objects.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding');
  const bound = bindings.flatMap((binding) => {
    const { roleRef, subjects } = Binding.parse(binding);
    const space = binding.kind === 'RoleBinding' ? (binding.metadata.namespace ?? '') : null;
    const role = roles.find(
      ({ kind, metadata }) =>
        kind === roleRef.kind && metadata.name === roleRef.name && (kind !== 'Role' || metadata.namespace === space),
    );
    if (role === undefined) throw new Error(`${binding.kind} ${binding.metadata.name} binds no role that is there`);
    const isFor = subjects.some(({ kind, ...who }) => kind === 'ServiceAccount' && isSame(who, account));
    return isFor ? [{ role, space }] : [];
  });
  const loose = roles.filter((role) => !bound.some((each) => each.role === role));
  if (loose.length > 0) throw new Error(`nothing binds ${loose.map(nameOf).join(', ')}`);
  return bound.flatMap(({ role, space }) => rightsOf(role, space));
}

function isSame(one: { namespace: string; name: string }, other: { namespace: string; name: string }): boolean {
  return one.namespace === other.namespace && one.name === other.name;
}

function nameOf({ kind, metadata: { namespace, name } }: Rendered): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function rightsOf(role: Rendered, namespace: string | null): readonly Granted[] {
  return Rules.parse(role).rules.flatMap((rule) => {
    const resources = rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((full) => {
        const [resource = '', subresource = ''] = full.split('/');
        const names = rule.resourceNames.length === 0 ? [null] : rule.resourceNames;
        return names.map((name) => ({ group, resource, subresource, namespace, name }));
      }),
    );
    const nowhere = { group: '', resource: '', subresource: '', namespace: null, name: null };
    const paths = rule.nonResourceURLs.map((path) => ({ ...nowhere, path }));
    return rule.verbs.flatMap((verb) =>
      [...resources, ...paths].map((what) => ({ role: nameOf(role), what: { verb, ...what } })),
    );
  });
}

/** What was used and is not granted, and what is granted and was not used; both sorted, without repetition. */
export function compareRights(
  used: readonly Attributes[],
  granted: readonly Granted[],
): { readonly missing: readonly string[]; readonly unused: readonly string[] } {
  const missing = used.filter((what) => !granted.some((right) => covers(right.what, what)));
  const unused = granted.filter((right) => !used.some((what) => covers(right.what, what)));
  return {
    missing: sorted(missing.map(describe)),
    unused: sorted(unused.map(({ role, what }) => `${role}: ${describe(what)}`)),
  };
}

function covers(right: Attributes, used: Attributes): boolean {
  return (
    right.verb === used.verb &&
    right.group === used.group &&
    right.resource === used.resource &&
    right.subresource === used.subresource &&
    right.path === used.path &&
    (right.namespace === null || right.namespace === used.namespace) &&
    (right.name === null || right.name === used.name)
  );
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
