/** What one request asks for, in the words of RBAC. */
export interface Attributes {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  readonly group: string;
  /** Plural, lower case; empty: a path that is no resource. */
  readonly resource: string;
  readonly subresource: string;
  /** `null`: cluster-scoped, or all namespaces. */
  readonly namespace: string | null;
  /** `null`: no single object. */
  readonly name: string | null;
  /** Path of a request that is for no resource (`/version`). */
  readonly path?: string;
}

/** `get pods/exec etcd-cp-1 in namespace kube-system`, `list nodes`. */
export function describe(what: Attributes): string {
  if (what.resource === '') return `${what.verb} ${what.path ?? '/'}`;
  const where = what.namespace === null ? '' : ` in namespace ${what.namespace}`;
  return `${what.verb} ${fullResource(what)}${what.name === null ? '' : ` ${what.name}`}${where}`;
}

/** `pods/exec`, `deployments.apps`, as `kubectl` writes them. */
export function fullResource(what: Attributes): string {
  const group = what.group === '' ? '' : `.${what.group}`;
  return `${what.resource}${group}${what.subresource === '' ? '' : `/${what.subresource}`}`;
}

/** The rule that allows it, in words: who, verb, resource, where. */
export function missingRule(what: Attributes, verb: string, user: string): string {
  if (what.resource === '') {
    return `add ${verb} on the path ${what.path ?? '/'} (nonResourceURLs) to a ClusterRole of ${user}`;
  }
  const resource = `${what.resource}${what.subresource === '' ? '' : `/${what.subresource}`}`;
  const group = what.group === '' ? '' : ` (API group ${what.group})`;
  const place = what.namespace === null ? 'to a ClusterRole' : `in namespace ${what.namespace} to the role`;
  return `add \`${verb}\` on \`${resource}\`${group} ${place} of ${user}`;
}
