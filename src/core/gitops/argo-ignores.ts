import { z } from 'zod';
import { groupOf } from '../kubernetes/api-group.ts';

/** Fields that an Application does not compare with Git, of some of its objects. */
export interface IgnoredFields {
  /** `*`: of any; so for the others. */
  readonly group: string;
  readonly kind: string;
  /** Empty: of any name; so for the namespace. */
  readonly name: string;
  readonly namespace: string;
  /** Paths, each with everything below it. */
  readonly paths: readonly (readonly string[])[];
}

const Entry = z.looseObject({
  group: z.string().nullish(),
  kind: z.string(),
  name: z.string().nullish(),
  namespace: z.string().nullish(),
  jsonPointers: z.array(z.string()).nullish(),
  jqPathExpressions: z.array(z.string()).nullish(),
});

/**
 * Reads one entry of `spec.ignoreDifferences`. Of expressions of jq only plain paths are understood (`.spec.version`), and managers of fields
 * are not: what is not understood ignores nothing. What the whole of Argo CD ignores stands in its ConfigMap and is not seen.
 *
 * Source: Argo CD, *Diff Customization*, and types.go, `ResourceIgnoreDifferences`.
 */
export function readIgnored(raw: unknown): readonly IgnoredFields[] {
  const { data } = Entry.safeParse(raw);
  if (data === undefined) return [];
  const { group, kind, name, namespace, jsonPointers, jqPathExpressions } = data;
  const paths = [...(jsonPointers ?? []).flatMap(pointed), ...(jqPathExpressions ?? []).flatMap(plainPath)];
  return [{ group: group ?? '', kind, name: name ?? '', namespace: namespace ?? '', paths }];
}

function pointed(pointer: string): readonly (readonly string[])[] {
  if (!pointer.startsWith('/')) return [];
  const names = pointer.slice(1).split('/');
  return [names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function plainPath(expression: string): readonly (readonly string[])[] {
  return /^(?:\.[A-Za-z_]\w*)+$/.test(expression) ? [expression.slice(1).split('.')] : [];
}

/** An object by what entries name. */
export interface IgnoredOf {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** How many of these fields are ignored: all of them, some, or none. */
export function ignoredOf(
  ignores: readonly IgnoredFields[],
  object: IgnoredOf,
  paths: readonly (readonly string[])[],
): 'all' | 'some' | 'none' {
  const group = groupOf(object.apiVersion);
  const own = ignores.filter(
    (each) =>
      (each.group === '*' || each.group === group) &&
      (each.kind === '*' || each.kind === object.kind) &&
      (each.name === '' || each.name === object.name) &&
      (each.namespace === '' || each.namespace === object.namespace),
  );
  const ignored = paths.filter((path) => own.some((each) => each.paths.some((above) => isBelow(path, above))));
  return ignored.length === 0 ? 'none' : ignored.length === paths.length ? 'all' : 'some';
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return above.length <= path.length && above.every((name, index) => name === path[index]);
}
