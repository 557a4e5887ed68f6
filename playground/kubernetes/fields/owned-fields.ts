import { fieldStep, itemStep, type Path } from './field-path.ts';
import { type FieldSet, fieldSet } from './field-set.ts';
import { isFields, isList } from './json.ts';
import { type Shape, shapeOf } from './shape.ts';

/** The paths that an applied configuration claims: its leaves, the elements of its lists, the names of its maps. */
export function claimedFields(shape: Shape, value: unknown): FieldSet {
  const paths: Path[] = [];
  collect(shape, value, [], paths);
  return fieldSet(paths.filter((path) => path.length > 0));
}

/** The same, and every field on the way to them. */
export function claimedWithParents(shape: Shape, value: unknown): FieldSet {
  return withNamedParents(shape, claimedFields(shape, value));
}

function collect(shape: Shape, value: unknown, path: Path, paths: Path[]): void {
  if (shape.type === 'list' && shape.how !== 'atomic' && isList(value) && value.length > 0) {
    for (const item of value) {
      const here = [...path, itemStep(shape, item)];
      paths.push(here);
      collect(shape.items, item, here, paths);
    }
    return;
  }
  const descends = shape.type === 'struct' || shape.type === 'map' || shape.type === 'any';
  if (!descends || shape.atomic || !isFields(value) || Object.keys(value).length === 0) {
    paths.push(path);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const here = [...path, fieldStep(name)];
    if (shape.type !== 'struct' || !shape.fields().has(name)) paths.push(here);
    collect(shapeOf(shape, name), inner, here, paths);
  }
}

/** The set where each field of a struct that leads to a member is a member itself. */
export function withNamedParents(shape: Shape, set: FieldSet): FieldSet {
  const children = [...set.children].map(([step, child]): [string, FieldSet] => {
    const named = step.startsWith('f:');
    const inner = withNamedParents(
      shape.type === 'list' ? shape.items : named ? shapeOf(shape, step.slice(2)) : shape,
      child,
    );
    const isField = named && shape.type === 'struct' && shape.fields().has(step.slice(2));
    return [step, { ...inner, member: inner.member || (isField && inner.children.size > 0) }];
  });
  return { member: set.member, children: new Map(children) };
}
