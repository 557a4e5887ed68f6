import type { Fields } from '../../contracts.ts';
import { schemaShape } from '../custom-shape.ts';
import { itemStep } from '../field-path.ts';
import { isList } from '../json.ts';

/** The element of the old list that a new element is compared with: the one of the same keys. `undefined`: elements of this list have none. */
export function sameElement(schema: Fields, item: unknown, old: unknown): unknown {
  const shape = schemaShape(schema);
  if (shape.type !== 'list' || shape.how !== 'map' || !isList(old)) return undefined;
  const step = itemStep(shape, item);
  return old.find((one) => itemStep(shape, one) === step);
}
