/** What a value of the registry is, as its first bytes and its frame show. */
export type RegistryValue =
  | { readonly kind: 'protobuf' | 'json'; readonly apiVersion: string; readonly objectKind: string }
  | { readonly kind: 'cbor' }
  | { readonly kind: 'encrypted'; readonly provider: string }
  | { readonly kind: 'undecodable'; readonly why: string };

/** Keys of one kind of resource. */
export interface ResourceKeys {
  readonly resource: string;
  /** Whether an API server keeps its objects there, so that values can be judged. */
  readonly judged: boolean;
  readonly count: number;
  /** At most five, spread over all of them. */
  readonly sample: readonly string[];
}

/** Follows the keys of a database in their order, and holds few of them. */
export interface KeyTally {
  take(key: string): void;
  /** By resource, sorted by name. */
  resources(): readonly ResourceKeys[];
}

/** Where API servers keep their objects: Kubernetes by default, and the two of OpenShift. */
const REGISTRIES = ['/registry/', '/kubernetes.io/', '/openshift.io/'];
const SAMPLE = 5;
/** Kinds that are counted by themselves; whoever keeps keys without parts would make each a kind. */
const MOST_KINDS = 2000;
const REST = '(everything else)';

/**
 * Of what resource a key is: `pods` of `/registry/pods/default/a`, `ciliumnodes.cilium.io` of a custom one. Keys elsewhere go by their first
 * part and are not judged.
 *
 * Source: kube-apiserver's `--etcd-prefix` and the paths of its storage; services and endpoints share one folder.
 */
export function resourceOf(key: string): { readonly resource: string; readonly judged: boolean } {
  const registry = REGISTRIES.find((each) => key.startsWith(each));
  if (registry === undefined) return { resource: key.split('/').find((part) => part !== '') ?? key, judged: false };
  const [first = '', second = ''] = key.slice(registry.length).split('/');
  if (first === 'services' && second === 'endpoints') return { resource: 'endpoints', judged: true };
  return { resource: first.includes('.') && second !== '' ? `${second}.${first}` : first, judged: true };
}

/** Begins to count keys by resource. */
export function tallyKeys(): KeyTally {
  const found = new Map<string, { readonly judged: boolean; readonly spread: Spread; count: number }>();
  return {
    take(key) {
      const own = resourceOf(key);
      const { resource, judged } =
        found.size < MOST_KINDS || found.has(own.resource) ? own : { resource: REST, judged: false };
      const known = found.get(resource) ?? { judged, spread: spreadKeys(), count: 0 };
      found.set(resource, known);
      known.count += 1;
      known.spread.take(key);
    },
    resources() {
      return [...found]
        .map(([resource, { judged, spread, count }]) => ({ resource, judged, count, sample: spread.picked() }))
        .toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
    },
  };
}

interface Spread {
  take(key: string): void;
  picked(): readonly string[];
}

/** Keeps every n-th key, and every 2n-th from when there are too many: the same keys give the same sample. */
function spreadKeys(): Spread {
  let kept: readonly string[] = [];
  let stride = 1;
  let seen = 0;
  return {
    take(key) {
      if (seen % stride === 0) kept = [...kept, key];
      seen += 1;
      if (kept.length <= 2 * SAMPLE) return;
      kept = kept.filter((_, at) => at % 2 === 0);
      stride *= 2;
    },
    picked() {
      if (kept.length <= SAMPLE) return kept;
      const step = (kept.length - 1) / (SAMPLE - 1);
      return Array.from({ length: SAMPLE }, (_, at) => kept[Math.round(at * step)]).filter((key) => key !== undefined);
    },
  };
}

const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0);
const ENCRYPTED = /^k8s:enc:([a-z0-9]+):v\d+:/;
/** Tag 55799, with which CBOR describes itself; API servers that store CBOR begin each object with it. */
const CBOR = Uint8Array.of(0xd9, 0xd9, 0xf7);
const OPENING_BRACE = 0x7b;

/**
 * What a value is. Protobuf is unwrapped and its object walked through field by field, without knowing its kind; JSON is parsed. What is
 * encrypted, or CBOR, is taken at its word.
 *
 * Source: Kubernetes' `runtime.Unknown` behind `k8s\0`, and `k8s:enc:<provider>:<version>:<key>:` of its encryption at rest.
 */
export function classifyValue(value: Uint8Array): RegistryValue {
  if (value.length === 0) return undecodable('it is empty');
  const provider = ENCRYPTED.exec(String.fromCharCode(...value.subarray(0, 64)))?.[1];
  if (provider !== undefined) return { kind: 'encrypted', provider };
  if (MAGIC.every((byte, at) => value[at] === byte)) return unwrap(value.subarray(MAGIC.length));
  if (value.length > CBOR.length && CBOR.every((byte, at) => value[at] === byte)) return { kind: 'cbor' };
  return value[0] === OPENING_BRACE
    ? parseObject(value)
    : undecodable('it begins like nothing that an API server writes');
}

function parseObject(value: Uint8Array): RegistryValue {
  const text = textOf(value);
  if (text === null) return undecodable('it begins like JSON and is no text');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undecodable('it begins like JSON and is none');
  }
  const apiVersion = property(parsed, 'apiVersion');
  const objectKind = property(parsed, 'kind');
  if (typeof apiVersion !== 'string' || typeof objectKind !== 'string')
    return undecodable('it is JSON without a kind and a version');
  return { kind: 'json', apiVersion, objectKind };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : null;
}

/** The wrapper: type (1) with version (1) and kind (2), then the object (2). */
function unwrap(wrapper: Uint8Array): RegistryValue {
  const fields = fieldsOf(wrapper);
  const type = fields === null ? null : bytesAt(fields, 1);
  const object = fields === null ? null : bytesAt(fields, 2);
  const typeFields = type === null ? null : fieldsOf(type);
  if (typeFields === null) return undecodable('it begins like protobuf and has no type that can be read');
  const apiVersion = textOf(bytesAt(typeFields, 1) ?? new Uint8Array());
  const objectKind = textOf(bytesAt(typeFields, 2) ?? new Uint8Array());
  if (apiVersion === null || objectKind === null || apiVersion === '' || objectKind === '')
    return undecodable('it is protobuf without a kind and a version');
  if (object === null || fieldsOf(object) === null)
    return undecodable(`it says that it is a ${objectKind}, and the object in it cannot be read`);
  return { kind: 'protobuf', apiVersion, objectKind };
}

interface Field {
  readonly number: number;
  /** Present when it has a length: text, bytes, a message. */
  readonly bytes: Uint8Array | null;
}

function bytesAt(fields: readonly Field[], number: number): Uint8Array | null {
  return fields.findLast((field) => field.number === number && field.bytes !== null)?.bytes ?? null;
}

/** The fields of a message in protobuf's wire format; `null`: it is none, or was cut. */
function fieldsOf(message: Uint8Array): readonly Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = varint(message, at);
    if (tag === null || tag.value < 8n) return null;
    const body = bodyAt(message, tag.next, Number(tag.value & 7n));
    if (body === null || body.next > message.length) return null;
    fields.push({ number: Number(tag.value >> 3n), bytes: body.bytes });
    at = body.next;
  }
  return fields;
}

function bodyAt(
  message: Uint8Array,
  at: number,
  wireType: number,
): { readonly bytes: Uint8Array | null; readonly next: number } | null {
  if (wireType === 1) return { bytes: null, next: at + 8 };
  if (wireType === 5) return { bytes: null, next: at + 4 };
  const number = wireType === 0 || wireType === 2 ? varint(message, at) : null;
  if (number === null) return null;
  if (wireType === 0) return { bytes: null, next: number.next };
  const next = number.next + Number(number.value);
  return { bytes: message.subarray(number.next, next), next };
}

/** At most ten bytes of seven bits, the lowest first. */
function varint(message: Uint8Array, from: number): { readonly value: bigint; readonly next: number } | null {
  let value = 0n;
  for (let at = from; at < Math.min(message.length, from + 10); at += 1) {
    const byte = message[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return null;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function undecodable(why: string): RegistryValue {
  return { kind: 'undecodable', why };
}
