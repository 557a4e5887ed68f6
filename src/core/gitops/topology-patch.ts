import { CAPI_GROUP, CLUSTER_LABEL } from '../cluster-api/names.ts';
import type { Json, JsonObject } from '../json.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import type { PatchOrder } from './patch-file.ts';
import { valueAt } from './patch-words.ts';

/**
 * The patch of an object that a topology makes, as a patch of the version of that topology; where it sets no version, or its Cluster is not
 * told, the patch as it was. Templates are made by the topology controller, from those of the ClusterClass.
 */
export function throughTopology(order: PatchOrder, object: KubernetesObject): PatchOrder {
  const { apiVersion } = order.ref;
  const name = object.metadata.labels?.[CLUSTER_LABEL];
  const version = versionIn(order);
  if (!order.findings.some(({ place }) => place === 'topology') || name === undefined || version === null) return order;
  const ref = { ...order.ref, apiVersion: `${CAPI_GROUP}/${apiVersion.split('/')[1] ?? ''}`, kind: 'Cluster', name };
  const merge: JsonObject = { spec: { topology: { version } } };
  return { ...order, ref, merge, makes: [], before: [], besides: [] };
}

function versionIn({ merge, before }: PatchOrder): Json {
  const found = before.find(({ path }) => path.at(-1) === 'version');
  return found === undefined ? null : (valueAt(merge, found.path) ?? null);
}
