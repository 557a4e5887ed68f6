import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiObject, Fields, LocalApi, LocalRequest, User } from '../contracts.ts';

/** An answer of the API server; status 0: there was none. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The API server as one node's kubelet sees it. No call throws. */
export interface NodeApi {
  call(method: LocalRequest['method'], path: string, body?: unknown): Promise<Answer>;
  /** Strategic merge patch of a status. */
  patchStatus(path: string, uid: string, status: Fields): Promise<Answer>;
  /** DELETE with this grace and the uid as precondition. */
  remove(path: string, uid: string): Promise<Answer>;
  /** Follows the node's pods until the signal; begins again when it fails. */
  followPods(signal: AbortSignal, onEvent: (type: string, pod: ApiObject) => void): Promise<void>;
}

const Named = z.object({
  metadata: z.object({ uid: z.string().default(''), resourceVersion: z.string().default('') }),
});

/** Makes the node's client. It asks as `system:node:<name>` of group `system:nodes`. */
export function createNodeApi(api: LocalApi, node: string): NodeApi {
  const user: User = {
    name: `system:node:${node}`,
    uid: '',
    groups: ['system:nodes', 'system:authenticated'],
    extra: {},
  };
  async function send(request: LocalRequest): Promise<Answer> {
    try {
      return await api.request({ ...request, user, agent: 'kubelet' });
    } catch (error) {
      return { status: 0, body: error instanceof Error ? error.message : String(error) };
    }
  }
  return {
    call: (method, path, body) => send({ method, path, ...(body === undefined ? {} : { body }) }),
    patchStatus: (path, uid, status) =>
      send({
        method: 'PATCH',
        path: `${path}/status`,
        contentType: 'application/strategic-merge-patch+json',
        body: { metadata: { uid }, status },
      }),
    remove: (path, uid) =>
      send({
        method: 'DELETE',
        path,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } },
      }),
    async followPods(signal, onEvent) {
      while (!signal.aborted) {
        try {
          const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
          await api.follow(path, signal, (event) => onEvent(event.type, event.object));
        } catch {
          // Begun again below.
        }
        if (!signal.aborted) await delay(500);
      }
    },
  };
}

/** Whether an answer says that it was done. */
export function isDone(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** uid and revision of an object; empty where it has none. */
export function identityOf(object: unknown): { readonly uid: string; readonly resourceVersion: string } {
  const read = Named.safeParse(object);
  return read.success ? read.data.metadata : { uid: '', resourceVersion: '' };
}

/** `/api/v1/namespaces/<namespace>/pods/<name>`. */
export function podPath(pod: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}
