import type { Fields } from '../contracts.ts';
import { compareSteps, type Path, type Step } from './field-path.ts';
import { fieldsOf, isFields } from './json.ts';

/** A set of paths, as a tree: what a manager owns. Never changed in place. */
export interface FieldSet {
  /** Whether the path that leads here is in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<Step, FieldSet>;
}

/** The set of nothing. */
export const noFields: FieldSet = { member: false, children: new Map() };

/** A set that is being made. */
interface Growing extends FieldSet {
  member: boolean;
  readonly children: Map<Step, Growing>;
}

/** The set of these paths. */
export function fieldSet(paths: Iterable<Path>): FieldSet {
  const root: Growing = { member: false, children: new Map() };
  for (const path of paths) {
    let here = root;
    for (const step of path) {
      const child: Growing = here.children.get(step) ?? { member: false, children: new Map() };
      here.children.set(step, child);
      here = child;
    }
    here.member = true;
  }
  return root;
}

/** Whether nothing is in the set. */
export function isEmptySet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** Paths of either set. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  return combined(left, right, (inLeft, inRight) => inLeft || inRight);
}

/** Paths of both sets. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return combined(left, right, (inLeft, inRight) => inLeft && inRight);
}

/** Paths of the left set that the right one does not have. Paths below them are not concerned. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return combined(left, right, (inLeft, inRight) => inLeft && !inRight);
}

function combined(left: FieldSet, right: FieldSet, keeps: (inLeft: boolean, inRight: boolean) => boolean): FieldSet {
  const children = new Map<Step, FieldSet>();
  for (const step of new Set([...left.children.keys(), ...right.children.keys()])) {
    const child = combined(left.children.get(step) ?? noFields, right.children.get(step) ?? noFields, keeps);
    if (!isEmptySet(child)) children.set(step, child);
  }
  return { member: keeps(left.member, right.member), children };
}

/** The set without these paths and everything below them. */
export function without(set: FieldSet, paths: readonly Path[]): FieldSet {
  let left = set;
  for (const path of paths) left = cut(left, path, 0);
  return left;
}

function cut(set: FieldSet, path: Path, from: number): FieldSet {
  const step = path[from];
  if (step === undefined) return noFields;
  const child = set.children.get(step);
  if (child === undefined) return set;
  const children = new Map(set.children);
  const rest = cut(child, path, from + 1);
  if (isEmptySet(rest)) children.delete(step);
  else children.set(step, rest);
  return { member: set.member, children };
}

/** Every path, a container before what it contains, in the order of FieldsV1. */
export function* pathsOf(set: FieldSet, before: Path = []): Generator<Path> {
  if (set.member && before.length > 0) yield before;
  for (const step of [...set.children.keys()].toSorted(compareSteps)) {
    yield* pathsOf(set.children.get(step) ?? noFields, [...before, step]);
  }
}

/** As `managedFields[].fieldsV1` has it. */
export function toFieldsV1(set: FieldSet): Fields {
  const entries = [...set.children]
    .toSorted(([left], [right]) => compareSteps(left, right))
    .map(([step, child]): [string, Fields] => [
      step,
      child.member && child.children.size > 0 ? { '.': {}, ...toFieldsV1(child) } : toFieldsV1(child),
    ]);
  return Object.fromEntries(entries);
}

/** Reads `fieldsV1`. `null`: it is none. */
export function fromFieldsV1(value: unknown): FieldSet | null {
  if (!isFields(value)) return null;
  const children = new Map<Step, FieldSet>();
  for (const [step, inner] of Object.entries(value)) {
    if (step === '.') continue;
    if (!/^[fkvi]:/.test(step)) return null;
    const child = fromFieldsV1(inner);
    if (child === null) return null;
    const canonical = canonicalStep(step);
    if (canonical === null) return null;
    children.set(canonical, { ...child, member: child.children.size === 0 || Object.hasOwn(fieldsOf(inner), '.') });
  }
  return { member: false, children };
}

function canonicalStep(step: Step): Step | null {
  if (step.startsWith('f:')) return step;
  try {
    const value: unknown = JSON.parse(step.slice(2));
    const sorted = isFields(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value;
    return `${step.slice(0, 2)}${JSON.stringify(sorted)}`;
  } catch {
    return null;
  }
}
