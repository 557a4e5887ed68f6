import { SECRET_MARK, withoutSecrets } from '../../core/secrets.ts';

/** Takes secrets out of any value: see {@link createRedact}. */
export interface Redact {
  (value: unknown): unknown;
  /** The same for one text. */
  text(text: string): string;
}

const MARK = SECRET_MARK;
const MAX_DEPTH = 10;

/** Fields whose value is secret, whatever it looks like. */
const SECRET_FIELD =
  /^(?:(?:proxy-)?authorization|cookie|set-cookie|.*passw(?:or)?d|pass|.*secret|.*token|.*private_?key|tls_?key|.*credentials?|x-slack-signature|response_?url)$/i;

/**
 * Makes the one function that takes secrets out of what leaves the process: what looks like one (see `withoutSecrets`), fields
 * named like secrets, and the given secrets themselves (also percent-encoded). Works on any value, however deep or circular, keeps causes of errors,
 * never throws, and leaves its argument as it is. Secrets shorter than 4 characters are not looked for.
 */
export function createRedact(secrets: readonly string[] = []): Redact {
  const known = [
    ...new Set(secrets.flatMap((each) => [each, encodeURIComponent(each), JSON.stringify(each).slice(1, -1)])),
  ]
    .filter((each) => each.length >= 4)
    .toSorted((a, b) => b.length - a.length);
  function text(value: string): string {
    let rest = value;
    for (const each of known) rest = rest.replaceAll(each, MARK);
    return withoutSecrets(rest);
  }
  function redact(value: unknown): unknown {
    return clean(value, text, [], 0);
  }
  return Object.assign(redact, { text });
}

type CleanText = (text: string) => string;

function clean(value: unknown, text: CleanText, above: readonly object[], depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'bigint':
      return value.toString();
    case 'function':
      return '[function]';
    case 'symbol':
      return text(value.toString());
    case 'object':
      return value === null ? null : cleanObject(value, text, above, depth);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
  }
}

function cleanObject(value: object, text: CleanText, above: readonly object[], depth: number): unknown {
  if (above.includes(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[too deep]';
  const path = [...above, value];
  function inner(each: unknown): unknown {
    return clean(each, text, path, depth + 1);
  }
  try {
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof Error) return cleanError(value, text, inner);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof Map)
      return [...value].map(([key, each]: [unknown, unknown]) => [inner(key), field(String(key), each, inner)]);
    if (value instanceof Set) return [...value].map(inner);
    if (Array.isArray(value)) return value.map(inner);
    const toJSON: unknown = Reflect.get(value, 'toJSON');
    if (typeof toJSON === 'function') return inner(Reflect.apply(toJSON, value, []));
    return members(value, text, inner);
  } catch {
    // A getter or a proxy that throws: what it would have said is not worth a lost log line.
    return '[unreadable]';
  }
}

function members(value: object, text: CleanText, inner: (each: unknown) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [text(name), field(name, each, inner)]));
}

function field(name: string, value: unknown, inner: (each: unknown) => unknown): unknown {
  if (!SECRET_FIELD.test(name)) return inner(value);
  return value === null || value === undefined || typeof value === 'boolean' ? value : MARK;
}

function cleanError(
  error: Error,
  text: CleanText,
  inner: (each: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  const base = { type: error.name, message: text(error.message), stack: text(error.stack ?? '') };
  const own = members(error, text, inner);
  const cause = error.cause === undefined ? {} : { cause: inner(error.cause) };
  const errors = error instanceof AggregateError ? { errors: error.errors.map(inner) } : {};
  return { ...own, ...base, ...cause, ...errors };
}
