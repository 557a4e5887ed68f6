import { covers } from '../../../src/core/cluster-api/upgrade/canonical.ts';
import type { CapiChange, TemplateCopy } from '../../../src/core/cluster-api/upgrade/change.ts';
import { copyName, copySpec, copyTemplate } from '../../../src/core/cluster-api/upgrade/clone-template.ts';
import { JsonObject } from '../../../src/core/json.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import type { KubernetesError, KubernetesObject, ObjectRef } from '../../../src/core/ports/kubernetes.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { ChangeLook, ObjectChange } from '../../steps/object-change.ts';
import type { GroupStepContext } from '../provider.ts';

type Template = NonNullable<CapiChange['template']>;

/** Names the template that a copy is taken from. */
export function oldTemplateRef(
  { cluster }: Pick<CapiChange, 'cluster'>,
  { ref }: Template,
  copy: TemplateCopy,
): ObjectRef {
  return { apiVersion: copy.apiVersion, kind: ref.kind, namespace: cluster.namespace, name: ref.name };
}

/** Makes the new template. Its name says what is in it: one of that name with the same content does, whoever made it. */
export function copyChange(
  context: GroupStepContext,
  change: CapiChange,
  template: Template,
  copy: TemplateCopy,
): ObjectChange {
  const { management } = context.ports;
  const old = oldTemplateRef(change, template, copy);
  const fresh = { ...old, name: copy.name };
  const what = `${old.kind} ${copy.name}`;
  async function read(signal: AbortSignal): Promise<OldTemplate> {
    const seen = await management.get(old, { timeoutMs: MANAGEMENT_CALL_MS, signal });
    if (!seen.ok && seen.error.code === 'not-found') return { ok: false, look: odd(`${old.kind} ${old.name} is gone`) };
    if (!seen.ok) return { ok: false, look: unread(seen.error) };
    const isSame =
      seen.value.metadata.uid === copy.uid &&
      copyName(seen.value, { version: change.to, images: copy.images }) === copy.name;
    return isSame
      ? { ok: true, template: seen.value }
      : { ok: false, look: odd(`${old.kind} ${old.name} is another one than was approved`) };
  }
  return {
    item: change.group,
    action: `create ${what}`,
    facts: { copyOf: old.name, images: copy.images.map(({ path, to }) => ({ path: [...path], to })) },
    look: async () => {
      const from = await read(context.signal);
      if (!from.ok) return from.look;
      const seen = await management.get(fresh, { timeoutMs: MANAGEMENT_CALL_MS, signal: context.signal });
      if (!seen.ok && seen.error.code === 'not-found') return { is: 'not-done', note: `${what} is not there` };
      if (!seen.ok) return unread(seen.error);
      const { data } = JsonObject.safeParse(seen.value['spec']);
      return covers(data, copySpec(from.template, copy))
        ? { is: 'done', note: `${what} is there` }
        : odd(`${what} is there already, with other contents`);
    },
    call: async (signal) => {
      const from = await read(signal);
      if (!from.ok)
        return {
          ok: false,
          error: { code: from.look.is === 'odd' ? 'conflict' : 'unreachable', message: from.look.why },
        };
      const object = copyTemplate(from.template, { version: change.to, images: copy.images }, context.runId);
      return await management.create(object, { timeoutMs: MANAGEMENT_CALL_MS, signal });
    },
  };
}

type OldTemplate =
  | { readonly ok: true; readonly template: KubernetesObject }
  | { readonly ok: false; readonly look: Extract<ChangeLook, { readonly is: 'unread' | 'odd' }> };

function unread({ code, message }: KubernetesError): Extract<ChangeLook, { readonly is: 'unread' }> {
  const reason = isAccessRefused(code) ? 'access-refused' : 'management-silent';
  return { is: 'unread', reason, why: `the management cluster: ${message}` };
}

function odd(why: string): Extract<ChangeLook, { readonly is: 'odd' }> {
  return { is: 'odd', reason: 'plan-drifted', why };
}
