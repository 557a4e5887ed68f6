import type { ApiObject, Fields } from '../../contracts.ts';
import { at, fieldsOf, listOf, omit, put, sameJson, textOf } from '../json.ts';
import { all, type Causes, duplicate, fine, forbidden, invalid, notNegative, oneOf, required } from './causes.ts';
import { containerProblems } from './containers.ts';
import { labelsProblems } from './metadata.ts';
import { checkName, dnsLabel, dnsSubdomain } from './names.ts';

/** A pod, and what may change of one. */
export function podProblems(object: ApiObject, old: ApiObject | null, subresource: string): Causes {
  if (subresource !== '') return fine;
  const spec = fieldsOf(object['spec']);
  const own = podSpecProblems(spec, 'spec', ['Always', 'OnFailure', 'Never']);
  return old === null ? own : all(own, changes(spec, fieldsOf(old['spec'])));
}

/** The spec of a pod. `restart`: the policies that are allowed here. */
export function podSpecProblems(spec: Fields, field: string, restart: readonly string[]): Causes {
  const names = new Set<string>();
  const volumes = listOf(spec['volumes']).map((volume) => textOf(fieldsOf(volume)['name']));
  const mountable = new Set(volumes);
  const host = textOf(spec['hostname']);
  const account = textOf(spec['serviceAccountName']);
  return all(
    volumeProblems(volumes, field),
    listOf(spec['containers']).length === 0 ? required(`${field}.containers`) : fine,
    containerProblems(spec['containers'], `${field}.containers`, mountable, names),
    containerProblems(spec['initContainers'], `${field}.initContainers`, mountable, names),
    containerProblems(spec['ephemeralContainers'], `${field}.ephemeralContainers`, mountable, names),
    oneOf(`${field}.restartPolicy`, spec['restartPolicy'], restart),
    oneOf(`${field}.dnsPolicy`, spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    notNegative(`${field}.activeDeadlineSeconds`, spec['activeDeadlineSeconds']),
    notNegative(`${field}.terminationGracePeriodSeconds`, spec['terminationGracePeriodSeconds']),
    account === '' ? fine : checkName(`${field}.serviceAccountName`, account, dnsSubdomain),
    host === '' ? fine : checkName(`${field}.hostname`, host, dnsLabel),
    tolerationProblems(spec, field),
  );
}

function volumeProblems(names: readonly string[], field: string): Causes {
  return names.flatMap((name, place) => {
    const here = `${field}.volumes[${place}].name`;
    if (name === '') return required(here);
    return all(checkName(here, name, dnsLabel), names.indexOf(name) < place ? duplicate(here, name) : fine);
  });
}

function tolerationProblems(spec: Fields, field: string): Causes {
  return listOf(spec['tolerations']).flatMap((item, place) => {
    const toleration = fieldsOf(item);
    const here = `${field}.tolerations[${place}]`;
    const operator = textOf(toleration['operator']) || 'Equal';
    const effect = textOf(toleration['effect']);
    const needsKey = textOf(toleration['key']) === '' && operator !== 'Exists';
    return all(
      needsKey
        ? invalid(
            `${here}.operator`,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          )
        : fine,
      toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute'
        ? invalid(`${here}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        : fine,
      oneOf(`${here}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt']),
      effect === '' ? fine : oneOf(`${here}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    );
  });
}

/** A template: its labels and its spec. Only `Always` restarts, but for jobs. */
export function templateProblems(template: unknown, field: string, restart: readonly string[] = ['Always']): Causes {
  const { metadata, spec } = fieldsOf(template);
  return all(
    labelsProblems(fieldsOf(metadata)['labels'], `${field}.labels`),
    podSpecProblems(fieldsOf(spec), `${field}.spec`, restart),
  );
}

const mutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function changes(spec: Fields, old: Fields): Causes {
  const before = unchangeable(old, old, true);
  const after = unchangeable(spec, old, false);
  if (sameJson(before, after)) return tolerationChanges(spec, old);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differing = [...names].filter((name) => !sameJson(before[name] ?? null, after[name] ?? null));
  return forbidden(
    'spec',
    `${mutable}\n${differing.map((name) => differenceOf(name, before[name], after[name])).join('')}`,
  );
}

/** Like the server's difference of two objects, but without line numbers and the lines around. */
function differenceOf(name: string, before: unknown, after: unknown): string {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const empty = typeof (before ?? after) === 'string' ? '' : null;
  return `- "${title}": ${JSON.stringify(before ?? empty)},\n+ "${title}": ${JSON.stringify(after ?? empty)},\n`;
}

/** The spec without what may change. */
function unchangeable(spec: Fields, old: Fields, isOld: boolean): Fields {
  const free = ['activeDeadlineSeconds', 'tolerations'];
  const gates = listOf(old['schedulingGates']).length > 0 ? ['nodeSelector', 'affinity', 'schedulingGates'] : [];
  const grace = spec['terminationGracePeriodSeconds'] === 1 && Number(old['terminationGracePeriodSeconds'] ?? 0) < 0;
  const names = all(free, gates, grace && !isOld ? ['terminationGracePeriodSeconds'] : []);
  const bare = names.reduce((rest, name) => omit(rest, name), spec);
  return ['containers', 'initContainers'].reduce((rest, name) => {
    if (rest[name] === undefined) return rest;
    return put(
      rest,
      [name],
      listOf(rest[name]).map((container) => omit(fieldsOf(container), 'image')),
    );
  }, bare);
}

function tolerationChanges(spec: Fields, old: Fields): Causes {
  const now = listOf(spec['tolerations']);
  const kept = listOf(old['tolerations']).every((toleration) =>
    now.some((one) =>
      sameJson(omit(fieldsOf(one), 'tolerationSeconds'), omit(fieldsOf(toleration), 'tolerationSeconds')),
    ),
  );
  return kept
    ? fine
    : forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
}

/** Whether labels of a template match a selector; only `matchLabels` and `In`/`NotIn`/`Exists`/`DoesNotExist`. */
export function selects(selector: unknown, labels: Fields): boolean {
  const wanted = Object.entries(fieldsOf(at(selector, 'matchLabels')));
  const matched = wanted.every(([name, value]) => labels[name] === value);
  return matched && listOf(at(selector, 'matchExpressions')).every((item) => expressionHolds(fieldsOf(item), labels));
}

function expressionHolds(expression: Fields, labels: Fields): boolean {
  const value = labels[textOf(expression['key'])];
  const isListed = listOf(expression['values']).includes(value);
  switch (expression['operator']) {
    case 'In':
      return isListed;
    case 'NotIn':
      return !isListed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
