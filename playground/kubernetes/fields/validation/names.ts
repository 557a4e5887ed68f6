import { all, type Causes, fine, invalid } from './causes.ts';

/** A rule for a name: what is wrong with it, or nothing. */
export type NameRule = (name: string) => readonly string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const word = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

function rule(pattern: string, most: number, what: string, examples: string): NameRule {
  const fits = new RegExp(`^(${pattern})$`);
  return (name) =>
    all(
      name.length > most ? [`must be no more than ${most} bytes`] : [],
      fits.test(name) ? [] : [`${what} (${examples}, regex used for validation is '${pattern}')`],
    );
}

/** A lower-case label of RFC 1123. */
export const dnsLabel = rule(
  label,
  63,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "e.g. 'my-name',  or '123-abc'",
);

/** A lower-case subdomain of RFC 1123: what most objects are named. */
export const dnsSubdomain = rule(
  subdomain,
  253,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "e.g. 'example.com'",
);

/** A label of RFC 1035. */
export const dnsLabel1035 = rule(
  label1035,
  63,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "e.g. 'my-name',  or 'abc-123'",
);

/** One part of a path: what roles and bindings are named. */
export function pathSegment(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((one) => name.includes(one)).map((one) => `may not contain '${one}'`);
}

const labelWord = rule(
  `(${word})?`,
  63,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "e.g. 'MyValue',  or 'my_value',  or '12345'",
);

/** The value of a label. */
export const labelValue: NameRule = (value) => labelWord(value);

const namePart = rule(
  word,
  63,
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "e.g. 'MyName',  or 'my.name',  or '123-abc'",
);

/** A name with an optional prefix (`example.com/name`): keys of labels and annotations, finalizers, taints. */
export function qualifiedName(name: string): readonly string[] {
  const parts = name.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    const what =
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    return [
      `${what} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${word}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix =
    second === undefined
      ? []
      : first === ''
        ? ['prefix part must be non-empty']
        : dnsSubdomain(first).map((text) => `prefix part ${text}`);
  const local = second ?? first;
  return all(prefix, local === '' ? ['name part must be non-empty'] : [], namePart(local));
}

/** A cause for each thing that is wrong with a name. */
export function checkName(field: string, name: string, check: NameRule): Causes {
  const wrong = check(name);
  return wrong.length === 0 ? fine : wrong.flatMap((detail) => invalid(field, name, detail));
}
