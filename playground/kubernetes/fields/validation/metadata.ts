import type { ApiObject, ResourceKind } from '../../contracts.ts';
import { at, fieldsOf, listOf, sameJson, textOf } from '../json.ts';
import { all, type Causes, fine, forbidden, invalid, required } from './causes.ts';
import {
  checkName,
  dnsLabel,
  dnsLabel1035,
  dnsSubdomain,
  labelValue,
  type NameRule,
  pathSegment,
  qualifiedName,
} from './names.ts';

const nameRules: Readonly<Record<string, NameRule>> = {
  '/Namespace': dnsLabel,
  '/Service': dnsLabel1035,
  'rbac.authorization.k8s.io/Role': pathSegment,
  'rbac.authorization.k8s.io/ClusterRole': pathSegment,
  'rbac.authorization.k8s.io/RoleBinding': pathSegment,
  'rbac.authorization.k8s.io/ClusterRoleBinding': pathSegment,
  'apiregistration.k8s.io/APIService': pathSegment,
};

/** Kinds whose names are not checked, or checked by a rule of their own. */
const unnamed = new Set([
  '/Event',
  'events.k8s.io/Event',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'autoscaling/Scale',
  'authentication.k8s.io/TokenRequest',
]);

const mostAnnotations = 256 * 1024;

/** What is wrong with the metadata of an object, and with their change. An update is looked at twice, as a real server does. */
export function metadataProblems(kind: ResourceKind, object: ApiObject, old: ApiObject | null): Causes {
  const own = ownProblems(kind, object);
  if (old === null) return own;
  const change = changeProblems(object, old);
  return all(own, change, own, change);
}

function ownProblems(kind: ResourceKind, object: ApiObject): Causes {
  const { metadata } = object;
  const id = `${kind.group}/${kind.kind}`;
  const name = textOf(metadata['name']);
  if (unnamed.has(id) || kind.group.startsWith('authorization.')) return labelProblems(object);
  const named =
    name === ''
      ? required('metadata.name', 'name or generateName is required')
      : checkName('metadata.name', name, nameRules[id] ?? dnsSubdomain);
  return all(
    named,
    labelProblems(object),
    annotationProblems(object),
    finalizerProblems(object, kind.schema === null),
    ownerProblems(object),
  );
}

/** Labels under any name: of the object or of a template. */
export function labelsProblems(labels: unknown, field: string): Causes {
  return Object.entries(fieldsOf(labels)).flatMap(([key, value]) =>
    all(checkName(field, key, qualifiedName), checkName(field, textOf(value), labelValue)),
  );
}

function labelProblems(object: ApiObject): Causes {
  return labelsProblems(object.metadata['labels'], 'metadata.labels');
}

function annotationProblems(object: ApiObject): Causes {
  const annotations = Object.entries(fieldsOf(object.metadata['annotations']));
  const size = annotations.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(textOf(value)),
    0,
  );
  const tooLarge = {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${mostAnnotations} bytes`,
    field: 'metadata.annotations',
  };
  return all(
    annotations.flatMap(([key]) => checkName('metadata.annotations', key.toLowerCase(), qualifiedName)),
    size > mostAnnotations ? [tooLarge] : [],
  );
}

const known = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Only built-in kinds want their finalizers with a domain: the Machines of OpenShift have `machine.machine.openshift.io`. */
function finalizerProblems(object: ApiObject, isBuiltIn: boolean): Causes {
  return listOf(object.metadata['finalizers']).flatMap((finalizer) => {
    const name = textOf(finalizer);
    const wrong = checkName('metadata.finalizers', name, qualifiedName);
    if (wrong.length > 0 || !isBuiltIn || name.includes('/') || known.has(name)) return wrong;
    return invalid('metadata.finalizers', name, 'name is neither a standard finalizer name nor is it fully qualified');
  });
}

function ownerProblems(object: ApiObject): Causes {
  const owners = listOf(object.metadata['ownerReferences']).map(fieldsOf);
  const controllers = owners.filter((owner) => owner['controller'] === true);
  const several =
    controllers.length > 1
      ? invalid(
          'metadata.ownerReferences',
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${textOf(controllers[0]?.['kind'])}/${textOf(controllers[0]?.['name'])} and ${textOf(controllers[1]?.['kind'])}/${textOf(controllers[1]?.['name'])}`,
        )
      : fine;
  const missing = owners.flatMap((owner) =>
    ['apiVersion', 'kind', 'name', 'uid'].flatMap((name) =>
      textOf(owner[name]) === ''
        ? invalid(
            `metadata.ownerReferences.${name}`,
            '',
            `${name === 'apiVersion' ? 'version' : name} must not be empty`,
          )
        : fine,
    ),
  );
  return all(missing, several);
}

const immutable = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
];

function changeProblems(object: ApiObject, old: ApiObject): Causes {
  const { metadata } = object;
  // What an update leaves out stays as it was.
  const changed = immutable.flatMap((name) => {
    const value = metadata[name] ?? '';
    const isSame = value === '' || sameJson(value, old.metadata[name] ?? '');
    return isSame ? fine : invalid(`metadata.${name}`, value, 'field is immutable');
  });
  const less =
    Number(metadata['generation'] ?? 0) < Number(old.metadata['generation'] ?? 0)
      ? invalid('metadata.generation', metadata['generation'] ?? 0, 'must not be decremented')
      : fine;
  return all(addedFinalizers(object, old), changed, less, labelProblems(object));
}

function addedFinalizers(object: ApiObject, old: ApiObject): Causes {
  if (at(old, 'metadata', 'deletionTimestamp') === undefined) return fine;
  const before = new Set(listOf(old.metadata['finalizers']));
  const added = listOf(object.metadata['finalizers']).filter((finalizer) => !before.has(finalizer));
  if (added.length === 0) return fine;
  const names = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  return forbidden(
    'metadata.finalizers',
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
  );
}
