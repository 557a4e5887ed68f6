import type { Refusal } from '../contracts.ts';
import { printPath } from './field-path.ts';
import { type FieldSet, intersection, isEmptySet, pathsOf } from './field-set.ts';
import type { Owner } from './managed-fields.ts';

/** A field that another manager owns with another value. */
interface Clash {
  readonly owner: string;
  readonly path: string;
}

/** The refusal of an apply that would change what others own. `null`: there is nothing of that kind. */
export function conflictRefusal(others: readonly Owner[], changed: FieldSet): Refusal | null {
  const clashes = others.flatMap((owner): readonly Clash[] => {
    const fields = intersection(owner.fields, changed);
    if (isEmptySet(fields)) return [];
    return [...pathsOf(fields)].map((path) => ({ owner: describe(owner), path: printPath(path) }));
  });
  if (clashes.length === 0) return null;
  return {
    status: 409,
    reason: 'Conflict',
    message: conflictMessage(clashes),
    causes: clashes.map(({ owner, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${owner}`,
      field: path,
    })),
  };
}

function describe(owner: Owner): string {
  const through = owner.subresource === '' ? '' : ` with subresource "${owner.subresource}"`;
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : '';
  return `${JSON.stringify(owner.manager)}${through}${version}`;
}

function conflictMessage(clashes: readonly Clash[]): string {
  const [first] = clashes;
  if (first !== undefined && clashes.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.path}`;
  }
  const byOwner = Map.groupBy(clashes, (clash) => clash.owner);
  const lines = [...byOwner]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([owner, of]) => [`conflicts with ${owner}:`].concat(of.map(({ path }) => `- ${path}`)).join('\n'));
  return `Apply failed with ${clashes.length} conflicts: ${lines.join('\n')}`;
}
