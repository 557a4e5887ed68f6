import { itemStep } from './field-path.ts';
import { fieldsOf, isFields, isList, listOf, own } from './json.ts';
import { type ListShape, type Shape, shapeOf } from './shape.ts';

/** The live value with an applied configuration laid over it. Elements keep the order of the configuration, others their place among them. */
export function overlaid(shape: Shape, live: unknown, over: unknown): unknown {
  if (over === undefined) return live;
  if (live === undefined) return over;
  if (shape.type === 'scalar') return over;
  if (shape.type === 'list') {
    if (shape.how === 'atomic' || !isList(live) || live.length === 0) return over;
    return overlaidList(shape, live, listOf(over));
  }
  if (shape.atomic || !isFields(live) || Object.keys(live).length === 0) return over;
  if (shape.type === 'any' && !isFields(over)) return over;
  const top = fieldsOf(over);
  const names = new Set([...Object.keys(live), ...Object.keys(top)]);
  return Object.fromEntries(
    [...names].map((name) => [name, overlaid(shapeOf(shape, name), own(live, name), own(top, name))]),
  );
}

function overlaidList(shape: ListShape, live: readonly unknown[], over: readonly unknown[]): readonly unknown[] {
  const existing = live.map((item) => ({ step: itemStep(shape, item), item }));
  const given = over.map((item) => ({ step: itemStep(shape, item), item }));
  const givenSteps = new Set(given.map(({ step }) => step));
  const liveByStep = new Map(existing.map(({ step, item }) => [step, item]));
  const shared = given.map(({ step }) => step).filter((step) => liveByStep.has(step));
  const merged: unknown[] = [];
  let taken = 0;
  const done = new Set<string>();
  function takeGiven(): void {
    const next = given[taken];
    if (next === undefined) return;
    merged.push(overlaid(shape.items, liveByStep.get(next.step), next.item));
    done.add(next.step);
    taken += 1;
  }
  for (const { step, item } of existing) {
    if (!givenSteps.has(step)) {
      merged.push(item);
      continue;
    }
    const expected = shared.find((candidate) => !done.has(candidate));
    if (expected !== step) continue;
    while (taken < given.length && !done.has(step)) takeGiven();
  }
  while (taken < given.length) takeGiven();
  return merged;
}
