import type { Fields } from '../kubernetes/contracts.ts';

/** A text. What a schema does not name is dropped, as by a real server. */
export const TEXT: Fields = { type: 'string' };
/** A whole number. */
export const NUMBER: Fields = { type: 'integer' };
/** True or false. */
export const YES_NO: Fields = { type: 'boolean' };
/** Texts by name. */
export const TEXTS: Fields = { type: 'object', additionalProperties: TEXT };
/** Fields that nothing here looks at. */
export const ANYTHING: Fields = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** An object of these properties. */
export function fields(properties: Fields, required: readonly string[] = []): Fields {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

/** A list of such items. */
export function listOf(items: Fields): Fields {
  return { type: 'array', items };
}

const STATUS = { type: 'string', enum: ['True', 'False', 'Unknown'] };
const TIME = { type: 'string', format: 'date-time' };

/** Conditions of the newer vocabulary: a reason is required. */
export const CONDITIONS: Fields = {
  ...listOf(
    fields(
      {
        type: TEXT,
        status: STATUS,
        reason: { type: 'string', minLength: 1 },
        message: TEXT,
        observedGeneration: NUMBER,
        lastTransitionTime: TIME,
      },
      ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
    ),
  ),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
};

/** Conditions of the older vocabulary, with a severity. */
export const OLD_CONDITIONS: Fields = listOf(
  fields({ type: TEXT, status: STATUS, severity: TEXT, reason: TEXT, message: TEXT, lastTransitionTime: TIME }, [
    'type',
    'status',
    'lastTransitionTime',
  ]),
);

/** Counters of replicas of the newer vocabulary, and of the older one. */
const COUNTS: Fields = { readyReplicas: NUMBER, availableReplicas: NUMBER, upToDateReplicas: NUMBER };
const OLD_COUNTS: Fields = {
  updatedReplicas: NUMBER,
  unavailableReplicas: NUMBER,
  readyReplicas: NUMBER,
  availableReplicas: NUMBER,
};

/** `status` with conditions where each version has them. */
export function statusOf(version: 'v1beta1' | 'v1beta2', properties: Fields): Fields {
  const places =
    version === 'v1beta2'
      ? {
          conditions: CONDITIONS,
          deprecated: fields({ v1beta1: fields({ conditions: OLD_CONDITIONS, ...OLD_COUNTS }) }),
        }
      : { conditions: OLD_CONDITIONS, v1beta2: fields({ conditions: CONDITIONS, ...COUNTS }) };
  return fields({ ...properties, ...places });
}

/** A reference to another object, as each version has it. */
export function referenceOf(version: 'v1beta1' | 'v1beta2'): Fields {
  return version === 'v1beta2'
    ? fields({ apiGroup: TEXT, kind: TEXT, name: TEXT }, ['apiGroup', 'kind', 'name'])
    : fields({ apiVersion: TEXT, kind: TEXT, name: TEXT, namespace: TEXT, uid: TEXT });
}

/** A selector of labels. */
export const SELECTOR: Fields = fields({
  matchLabels: TEXTS,
  matchExpressions: listOf(fields({ key: TEXT, operator: TEXT, values: listOf(TEXT) }, ['key', 'operator'])),
});

/** Labels and annotations of what a template makes. */
export const METADATA: Fields = fields({ labels: TEXTS, annotations: TEXTS });

/** How long the end of a machine may take, as each version has it. */
export function timeoutsOf(version: 'v1beta1' | 'v1beta2'): Fields {
  return version === 'v1beta2'
    ? { deletion: fields({ nodeDrainTimeoutSeconds: NUMBER, nodeDeletionTimeoutSeconds: NUMBER }) }
    : { nodeDrainTimeout: TEXT, nodeDeletionTimeout: TEXT };
}

/** `spec` of a Machine, and of what makes Machines. */
export function machineSpec(version: 'v1beta1' | 'v1beta2'): Fields {
  const reference = referenceOf(version);
  return fields(
    {
      clusterName: { type: 'string', minLength: 1 },
      version: TEXT,
      providerID: TEXT,
      failureDomain: TEXT,
      bootstrap: fields({ dataSecretName: TEXT, configRef: reference }),
      infrastructureRef: reference,
      ...timeoutsOf(version),
    },
    ['clusterName'],
  );
}
