import { randomInt } from 'node:crypto';
import { apiTime, textAt } from '../api/reading.ts';
import type { ApiObject, Fields, LocalApi, LocalRequest } from '../contracts.ts';

/** An answer of the API server. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The API server as one component sees it. Every call throws while the API server is away. */
export interface Client {
  get(path: string): Promise<Answer>;
  create(path: string, body: Fields): Promise<Answer>;
  /** PUT. */
  replace(path: string, body: Fields): Promise<Answer>;
  merge(path: string, body: Fields): Promise<Answer>;
  strategic(path: string, body: Fields): Promise<Answer>;
  remove(path: string, options?: Fields): Promise<Answer>;
  /** Notes an event about an object; whatever comes of it. */
  note(about: ApiObject, event: Note): void;
}

/** What an event says. */
export interface Note {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Who says it. */
  readonly source: string;
  /** Given: the event is one of events.k8s.io, as the scheduler's are. */
  readonly action?: string;
}

/** Makes the client of `kube-controller-manager` or `kube-scheduler`. */
export function createClient(api: LocalApi, component: string): Client {
  const user = { name: `system:${component}`, uid: '', groups: ['system:authenticated'], extra: {} };
  function send(method: LocalRequest['method'], path: string, body?: Fields, contentType?: string): Promise<Answer> {
    return api.request({
      method,
      path,
      user,
      agent: component,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }
  return {
    get: (path) => send('GET', path),
    create: (path, body) => send('POST', path, body),
    replace: (path, body) => send('PUT', path, body),
    merge: (path, body) => send('PATCH', path, body, 'application/merge-patch+json'),
    strategic: (path, body) => send('PATCH', path, body, 'application/strategic-merge-patch+json'),
    remove: (path, options = {}) => send('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options }),
    note(about, event) {
      const namespace = textAt(about, 'metadata', 'namespace') || 'default';
      const { root, body } = eventOf(about, namespace, event);
      // Events are told once or not at all.
      send('POST', `${root}/namespaces/${namespace}/events`, body).catch(() => undefined);
    },
  };
}

function eventOf(
  about: ApiObject,
  space: string,
  { type, reason, message, source, action }: Note,
): { readonly root: string; readonly body: Fields } {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const now = new Date();
  const metadata = { name: `${String(name)}.${(now.getTime() * 1e6 + randomInt(1e6)).toString(16)}`, namespace: space };
  const subject = {
    kind: about.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    apiVersion: about.apiVersion,
  };
  if (action === undefined) {
    const times = { firstTimestamp: apiTime(now), lastTimestamp: apiTime(now), count: 1 };
    const who = { source: { component: source }, reportingComponent: source, reportingInstance: '' };
    const involvedObject = about.kind === 'Node' ? subject : { ...subject, resourceVersion };
    const body = { apiVersion: 'v1', kind: 'Event', metadata, involvedObject, reason, message, type, ...times, ...who };
    return { root: '/api/v1', body };
  }
  const who = { reportingController: source, reportingInstance: `${source}-playground` };
  const eventTime = now.toISOString().replace('Z', '000Z');
  const regarding = { ...subject, resourceVersion };
  const body = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata, regarding, reason, note: message, type };
  return { root: '/apis/events.k8s.io/v1', body: { ...body, eventTime, action, ...who } };
}

/** The body of an answer that did it. @throws Error with the server's words. */
export function accepted(answer: Answer): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Error(`${answer.status}: ${textAt(answer.body, 'message')}`);
}

/** As {@link accepted}; also content when the object is gone: then `null`. */
export function acceptedOrGone(answer: Answer): unknown {
  return answer.status === 404 ? null : accepted(answer);
}
