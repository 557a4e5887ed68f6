import { fieldsOf, listAt, textAt, textsAt } from '../api/reading.ts';

/** Whether a selector says nothing at all: it is missing or empty. */
export function isEmptySelector(selector: unknown): boolean {
  return Object.keys(fieldsOf(fieldsOf(selector)['matchLabels'])).length === 0 && expressionsOf(selector).length === 0;
}

/** Whether a LabelSelector as objects have it fits these labels; an empty one fits everything. */
export function selects(selector: unknown, labels: unknown): boolean {
  const present = fieldsOf(labels);
  const equal = Object.entries(fieldsOf(fieldsOf(selector)['matchLabels']));
  return (
    equal.every(([key, value]) => present[key] === value) &&
    expressionsOf(selector).every((expression) => fits(expression, present[textAt(expression, 'key')]))
  );
}

function expressionsOf(selector: unknown): readonly unknown[] {
  return listAt(selector, 'matchExpressions');
}

function fits(expression: unknown, value: unknown): boolean {
  const listed = typeof value === 'string' && textsAt(expression, 'values').includes(value);
  switch (textAt(expression, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
