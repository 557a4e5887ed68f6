import type { ApiObject } from '../contracts.ts';
import type { ServedKind } from './kinds.ts';
import { at, fieldsOf, listAt, textAt, textsAt } from './reading.ts';

/** The kinds that a definition serves, one a served version. Not only when it is established. */
export function kindsOf(definition: ApiObject): readonly ServedKind[] {
  const group = textAt(definition, 'spec', 'group');
  const plural = textAt(definition, 'spec', 'names', 'plural');
  return listAt(definition, 'spec', 'versions')
    .filter((version) => at(version, 'served') === true)
    .map((version) => ({
      group,
      version: textAt(version, 'name'),
      kind: textAt(definition, 'spec', 'names', 'kind'),
      plural,
      singular:
        textAt(definition, 'spec', 'names', 'singular') || textAt(definition, 'spec', 'names', 'kind').toLowerCase(),
      shortNames: textsAt(definition, 'spec', 'names', 'shortNames'),
      categories: textsAt(definition, 'spec', 'names', 'categories'),
      namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
      subresources: Object.keys(fieldsOf(at(version, 'subresources'))),
      storagePath: `${group}/${plural}`,
      hasGeneration: true,
      schema: fieldsOf(at(version, 'schema', 'openAPIV3Schema')),
      unconditionalUpdate: false,
      createOnUpdate: false,
      returnsDeleted: false,
      orphansByDefault: false,
      definition,
    }));
}

/** The version in which objects of a definition are stored. */
export function storageVersionOf(definition: ApiObject): string {
  return textAt(
    listAt(definition, 'spec', 'versions').find((version) => at(version, 'storage') === true),
    'name',
  );
}

/** The part of the definition that is about one version. */
export function versionOf(kind: ServedKind): unknown {
  return listAt(kind.definition, 'spec', 'versions').find((version) => textAt(version, 'name') === kind.version);
}

/** Status of a condition of the definition: `True`, `False`, or empty. */
export function conditionOf(definition: ApiObject, type: string): string {
  return textAt(
    listAt(definition, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type),
    'status',
  );
}
