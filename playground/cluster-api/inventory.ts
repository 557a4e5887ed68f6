import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { fields, TEXT } from './schema.ts';
import type { CapiVersion } from './shape.ts';

const GROUP = 'clusterctl.cluster.x-k8s.io';
const VERSION = 'v1alpha3';
/** Where the core controllers would run. */
export const CORE_NAMESPACE = 'capi-system';
/** Collection of what `clusterctl` keeps there of what it installed. */
export const INVENTORY = `/apis/${GROUP}/${VERSION}/namespaces/${CORE_NAMESPACE}/providers`;

/** A release of Cluster API whose newest API is the one that is served: that is what the inventory tells. */
const RELEASES: Readonly<Record<CapiVersion, string>> = { v1beta1: 'v1.10.10', v1beta2: 'v1.12.10' };

/** The kind of the inventory. */
export function inventoryDefinition(): ApiObject {
  const schema = fields({
    apiVersion: TEXT,
    kind: TEXT,
    metadata: { type: 'object' },
    providerName: TEXT,
    type: TEXT,
    version: TEXT,
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `providers.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind: 'Provider', listKind: 'ProviderList', plural: 'providers', singular: 'provider' },
      scope: 'Namespaced',
      versions: [{ name: VERSION, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

/** The core controllers, as `clusterctl init` would note them. */
export function coreProvider(served: CapiVersion): Fields {
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind: 'Provider',
    metadata: { name: 'cluster-api', namespace: CORE_NAMESPACE },
    providerName: 'cluster-api',
    type: 'CoreProvider',
    version: RELEASES[served],
  };
}
