import { fileURLToPath } from 'node:url';
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader';

/** One method of etcd's gRPC API, with how its messages are written and read. */
export interface RpcMethod {
  /** Full method, for instance `/etcdserverpb.Maintenance/Status`. */
  readonly path: string;
  readonly serialize: (request: object) => Buffer;
  readonly deserialize: (answer: Buffer) => object;
}

/** Every method Drydock calls. 64-bit numbers are decimal strings in both directions. */
export interface EtcdRpc {
  readonly range: RpcMethod;
  readonly put: RpcMethod;
  readonly deleteRange: RpcMethod;
  readonly compact: RpcMethod;
  readonly memberList: RpcMethod;
  readonly alarm: RpcMethod;
  readonly status: RpcMethod;
  readonly defragment: RpcMethod;
  readonly hashKv: RpcMethod;
  readonly moveLeader: RpcMethod;
  readonly memberAdd: RpcMethod;
  readonly memberRemove: RpcMethod;
  readonly promote: RpcMethod;
  /** Answers with a stream. */
  readonly snapshot: RpcMethod;
}

const PROTO = fileURLToPath(new URL('./rpc.proto', import.meta.url));

/**
 * Reads `rpc.proto`. Absent fields of an answer get their default, absent messages are `null`.
 *
 * @throws Error when the file is missing or lacks a method: the installation is broken.
 */
export function loadEtcdRpc(): EtcdRpc {
  const loaded = loadSync(PROTO, { keepCase: true, longs: String, enums: Number, defaults: true, bytes: Buffer });
  function method(service: string, name: string): RpcMethod {
    const definition = loaded[`etcdserverpb.${service}`];
    const found = definition !== undefined && isService(definition) ? definition[name] : undefined;
    if (found === undefined) throw new Error(`${PROTO} has no method ${service}/${name}`);
    return { path: found.path, serialize: found.requestSerialize, deserialize: found.responseDeserialize };
  }
  return {
    range: method('KV', 'Range'),
    put: method('KV', 'Put'),
    deleteRange: method('KV', 'DeleteRange'),
    compact: method('KV', 'Compact'),
    memberList: method('Cluster', 'MemberList'),
    alarm: method('Maintenance', 'Alarm'),
    status: method('Maintenance', 'Status'),
    defragment: method('Maintenance', 'Defragment'),
    hashKv: method('Maintenance', 'HashKV'),
    moveLeader: method('Maintenance', 'MoveLeader'),
    memberAdd: method('Cluster', 'MemberAdd'),
    memberRemove: method('Cluster', 'MemberRemove'),
    promote: method('Cluster', 'MemberPromote'),
    snapshot: method('Maintenance', 'Snapshot'),
  };
}

function isService(definition: AnyDefinition): definition is ServiceDefinition {
  return !('format' in definition);
}
