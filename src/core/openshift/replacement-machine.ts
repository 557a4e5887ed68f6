import { JsonObject } from '../json.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';

/**
 * The name for the replacement of a machine: its own with the next number that no other of the same base has. The old one counts as
 * taken. A name without a number gets one.
 *
 * @param taken names of all machines there are
 */
export function nextMachineName(name: string, taken: readonly string[]): string {
  const base = /^(.*-)\d+$/.exec(name)?.[1] ?? `${name}-`;
  const numbers = taken.flatMap((each) => {
    const number = each.startsWith(base) ? each.slice(base.length) : '';
    return /^\d+$/.test(number) ? [BigInt(number)] : [];
  });
  const own = /^\d+$/.test(name.slice(base.length)) ? [BigInt(name.slice(base.length))] : [];
  const highest = [...numbers, ...own].reduce((max, each) => (each > max ? each : max), -1n);
  return `${base}${highest + 1n}`;
}

/**
 * The Machine that replaces another one: a new name, and nothing of what the old one had become: no status, no `providerID`, no hooks (the
 * operator puts its own), of the metadata only namespace and labels. @throws ZodError when the object is no JSON.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member whose machine is not running*.
 */
export function replacementMachine(machine: KubernetesObject, taken: readonly string[]): JsonObject {
  const { spec, ...rest } = JsonObject.parse(structuredClone(machine));
  const { namespace, labels, name } = machine.metadata;
  const kept = Object.entries(JsonObject.parse(spec ?? {})).filter(([field]) => !SPEC_LEFT_OUT.has(field));
  return {
    apiVersion: rest['apiVersion'] ?? machine.apiVersion,
    kind: rest['kind'] ?? machine.kind,
    metadata: {
      name: nextMachineName(name, taken),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
    },
    spec: Object.fromEntries(kept),
  };
}

const SPEC_LEFT_OUT: ReadonlySet<string> = new Set(['providerID', 'lifecycleHooks']);

const SECRET_FIELD =
  /pass(?:word|phrase|wd)|secret|token|private.?key|access.?key|api.?key|credential|userdata|customdata/i;
/** Fields that name a Secret instead of holding one. */
const REFERENCE = /(?:secret|credentials?)(?:name|ref|namespace)?$/i;

/**
 * Where a Machine seems to hold a credential in itself, as a path; `null`: nowhere. Such a Machine is not written to a record. What only
 * names a Secret is none.
 */
export function inlineCredential(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return withoutSecrets(value) === value ? null : path;
  if (Array.isArray(value)) return firstOf(value.map((each, at) => [`${path}[${at}]`, each] as const));
  if (typeof value !== 'object' || value === null) return null;
  return firstOf(
    Object.entries(value).map(([field, each]) => [path === '' ? field : `${path}.${field}`, each, field] as const),
  );
}

function firstOf(fields: readonly (readonly [string, unknown, string?])[]): string | null {
  for (const [at, value, field = ''] of fields) {
    const isText = typeof value === 'string' && value !== '';
    if (isText && SECRET_FIELD.test(field) && !(REFERENCE.test(field) && isName(value))) return at;
    const inside = inlineCredential(value, at);
    if (inside !== null) return inside;
  }
  return null;
}

/** Whether a text can be the name of an object: passwords seldom are, and a long one of random letters is not believed. */
function isName(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);
}
