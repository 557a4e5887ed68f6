import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';

const Method = z.object({
  path: z.string(),
  requestSerialize: z.custom<(value: object) => Buffer>((value) => typeof value === 'function'),
  responseDeserialize: z.custom<(bytes: Buffer) => unknown>((value) => typeof value === 'function'),
});
const Service = z.record(z.string(), Method);

/** How a call of etcd goes over the wire. 64-bit numbers are decimal strings; absent fields of an answer have their default. */
export type EtcdMethod = z.infer<typeof Method>;

/** Clients come and go, and controllers ask every few moments: each file is read once. */
const known = new Map<string, ReadonlyMap<string, EtcdMethod>>();

/**
 * A call that a protocol file of etcd describes.
 *
 * @param proto path of the file
 * @param name for instance `KV/Put`
 * @throws Error when the file has none of that name.
 */
export function etcdMethod(proto: string, name: string): EtcdMethod {
  const method = (known.get(proto) ?? readMethods(proto)).get(name);
  if (method === undefined) throw new Error(`no such method: ${name}`);
  return method;
}

function readMethods(proto: string): ReadonlyMap<string, EtcdMethod> {
  const found = new Map<string, EtcdMethod>();
  const definitions = loadSync(proto, { keepCase: true, longs: String, defaults: true });
  for (const [service, definition] of Object.entries(definitions)) {
    // What has a format describes a message.
    if ('format' in definition) continue;
    for (const [name, method] of Object.entries(Service.parse(definition)))
      found.set(`${service.replace(/^etcdserverpb\./, '')}/${name}`, method);
  }
  known.set(proto, found);
  return found;
}
