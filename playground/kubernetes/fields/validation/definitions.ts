import type { ApiObject, Fields } from '../../contracts.ts';
import { at, fieldsOf, isFields, listOf, sameJson, textOf } from '../json.ts';
import { all, type Causes, fine, invalid, oneOf, required } from './causes.ts';
import { checkName, dnsLabel1035 } from './names.ts';
import { compiled } from './pattern.ts';
import { ruleProblem } from './rules.ts';

/** A CustomResourceDefinition. Schemas are looked at as far as their structure and their rules go. */
export function definitionProblems(object: ApiObject, old: ApiObject | null): Causes {
  const spec = fieldsOf(object['spec']);
  const names = fieldsOf(spec['names']);
  const plural = textOf(names['plural']);
  const group = textOf(spec['group']);
  const name = textOf(object.metadata['name']);
  const versions = listOf(spec['versions']).map(fieldsOf);
  const stored = versions.filter((version) => version['storage'] === true).length;
  return all(
    name === `${plural}.${group}` ? fine : invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'),
    group === '' ? required('spec.group') : fine,
    oneOf('spec.scope', spec['scope'], ['Cluster', 'Namespaced']),
    versions.length === 0 ? required('spec.versions') : fine,
    versions.length > 0 && stored !== 1
      ? invalid('spec.versions', spec['versions'], 'must have exactly one version marked as storage version')
      : fine,
    nameProblems(names),
    versions.flatMap((version, place) => versionProblems(version, `spec.versions[${place}]`)),
    fixed(spec, old),
  );
}

function nameProblems(names: Fields): Causes {
  return all(
    textOf(names['plural']) === ''
      ? required('spec.names.plural')
      : checkName('spec.names.plural', textOf(names['plural']), dnsLabel1035),
    textOf(names['kind']) === '' ? required('spec.names.kind') : fine,
    textOf(names['kind']) !== '' && names['kind'] === names['listKind']
      ? invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same')
      : fine,
  );
}

function versionProblems(version: Fields, here: string): Causes {
  const schema = at(version, 'schema', 'openAPIV3Schema');
  const field = `${here}.schema.openAPIV3Schema`;
  if (!isFields(schema)) return required(field);
  const type =
    schema['type'] === 'object' ? fine : invalid(`${field}.type`, schema['type'] ?? '', 'must be object at the root');
  return all(type, structuralProblems(schema, field));
}

/** What makes a schema not structural: no type, a list without items, keys that are no properties. */
function structuralProblems(schema: Fields, field: string): Causes {
  const isOpen =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const type = textOf(schema['type']);
  const { items, pattern } = schema;
  const keyed = schema['x-kubernetes-list-type'] === 'map' && listOf(schema['x-kubernetes-list-map-keys']).length === 0;
  return all(
    type === '' && !isOpen ? required(`${field}.type`, 'must not be empty for specified object fields') : fine,
    typeof pattern === 'string' && compiled(pattern) === null
      ? invalid(`${field}.pattern`, pattern, 'this server cannot check the pattern')
      : fine,
    type === 'array' && !isFields(items) ? required(`${field}.items`, 'must be specified') : fine,
    keyed
      ? required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')
      : fine,
    listOf(schema['x-kubernetes-validations']).flatMap((rule, place) =>
      uncheckable(fieldsOf(rule), `${field}.x-kubernetes-validations[${place}].rule`),
    ),
    Object.entries(fieldsOf(schema['properties'])).flatMap(([name, inner]) =>
      structuralProblems(fieldsOf(inner), `${field}.properties[${name}]`),
    ),
    isFields(items) ? structuralProblems(items, `${field}.items`) : fine,
    isFields(schema['additionalProperties'])
      ? structuralProblems(schema['additionalProperties'], `${field}.additionalProperties`)
      : fine,
  );
}

/** A rule that this server cannot evaluate is refused here, as a real one refuses a rule that does not compile. */
function uncheckable(rule: Fields, field: string): Causes {
  const problem = ruleProblem(textOf(rule['rule']));
  return problem === null ? fine : invalid(field, rule['rule'], `this server cannot check the rule: ${problem}`);
}

function fixed(spec: Fields, old: ApiObject | null): Causes {
  if (old === null) return fine;
  const established = listOf(at(old, 'status', 'conditions')).some(
    (condition) => at(condition, 'type') === 'Established' && at(condition, 'status') === 'True',
  );
  const names = ['group', 'scope'].flatMap((name) =>
    sameJson(spec[name], at(old, 'spec', name)) ? fine : invalid(`spec.${name}`, spec[name], 'field is immutable'),
  );
  const kinds = ['kind', 'plural'].flatMap((name) =>
    sameJson(at(spec, 'names', name), at(old, 'spec', 'names', name))
      ? fine
      : invalid(`spec.names.${name}`, at(spec, 'names', name), 'field is immutable'),
  );
  return established ? all(names, kinds) : names.filter((cause) => cause.field === 'spec.group');
}
