import type { TemplateRef } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { versionFor } from '../../../src/core/cluster-api/versions.ts';
import type {
  KubernetesError,
  KubernetesObject,
  KubernetesResult,
  ObjectRef,
} from '../../../src/core/ports/kubernetes.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { UpgradeReads } from './read-view.ts';

/** Names a template in full. v1beta2 references tell no version: the newest one that is served and known is asked for, else what the server prefers. */
export async function templateRef(
  management: UpgradeReads['management'],
  ref: TemplateRef,
  namespace: string,
  signal: AbortSignal,
): Promise<KubernetesResult<ObjectRef>> {
  const { group, kind, name } = ref;
  if (ref.version !== null)
    return { ok: true, value: { apiVersion: `${group}/${ref.version}`, kind, namespace, name } };
  const served = await management.groupVersions(group, { timeoutMs: MANAGEMENT_CALL_MS, signal });
  if (!served.ok) return served;
  const version = versionFor(served.value) ?? served.value[0];
  if (version === undefined) return { ok: false, error: gone(`no version of ${group} is served`) };
  return { ok: true, value: { apiVersion: `${group}/${version}`, kind, namespace, name } };
}

/** Reads a template. */
export async function readTemplate(
  management: UpgradeReads['management'],
  ref: TemplateRef,
  namespace: string,
  signal: AbortSignal,
): Promise<KubernetesResult<KubernetesObject>> {
  const named = await templateRef(management, ref, namespace, signal);
  return named.ok ? await management.get(named.value, { timeoutMs: MANAGEMENT_CALL_MS, signal }) : named;
}

function gone(message: string): KubernetesError {
  return { code: 'no-such-kind', message };
}
