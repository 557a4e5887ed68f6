import type { ApiObject, Fields } from '../../contracts.ts';
import { at, fieldsOf, listOf, sameJson, textOf } from '../json.ts';
import { all, type Causes, fine, forbidden, invalid, notNegative, oneOf, required } from './causes.ts';
import { checkName, qualifiedName } from './names.ts';
import { selects, templateProblems } from './pods.ts';

/** A selector of labels. */
export function selectorProblems(selector: unknown, field: string): Causes {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  return [
    ...Object.keys(fieldsOf(matchLabels)).flatMap((key) => checkName(`${field}.matchLabels`, key, qualifiedName)),
    ...listOf(matchExpressions).flatMap((item, place) => {
      const expression = fieldsOf(item);
      const here = `${field}.matchExpressions[${place}]`;
      const listed = listOf(expression['values']).length > 0;
      const operator = textOf(expression['operator']);
      const needs = operator === 'In' || operator === 'NotIn';
      return all(
        needs && !listed ? required(`${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'") : fine,
        !needs && listed
          ? forbidden(`${here}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
          : fine,
        ['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)
          ? fine
          : invalid(`${here}.operator`, operator, 'not a valid selector operator'),
      );
    }),
  ];
}

function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  return Object.keys(fieldsOf(matchLabels)).length === 0 && listOf(matchExpressions).length === 0;
}

/** A selector that must select the labels of the template beside it. */
function selectorOfTemplate(spec: Fields, kind: string): Causes {
  const { selector } = spec;
  if (selector === undefined || selector === null) return required('spec.selector');
  const empty = isEmptySelector(selector)
    ? invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)
    : fine;
  const labels = fieldsOf(at(spec, 'template', 'metadata', 'labels'));
  const matching = selects(selector, labels)
    ? fine
    : invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  return all(selectorProblems(selector, 'spec.selector'), empty, matching);
}

/** Fields of a spec that stay as they were. */
function unchanged(object: ApiObject, old: ApiObject | null, ...names: readonly string[]): Causes {
  if (old === null) return fine;
  return names.flatMap((name) => {
    const value = at(object, 'spec', name) ?? null;
    return sameJson(value, at(old, 'spec', name) ?? null) ? fine : invalid(`spec.${name}`, value, 'field is immutable');
  });
}

/** A Deployment. */
export function deploymentProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  const strategy = fieldsOf(spec['strategy']);
  const late = Number(spec['progressDeadlineSeconds'] ?? 600) <= Number(spec['minReadySeconds'] ?? 0);
  return all(
    unchanged(object, old, 'selector'),
    notNegative('spec.replicas', spec['replicas']),
    selectorOfTemplate(spec, 'deployment'),
    templateProblems(spec['template'], 'spec.template'),
    strategyProblems(strategy, 'spec.strategy', ['Recreate', 'RollingUpdate']),
    notNegative('spec.minReadySeconds', spec['minReadySeconds']),
    notNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
    notNegative('spec.progressDeadlineSeconds', spec['progressDeadlineSeconds']),
    late
      ? invalid('spec.progressDeadlineSeconds', spec['progressDeadlineSeconds'], 'must be greater than minReadySeconds')
      : fine,
  );
}

function strategyProblems(strategy: Fields, field: string, types: readonly string[]): Causes {
  const rolling = fieldsOf(strategy['rollingUpdate']);
  const type = strategy['type'];
  const stray = type !== 'RollingUpdate' && strategy['rollingUpdate'] !== undefined;
  const { maxUnavailable, maxSurge } = rolling;
  const stuck = isNone(maxUnavailable) && isNone(maxSurge) && maxUnavailable !== undefined;
  return all(
    oneOf(`${field}.type`, type, types),
    stray
      ? forbidden(`${field}.rollingUpdate`, `may not be specified when strategy \`type\` is '${textOf(type)}'`)
      : fine,
    amountProblems(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable),
    amountProblems(`${field}.rollingUpdate.maxSurge`, maxSurge),
    stuck
      ? invalid(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
      : fine,
  );
}

function isNone(value: unknown): boolean {
  return value === 0 || value === '0%' || value === undefined;
}

/** A count or a share of pods. */
function amountProblems(field: string, value: unknown): Causes {
  if (typeof value !== 'string') return notNegative(field, value);
  return /^\d+%$/.test(value)
    ? fine
    : invalid(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      );
}

/** A ReplicaSet. */
export function replicaSetProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  return all(
    unchanged(object, old, 'selector'),
    notNegative('spec.replicas', spec['replicas']),
    selectorOfTemplate(spec, 'ReplicaSet'),
    templateProblems(spec['template'], 'spec.template'),
  );
}

/** A DaemonSet. */
export function daemonSetProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  return all(
    unchanged(object, old, 'selector'),
    selectorOfTemplate(spec, 'daemonset'),
    templateProblems(spec['template'], 'spec.template'),
    strategyProblems(fieldsOf(spec['updateStrategy']), 'spec.updateStrategy', ['RollingUpdate', 'OnDelete']),
  );
}

const statefulSetFree =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** A StatefulSet. */
export function statefulSetProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  const fixed = ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates'];
  const changed = old !== null && unchanged(object, old, ...fixed).length > 0;
  return all(
    notNegative('spec.replicas', spec['replicas']),
    oneOf('spec.podManagementPolicy', spec['podManagementPolicy'], ['OrderedReady', 'Parallel']),
    selectorOfTemplate(spec, 'statefulset'),
    templateProblems(withClaims(spec), 'spec.template'),
    changed ? forbidden('spec', statefulSetFree) : fine,
  );
}

/** The template of a StatefulSet with a volume for each claim, as its pods have it: what they mount need not be among `volumes`. */
function withClaims(spec: Fields): Fields {
  const template = fieldsOf(spec['template']);
  const pod = fieldsOf(template['spec']);
  const claimed = listOf(spec['volumeClaimTemplates']).map((claim) => ({ name: at(claim, 'metadata', 'name') }));
  const volumes = listOf(pod['volumes']).filter(
    (volume) => !claimed.some(({ name }) => name === fieldsOf(volume)['name']),
  );
  return { ...template, spec: { ...pod, volumes: [...volumes, ...claimed] } };
}

/** A Job. */
export function jobProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  return all(
    unchanged(object, old, 'selector', 'template', 'completionMode'),
    notNegative('spec.parallelism', spec['parallelism']),
    notNegative('spec.completions', spec['completions']),
    notNegative('spec.backoffLimit', spec['backoffLimit']),
    templateProblems(spec['template'], 'spec.template', ['OnFailure', 'Never']),
  );
}

/** A CronJob. */
export function cronJobProblems(object: ApiObject): Causes {
  const spec = fieldsOf(object['spec']);
  return all(
    textOf(spec['schedule']) === '' ? required('spec.schedule') : fine,
    oneOf('spec.concurrencyPolicy', spec['concurrencyPolicy'], ['Allow', 'Forbid', 'Replace']),
    templateProblems(at(spec, 'jobTemplate', 'spec', 'template'), 'spec.jobTemplate.spec.template', [
      'OnFailure',
      'Never',
    ]),
  );
}

/** A PodDisruptionBudget. The value of the first cause is the server's own form of the spec. */
export function budgetProblems(object: ApiObject): Causes {
  const spec = fieldsOf(object['spec']);
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const internal = {
    MinAvailable: minAvailable,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
  };
  const both = minAvailable !== undefined && maxUnavailable !== undefined;
  const policy = unhealthyPodEvictionPolicy;
  return all(
    both ? invalid('spec', internal, 'minAvailable and maxUnavailable cannot be both set') : fine,
    amountProblems('spec.minAvailable', minAvailable),
    amountProblems('spec.maxUnavailable', maxUnavailable),
    policy === undefined ? fine : oneOf('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']),
    selectorProblems(selector, 'spec.selector'),
  );
}
