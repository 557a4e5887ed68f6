import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';
import { fieldsOf } from './reading.ts';

const PROTO = fileURLToPath(new URL('./bodies.proto', import.meta.url));
const MAGIC = Buffer.from('k8s\0');

const Reader = z.object({
  requestDeserialize: z.custom<(bytes: Buffer) => unknown>((value) => typeof value === 'function'),
});
const Envelope = z.object({
  typeMeta: z.object({ apiVersion: z.string(), kind: z.string() }),
  raw: z.instanceof(Buffer).default(() => Buffer.alloc(0)),
});

let readers: Readonly<Record<string, z.infer<typeof Reader>>> | undefined;

/**
 * An object in the protobuf form of Kubernetes as JSON. `undefined`: of a kind that this server only takes as JSON.
 *
 * @throws whatever the reader says of bytes that are no such message.
 */
export function readProtobuf(body: Buffer): unknown {
  readers ??= z
    .record(z.string(), Reader)
    .parse(loadSync(PROTO, { keepCase: true, longs: Number })['playground.Readers']);
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('the bytes do not begin as an object');
  const { typeMeta, raw } = Envelope.parse(readers['Unknown']?.requestDeserialize(body.subarray(MAGIC.length)));
  const { apiVersion, kind } = typeMeta;
  const reader = readers[`${apiVersion}_${kind}`.replaceAll(/[./]/g, '_')] ?? readers[`v1_${kind}`];
  return reader === undefined
    ? undefined
    : { ...fieldsOf(plain(reader.requestDeserialize(raw), '')), apiVersion, kind };
}

/** Numbers that mean something when they are 0. */
const MEANT = new Set(['gracePeriodSeconds', 'replicas', 'expirationSeconds', 'intVal']);
const TIMES = new Set(['creationTimestamp', 'deletionTimestamp', 'lastUpdateTime', 'lastTransitionTime']);

/** As the JSON form has it: nothing that is empty, times and bytes as texts. */
function plain(value: unknown, name: string): unknown {
  if (Buffer.isBuffer(value)) return value.length === 0 ? undefined : value.toString('base64');
  if (Array.isArray(value)) {
    const items = value.map((each: unknown) => plain(each, ''));
    return items.length === 0 ? undefined : items;
  }
  if (value === '' || (value === 0 && !MEANT.has(name))) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const fields = fieldsOf(value);
  if (TIMES.has(name)) {
    const seconds = fields['seconds'];
    return typeof seconds === 'number' ? `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` : undefined;
  }
  if (name === 'minAvailable' || name === 'maxUnavailable')
    return fields['type'] === 1 ? fields['strVal'] : (fields['intVal'] ?? 0);
  if (name === 'extra')
    return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, fieldsOf(each)['items'] ?? []]));
  const entries = Object.entries(fields).map(
    ([key, each]) => [key, isData(name) ? dataText(each) : plain(each, key)] as const,
  );
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/** Maps whose values may be empty texts. */
function isData(name: string): boolean {
  return ['data', 'binaryData', 'stringData', 'labels', 'annotations', 'matchLabels'].includes(name);
}

function dataText(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}
