import { z } from 'zod';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import type { KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';

const Made = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ namespace: z.string().nullable().default(null) }),
});

/**
 * A port over another one that notes what each call needs, in the words of RBAC. A right that is asked for counts as used: it is that of a later
 * call. Not noted: versions, and what a stream does.
 */
export function recordRights(port: KubernetesPort, used: Attributes[]): KubernetesPort {
  function note(verb: string, ref: Pick<ObjectRef, 'apiVersion' | 'kind' | 'namespace'>, name: string | null): void {
    const [group = '', version] = ref.apiVersion.split('/');
    const resource = `${ref.kind.toLowerCase().replace(/([^aeiou])y$/, '$1ie')}s`;
    used.push({
      verb,
      group: version === undefined ? '' : group,
      resource,
      subresource: '',
      namespace: ref.namespace,
      name,
    });
  }
  return {
    ...port,
    get: async (ref, call) => {
      note('get', ref, ref.name);
      return await port.get(ref, call);
    },
    list: async (query, call) => {
      note('list', query, null);
      return await port.list(query, call);
    },
    create: async (object, call) => {
      const { apiVersion, kind, metadata } = Made.parse(object);
      note('create', { apiVersion, kind, namespace: metadata.namespace }, null);
      return await port.create(object, call);
    },
    delete: async (ref, call) => {
      note('delete', ref, ref.name);
      return await port.delete(ref, call);
    },
    patchJson: async (ref, operations, call) => {
      note('patch', ref, ref.name);
      return await port.patchJson(ref, operations, call);
    },
    patchMerge: async (ref, patch, call) => {
      note('patch', ref, ref.name);
      return await port.patchMerge(ref, patch, call);
    },
    logs: async (pod, call) => {
      used.push({
        verb: 'get',
        group: '',
        resource: 'pods',
        subresource: 'log',
        namespace: pod.namespace,
        name: pod.name,
      });
      return await port.logs(pod, call);
    },
    exec: async (pod, argv, call) => {
      used.push({
        verb: 'create',
        group: '',
        resource: 'pods',
        subresource: 'exec',
        namespace: pod.namespace,
        name: pod.name,
      });
      return await port.exec(pod, argv, call);
    },
    mayI: async (what, call) => {
      const { verb, group, resource, namespace, subresource = '', name = null } = what;
      used.push({ verb, group, resource, subresource, namespace, name });
      return await port.mayI(what, call);
    },
  };
}
