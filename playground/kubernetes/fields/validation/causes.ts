import type { StatusCause } from '../../contracts.ts';

/** What is wrong, in the order found. */
export type Causes = readonly StatusCause[];

/** Nothing is wrong. */
export const fine: Causes = [];

/** A value must be there. */
export function required(field: string, detail = ''): Causes {
  return [
    { reason: 'FieldValueRequired', message: detail === '' ? 'Required value' : `Required value: ${detail}`, field },
  ];
}

/** A value is not allowed. Shown as JSON. */
export function invalid(field: string, value: unknown, detail: string): Causes {
  return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${detail}`, field }];
}

/** A value is none of those that are supported. */
export function unsupported(field: string, value: unknown, supported: readonly unknown[]): Causes {
  const names = supported.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${names}`;
  return [{ reason: 'FieldValueNotSupported', message, field }];
}

/** A field may not be there, or may not change. */
export function forbidden(field: string, detail: string): Causes {
  return [{ reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field }];
}

/** The same value a second time. */
export function duplicate(field: string, value: unknown): Causes {
  return [{ reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(value)}`, field }];
}

/** Something that is named is not there. */
export function notFound(field: string, value: unknown): Causes {
  return [{ reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}`, field }];
}

/** More bytes than allowed. */
export function tooLong(field: string, bytes: number): Causes {
  return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${bytes} bytes`, field }];
}

/** More items than allowed. */
export function tooMany(field: string, count: number, most: number): Causes {
  return [{ reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${most} items`, field }];
}

/** One of these, or a cause; empty counts as missing. */
export function oneOf(field: string, value: unknown, supported: readonly string[]): Causes {
  if (value === undefined || value === '') return required(field);
  return supported.some((one) => one === value) ? fine : unsupported(field, value, supported);
}

/** Zero or more. Absent is fine. */
export function notNegative(field: string, value: unknown): Causes {
  return typeof value === 'number' && value < 0 ? invalid(field, value, 'must be greater than or equal to 0') : fine;
}

/** One or more. Absent is fine. */
export function positive(field: string, value: unknown): Causes {
  return typeof value === 'number' && value <= 0 ? invalid(field, value, 'must be greater than 0') : fine;
}

/** All of them, in order. */
export function all<T>(...lists: readonly (readonly T[])[]): readonly T[] {
  return lists.flat();
}
