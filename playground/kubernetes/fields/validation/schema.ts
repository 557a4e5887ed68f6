import type { Fields } from '../../contracts.ts';
import { schemaShape } from '../custom-shape.ts';
import { itemStep } from '../field-path.ts';
import { fieldsOf, isFields, isList, listOf, own, sameJson, textOf } from '../json.ts';
import type { ListShape } from '../shape.ts';
import { all, type Causes, duplicate, fine, invalid, required, tooMany, unsupported } from './causes.ts';
import { sameElement } from './correlation.ts';
import { compiled } from './pattern.ts';

/**
 * What is wrong with a value by an OpenAPI v3 schema, in the words of the server. What is as it was (`old`) is not looked at, so that a
 * stricter schema does not stop every update. `isResource`: `metadata` and the like are checked elsewhere.
 */
export function schemaProblems(
  schema: Fields,
  value: unknown,
  old: unknown,
  path: string,
  isResource: boolean,
): Causes {
  if (old !== undefined && sameJson(value, old)) return fine;
  if (value === null && schema['nullable'] === true) return fine;
  const type = typeProblem(schema, value, path);
  if (type.length > 0) return type;
  const enumerated = schema['enum'];
  const unlisted =
    isList(enumerated) && !enumerated.some((one) => sameJson(one, value)) ? unsupported(path, value, enumerated) : fine;
  return all(unlisted, byType(schema, value, old, path, isResource), combinations(schema, value, path));
}

function byType(schema: Fields, value: unknown, old: unknown, path: string, isResource: boolean): Causes {
  if (typeof value === 'number') return numberProblems(schema, value, path);
  if (typeof value === 'string') return textProblems(schema, value, path);
  if (isList(value)) return listProblems(schema, value, old, path);
  return isFields(value) ? objectProblems(schema, value, old, path, isResource) : fine;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeProblem(schema: Fields, value: unknown, path: string): Causes {
  const given = typeName(value);
  const expected = textOf(schema['type']);
  if (schema['x-kubernetes-int-or-string'] === true) {
    return given === 'integer' || given === 'string' ? fine : wrongType(path, 'integer,string', given);
  }
  const fits = expected === '' || expected === given || (expected === 'number' && given === 'integer');
  return fits ? fine : wrongType(path, expected, given);
}

function wrongType(path: string, expected: string, given: string): Causes {
  const name = JSON.stringify(given);
  const message = `Invalid value: ${name}: ${path} in body must be of type ${expected}: ${name}`;
  return [{ reason: 'FieldValueTypeInvalid', message, field: path }];
}

function numberProblems(schema: Fields, value: number, path: string): Causes {
  const { minimum, maximum, multipleOf } = schema;
  const low = typeof minimum === 'number' && (schema['exclusiveMinimum'] === true ? value <= minimum : value < minimum);
  const high =
    typeof maximum === 'number' && (schema['exclusiveMaximum'] === true ? value >= maximum : value > maximum);
  const uneven = typeof multipleOf === 'number' && value % multipleOf !== 0;
  const orLess = schema['exclusiveMaximum'] === true ? 'less than' : 'less than or equal to';
  const orMore = schema['exclusiveMinimum'] === true ? 'greater than' : 'greater than or equal to';
  return all(
    high ? invalid(path, value, `${path} in body should be ${orLess} ${maximum}`) : fine,
    low ? invalid(path, value, `${path} in body should be ${orMore} ${minimum}`) : fine,
    uneven ? invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`) : fine,
  );
}

function textProblems(schema: Fields, value: string, path: string): Causes {
  const { minLength, maxLength, pattern } = schema;
  const length = Array.from(value).length;
  const long = typeof maxLength === 'number' && length > maxLength;
  const tooLong = {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${String(maxLength)} bytes`,
    field: path,
  };
  const format = textOf(schema['format']);
  return all(
    long ? [tooLong] : fine,
    typeof minLength === 'number' && length < minLength
      ? invalid(path, value, `${path} in body should be at least ${minLength} chars long`)
      : fine,
    typeof pattern === 'string' ? patternProblems(pattern, value, path) : fine,
    formats[format]?.(value) === false
      ? invalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)
      : fine,
  );
}

function patternProblems(pattern: string, value: string, path: string): Causes {
  const expression = compiled(pattern);
  if (expression === null) return invalid(path, value, `this server cannot check the pattern '${pattern}'`);
  return expression.test(value) ? fine : invalid(path, value, `${path} in body should match '${pattern}'`);
}

/** Formats that are checked. Others are accepted, as a real server accepts those it does not know. */
const formats: Readonly<Record<string, (value: string) => boolean>> = {
  'date-time': (value) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  uri: (value) => URL.canParse(value),
};

function listProblems(schema: Fields, value: readonly unknown[], old: unknown, path: string): Causes {
  const { minItems, maxItems, items } = schema;
  return all(
    typeof maxItems === 'number' && value.length > maxItems ? tooMany(path, value.length, maxItems) : fine,
    typeof minItems === 'number' && value.length < minItems
      ? invalid(path, value.length, `${path} in body should have at least ${minItems} items`)
      : fine,
    isFields(items)
      ? value.flatMap((item, place) =>
          schemaProblems(items, item, sameElement(schema, item, old), `${path}[${place}]`, false),
        )
      : fine,
    repeated(schema, value, path),
  );
}

function repeated(schema: Fields, value: readonly unknown[], path: string): Causes {
  const shape = schemaShape(schema);
  if (shape.type !== 'list' || shape.how === 'atomic') return fine;
  const seen = new Set<string>();
  return value.flatMap((item, place) => {
    const step = itemStep(shape, item);
    const again = seen.has(step) ? duplicate(`${path}[${place}]`, keysOf(shape, item)) : fine;
    seen.add(step);
    return again;
  });
}

function keysOf(shape: ListShape, item: unknown): unknown {
  if (shape.how === 'set') return item;
  return Object.fromEntries(shape.keys.map((key) => [key, fieldsOf(item)[key] ?? shape.keyDefaults[key]]));
}

function objectProblems(schema: Fields, value: Fields, old: unknown, path: string, isResource: boolean): Causes {
  const properties = fieldsOf(schema['properties']);
  const more = schema['additionalProperties'];
  const { minProperties, maxProperties } = schema;
  const count = Object.keys(value).length;
  const missing = listOf(schema['required']).flatMap((name) =>
    typeof name === 'string' && !Object.hasOwn(value, name) ? required(below(path, name)) : fine,
  );
  const inner = Object.keys(value)
    .toSorted()
    .flatMap((name) => {
      if (isResource && ['apiVersion', 'kind', 'metadata'].includes(name)) return fine;
      const of = own(properties, name) ?? more;
      if (!isFields(of)) return fine;
      return schemaProblems(
        of,
        value[name],
        isFields(old) ? own(old, name) : undefined,
        below(path, name),
        of['x-kubernetes-embedded-resource'] === true,
      );
    });
  return all(
    missing,
    inner,
    typeof maxProperties === 'number' && count > maxProperties ? tooMany(path, count, maxProperties) : fine,
    typeof minProperties === 'number' && count < minProperties
      ? invalid(path, count, `${path} in body should have at least ${minProperties} properties`)
      : fine,
  );
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function combinations(schema: Fields, value: unknown, path: string): Causes {
  const holds = (one: unknown): boolean => schemaProblems(fieldsOf(one), value, undefined, path, false).length === 0;
  const { anyOf, oneOf, allOf, not } = schema;
  const matching = isList(oneOf) ? oneOf.filter(holds).length : 1;
  const shown = JSON.stringify(path);
  return all(
    isList(allOf) ? allOf.flatMap((one) => schemaProblems(fieldsOf(one), value, undefined, path, false)) : fine,
    isList(anyOf) && !anyOf.some(holds)
      ? invalid(path, '', `${shown} must validate at least one schema (anyOf)`)
      : fine,
    matching === 1
      ? fine
      : invalid(
          path,
          '',
          `${shown} must validate one and only one schema (oneOf). ${matching === 0 ? 'Found none valid' : `Found ${matching} valid alternatives`}`,
        ),
    isFields(not) && holds(not) ? invalid(path, '', `${shown} must not validate the schema (not)`) : fine,
  );
}
