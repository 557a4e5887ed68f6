import type { PlaygroundCluster } from '../kubernetes/cluster.ts';
import type { ApiObject, Fields, LocalApi } from '../kubernetes/contracts.ts';
import { accepted, acceptedOrGone, type Client } from '../kubernetes/controllers/client.ts';
import type { Mirror } from '../kubernetes/controllers/mirror.ts';
import type { Scene } from '../kubernetes/controllers/scene.ts';
import type { Cloud } from './machines/cloud.ts';

/** What the stand-ins of OpenShift's operators work with. */
export interface OcpScene extends Scene {
  readonly cluster: PlaygroundCluster;
  readonly cloud: Cloud;
  /** Default 3: members that the ring is to have. */
  readonly replicas: number;
}

/** A change of one object. The API server's refusal is an Error, also a conflict: the next round looks again. */
export interface Writer {
  create(path: string, object: ApiObject): Promise<void>;
  /** Merge patch. */
  merge(path: string, body: Fields): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Writes as a component. */
export function writerOf(client: Client): Writer {
  return {
    create: async (path, object) => void accepted(await client.create(path, object)),
    merge: async (path, body) => void accepted(await client.merge(path, body)),
    remove: async (path) => void acceptedOrGone(await client.remove(path)),
  };
}

/** Waits until every mirror has been read. */
export function allFilled(mirrors: readonly Mirror[]): boolean {
  return mirrors.every((mirror) => mirror.filled());
}

/** The object at a path; `null`: there is none. @throws Error when it cannot be read. */
export async function readObject(api: LocalApi, path: string): Promise<unknown> {
  const { status, body } = await api.request({ method: 'GET', path });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return body;
}
