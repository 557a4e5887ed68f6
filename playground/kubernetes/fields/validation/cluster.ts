import type { ApiObject, Fields } from '../../contracts.ts';
import { at, fieldsOf, isFields, listOf, sameJson, textOf } from '../json.ts';
import {
  all,
  type Causes,
  duplicate,
  fine,
  forbidden,
  invalid,
  notNegative,
  oneOf,
  positive,
  required,
  tooLong,
} from './causes.ts';
import { portRange } from './containers.ts';
import { checkName, labelValue, qualifiedName } from './names.ts';

/** A node. An update looks at the taints twice, as a real server does. */
export function nodeProblems(object: ApiObject, old: ApiObject | null): Causes {
  const taints = taintProblems(at(object, 'spec', 'taints'));
  if (old === null) return taints;
  const moved =
    (at(old, 'spec', 'providerID') ?? '') !== '' &&
    !sameJson(at(old, 'spec', 'providerID'), at(object, 'spec', 'providerID'));
  const range =
    (at(old, 'spec', 'podCIDR') ?? '') !== '' && !sameJson(at(old, 'spec', 'podCIDR'), at(object, 'spec', 'podCIDR'));
  return all(
    taints,
    taints,
    moved ? forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid') : fine,
    range ? forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid') : fine,
  );
}

function taintProblems(taints: unknown): Causes {
  const seen = new Set<string>();
  return listOf(taints).flatMap((item, place) => {
    const taint = fieldsOf(item);
    const here = `metadata.taints[${place}]`;
    const key = textOf(taint['key']);
    const effect = textOf(taint['effect']);
    const id = `${key}:${effect}`;
    const again = seen.has(id) ? duplicate(here, taint) : fine;
    seen.add(id);
    return all(
      checkName(`${here}.key`, key, qualifiedName),
      checkName(`${here}.value`, textOf(taint['value']), labelValue),
      oneOf(`${here}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
      again,
    );
  });
}

/** A Lease. */
export function leaseProblems(object: ApiObject): Causes {
  const spec = fieldsOf(object['spec']);
  const holder = spec['holderIdentity'];
  return all(
    positive('spec.leaseDurationSeconds', spec['leaseDurationSeconds']),
    notNegative('spec.leaseTransitions', spec['leaseTransitions']),
    holder === '' && spec['strategy'] !== undefined ? invalid('spec.holderIdentity', '', 'must not be empty') : fine,
  );
}

const objectBytes = 1024 * 1024;

/** A ConfigMap. */
export function configMapProblems(object: ApiObject, old: ApiObject | null): Causes {
  const size = sizeOf(object['data']) + sizeOf(object['binaryData'], 'base64');
  return all(
    keyProblems(object['data'], 'data'),
    keyProblems(object['binaryData'], 'binaryData'),
    size > objectBytes ? tooLong('[]', objectBytes) : fine,
    frozen(object, old, ['data', 'binaryData']),
  );
}

/** A Secret. */
export function secretProblems(object: ApiObject, old: ApiObject | null): Causes {
  const type =
    old === null || sameJson(object['type'], old['type'])
      ? fine
      : invalid('type', object['type'], 'field is immutable');
  return all(
    keyProblems(object['data'], 'data'),
    sizeOf(object['data'], 'base64') > objectBytes ? tooLong('data', objectBytes) : fine,
    neededKeys(object),
    type,
    frozen(object, old, ['data']),
  );
}

const needed: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

function neededKeys(secret: ApiObject): Causes {
  const data = fieldsOf(secret['data']);
  return (needed[textOf(secret['type'])] ?? []).flatMap((key) =>
    Object.hasOwn(data, key) ? fine : required(`data[${key}]`),
  );
}

function sizeOf(data: unknown, encoding: 'utf8' | 'base64' = 'utf8'): number {
  return Object.values(fieldsOf(data)).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(textOf(value), encoding),
    0,
  );
}

function keyProblems(data: unknown, field: string): Causes {
  return Object.keys(fieldsOf(data)).flatMap((key) =>
    /^[-._a-zA-Z0-9]+$/.test(key) && key !== '.' && key !== '..'
      ? fine
      : invalid(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
  );
}

function frozen(object: ApiObject, old: ApiObject | null, fields: readonly string[]): Causes {
  if (old?.['immutable'] !== true) return fine;
  const detail = 'field is immutable when `immutable` is set';
  return all(
    object['immutable'] === true ? fine : forbidden('immutable', detail),
    fields.flatMap((name) => (sameJson(object[name], old[name]) ? fine : forbidden(name, detail))),
  );
}

/** A core Event, and one of events.k8s.io that has no time. */
export function eventProblems(object: ApiObject, old: ApiObject | null, group: string): Causes {
  const involved = fieldsOf(object['involvedObject'] ?? object['regarding']);
  const field = group === '' ? 'involvedObject.namespace' : 'regarding.namespace';
  if (group !== '' && old === null && (object['eventTime'] ?? null) === null) return required('eventTime');
  const namespace = textOf(object.metadata['namespace']);
  const about = textOf(involved['namespace']);
  const fits =
    about === '' ? namespace === 'default' || namespace === 'kube-system' || namespace === '' : about === namespace;
  return fits ? fine : invalid(field, about, 'does not match event.namespace');
}

/** A Service. */
export function serviceProblems(object: ApiObject): Causes {
  const spec = fieldsOf(object['spec']);
  const ports = listOf(spec['ports']).map(fieldsOf);
  const type = textOf(spec['type']);
  const none = ports.length === 0 && type !== 'ExternalName' && spec['clusterIP'] !== 'None';
  return all(
    none ? required('spec.ports') : fine,
    ports.flatMap((port, place) => servicePort(port, `spec.ports[${place}]`, ports.length > 1)),
    oneOf('spec.type', type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
    oneOf('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']),
    type === 'ExternalName' && textOf(spec['externalName']) === '' ? required('spec.externalName') : fine,
  );
}

function servicePort(port: Fields, here: string, needsName: boolean): Causes {
  return all(
    needsName && textOf(port['name']) === '' ? required(`${here}.name`) : fine,
    portRange(`${here}.port`, port['port']),
    oneOf(`${here}.protocol`, port['protocol'], ['TCP', 'UDP', 'SCTP']),
  );
}

/** A binding of a role. */
export function bindingProblems(object: ApiObject, old: ApiObject | null): Causes {
  const role = fieldsOf(object['roleRef']);
  const kinds = object.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['Role', 'ClusterRole'];
  const changed = old !== null && !sameJson(object['roleRef'], old['roleRef']);
  return all(
    oneOf('roleRef.apiGroup', role['apiGroup'], ['rbac.authorization.k8s.io']),
    oneOf('roleRef.kind', role['kind'], kinds),
    textOf(role['name']) === '' ? required('roleRef.name') : fine,
    listOf(object['subjects']).flatMap((item, place) =>
      subjectProblems(fieldsOf(item), `subjects[${place}]`, object.kind),
    ),
    changed ? invalid('roleRef', object['roleRef'], 'cannot change roleRef') : fine,
  );
}

function subjectProblems(subject: Fields, here: string, kind: string): Causes {
  const isAccount = subject['kind'] === 'ServiceAccount';
  const homeless = isAccount && kind === 'ClusterRoleBinding' && textOf(subject['namespace']) === '';
  return all(
    textOf(subject['name']) === '' ? required(`${here}.name`) : fine,
    oneOf(`${here}.kind`, subject['kind'], ['ServiceAccount', 'User', 'Group']),
    homeless ? required(`${here}.namespace`) : fine,
  );
}

/** A role: each rule names verbs, and what they are for. */
export function roleProblems(object: ApiObject): Causes {
  return listOf(object['rules']).flatMap((item, place) => {
    const rule = fieldsOf(item);
    const here = `rules[${place}]`;
    const paths = listOf(rule['nonResourceURLs']).length > 0;
    return all(
      listOf(rule['verbs']).length === 0 ? required(`${here}.verbs`, 'verbs must contain at least one value') : fine,
      !paths && listOf(rule['apiGroups']).length === 0
        ? required(`${here}.apiGroups`, 'resource rules must supply at least one api group')
        : fine,
      !paths && listOf(rule['resources']).length === 0
        ? required(`${here}.resources`, 'resource rules must supply at least one resource')
        : fine,
      paths && object.kind === 'Role'
        ? invalid(
            `${here}.nonResourceURLs`,
            rule['nonResourceURLs'],
            'namespaced rules cannot apply to non-resource URLs',
          )
        : fine,
    );
  });
}

/** A request for a token. */
export function tokenRequestProblems(object: ApiObject): Causes {
  const seconds = at(object, 'spec', 'expirationSeconds');
  if (typeof seconds !== 'number') return fine;
  if (seconds < 600)
    return invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes');
  return seconds > 2 ** 32
    ? invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
    : fine;
}

/** A review of somebody's rights. */
export function accessReviewProblems(object: ApiObject): Causes {
  const spec = fieldsOf(object['spec']);
  const someone = textOf(spec['user']) !== '' || listOf(spec['groups']).length > 0;
  const isOther = object.kind === 'SubjectAccessReview' || object.kind === 'LocalSubjectAccessReview';
  const asks = [spec['resourceAttributes'], spec['nonResourceAttributes']].filter(isFields).length;
  const exactly = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return all(
    asks === 1 ? fine : invalid('spec.resourceAttributes', null, exactly),
    isOther && !someone ? invalid('spec.user', '', 'at least one of user or group must be specified') : fine,
  );
}
