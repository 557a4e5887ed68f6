import type { ApiObject, Fields } from '../../kubernetes/contracts.ts';

/** A custom kind of OpenShift, with the part of its schema that is checked. */
export interface KindFacts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly spec: Fields;
  readonly status: Fields;
  readonly shortNames?: readonly string[];
  /** What `kubectl get` shows beside the name: heading and path. */
  readonly columns?: readonly (readonly [string, string])[];
}

/** Fields that no schema here describes. */
export const ANYTHING: Fields = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
/** A text. */
export const TEXT: Fields = { type: 'string' };
/** A whole number. */
export const NUMBER: Fields = { type: 'integer' };

/** An object of these properties; what else it has is kept. */
export function object(properties: Fields, required: readonly string[] = []): Fields {
  return {
    type: 'object',
    properties,
    'x-kubernetes-preserve-unknown-fields': true,
    ...(required.length === 0 ? {} : { required }),
  };
}

/** A list of such items. */
export function list(items: Fields): Fields {
  return { type: 'array', items };
}

/** Conditions, one for each type. */
export const CONDITIONS: Fields = {
  ...list(
    object(
      {
        type: TEXT,
        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
        reason: TEXT,
        message: TEXT,
        severity: TEXT,
        lastTransitionTime: { type: 'string', format: 'date-time' },
      },
      ['type', 'status'],
    ),
  ),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
};

/** The definition of a kind, as it is created at the API server. */
export function definitionOf(facts: KindFacts): ApiObject {
  const { group, version, kind, plural, namespaced, shortNames = [], columns = [] } = facts;
  const schema = {
    type: 'object',
    properties: { apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' }, spec: facts.spec, status: facts.status },
  };
  const additionalPrinterColumns = columns.map(([name, jsonPath]) => ({ name, jsonPath, type: 'string' }));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
          additionalPrinterColumns,
        },
      ],
    },
  };
}

/** `/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machines`. */
export function collectionOf({ group, version, plural, namespaced }: KindFacts, namespace = ''): string {
  const within = namespaced ? `/namespaces/${namespace}` : '';
  return `/apis/${group}/${version}${within}/${plural}`;
}
