import type { ApiObject, Attempt, Refusal, ResourceKind } from '../contracts.ts';
import { compared } from './compare.ts';
import { configurationProblems } from './configuration.ts';
import { conflictRefusal } from './conflicts.ts';
import { kindShape } from './custom-shape.ts';
import { asSent } from './empty-values.ts';
import {
  difference,
  type FieldSet,
  fieldSet,
  intersection,
  isEmptySet,
  noFields,
  union,
  without,
} from './field-set.ts';
import { fieldsOf, sameJson, textOf } from './json.ts';
import { takenWithoutForce, withLastApplied } from './last-applied.ts';
import { eachOwner, type Owner, type Owners, ownerKey, readOwners, withOwners } from './managed-fields.ts';
import { overlaid } from './merging.ts';
import { claimedFields, claimedWithParents, withNamedParents } from './owned-fields.ts';
import { withoutFields } from './removal.ts';
import { ownedByNobody, resetFields } from './reset-fields.ts';
import type { Shape } from './shape.ts';
import { afterLosing, bare, observable, ownerOf, type Writer } from './tracked.ts';

/** Who applies, and whether fields are taken from others. */
export interface Applier extends Writer {
  readonly force: boolean;
}

/**
 * Server-side apply: the live object with the configuration laid over it, without what the manager applied before and now leaves out. Refuses
 * with 409 where another manager owns a field that would change, unless forced.
 */
export function applied(
  kind: ResourceKind,
  live: ApiObject | null,
  configuration: ApiObject,
  who: Applier,
): Attempt<ApiObject> {
  const refusal = unfit(kind, configuration);
  if (refusal !== null) return { ok: false, refusal };
  const shape = kindShape(kind);
  const before = bare(kind, live);
  const claim = ownerOf(kind, 'Apply', who);
  const key = ownerKey(claim);
  const owners = readOwners(live) ?? new Map<string, Owner>();
  const reset = resetFields(kind, who.subresource);
  const claimed = without(claimedFields(shape, configuration), reset);
  const last = owners.get(key);
  const withClaim = new Map(owners).set(key, { ...claim, fields: claimed });
  const merged = overlaid(shape, before, configuration);
  const pruned = last === undefined ? merged : withoutAbandoned(shape, merged, withClaim, last.fields);
  const after = cleaned(kind, shape, pruned);
  const changes = observable(compared(shape, before, after), kind, who.subresource);
  const others = [...withClaim].filter(([other]) => other !== key).map(([, owner]) => owner);
  const taken = difference(union(changes.modified, changes.added), takenWithoutForce(shape, live, who.manager));
  const conflict = who.force ? null : conflictRefusal(others, taken);
  if (conflict !== null) return { ok: false, refusal: conflict };
  const left = eachOwner(withClaim, (owner, other) =>
    other === key ? difference(owner.fields, fieldSet(ownedByNobody())) : afterLosing(owner.fields, changes),
  );
  const value = withOwners(after, timed(left, key, last, sameJson(before, after)));
  return { ok: true, value: withLastApplied(value, configuration, who.manager) };
}

/** An apply that changes nothing keeps its time. */
function timed(owners: Owners, key: string, last: Owner | undefined, unchanged: boolean): Owners {
  const own = owners.get(key);
  if (own === undefined || last === undefined || !unchanged) return owners;
  return new Map(owners).set(key, { ...own, time: last.time });
}

function unfit(kind: ResourceKind, configuration: ApiObject): Refusal | null {
  const expected = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  if (configuration.apiVersion !== expected) {
    const message = `Incorrect version specified in apply patch. Specified patch version: ${configuration.apiVersion}, expected: ${expected}`;
    return { status: 400, reason: 'BadRequest', message };
  }
  if ((fieldsOf(configuration.metadata)['managedFields'] ?? null) !== null) {
    return { status: 400, reason: 'BadRequest', message: 'metadata.managedFields must be nil' };
  }
  return untyped(kind, configuration);
}

/** A configuration that is not of its kind is a fault of the server's own, in its words. */
function untyped(kind: ResourceKind, configuration: ApiObject): Refusal | null {
  const problems = configurationProblems(kindShape(kind), configuration);
  if (problems.length === 0) return null;
  const { name, namespace } = configuration.metadata;
  const whose = `${textOf(namespace)}/${textOf(name)}; ${configuration.apiVersion}, Kind=${configuration.kind}`;
  const why = problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  const cause = `failed to create typed patch object (${whose}): ${why}`;
  const causes = [{ reason: '', message: cause, field: '' }];
  return { status: 500, reason: 'InternalError', message: `Internal error occurred: ${cause}`, causes };
}

/** The merged object without what the manager applied last time, does not apply now, and nobody else owns. */
function withoutAbandoned(shape: Shape, merged: unknown, owners: Owners, last: FieldSet): unknown {
  if (isEmptySet(last)) return merged;
  const lastNamed = withNamedParents(shape, last);
  const bared = withoutFields(shape, merged, lastNamed);
  const everything = claimedWithParents(shape, merged);
  const owned = [...owners.values()].reduce((sum, owner) => union(sum, owner.fields), noFields);
  const kept = union(claimedWithParents(shape, bared), withNamedParents(shape, owned));
  const withOwned = withoutFields(shape, merged, difference(everything, kept));
  const gone = difference(everything, claimedWithParents(shape, withOwned));
  return withoutFields(shape, merged, intersection(gone, lastNamed));
}

/** As an object of the kind; a built-in one without what its type does not know. */
function cleaned(kind: ResourceKind, shape: Shape, value: unknown): ApiObject {
  const object = kind.schema === null ? asSent(shape, value) : value;
  const fields = fieldsOf(object);
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return { ...fields, apiVersion, kind: kind.kind, metadata: fieldsOf(fields['metadata']) };
}
