import { z } from 'zod';
import type { KubernetesCall, KubernetesPort, KubernetesResult, PodRef } from '../../core/ports/kubernetes.ts';
import { type Address, addressIn, type Session } from './address.ts';
import { jsonBody, textBody } from './body.ts';
import type { Served } from './catalog.ts';
import type { Deadline } from './deadline.ts';
import { pathAttributes } from './discovery.ts';
import { type ApiRequest, type Link, perform, within } from './link.ts';
import { answered, failed } from './outcome.ts';
import { CHANGE_PATIENCE_MS, READ_PATIENCE_MS } from './retry-after.ts';
import { readObject } from './shape.ts';

/** Pods are served everywhere; asking discovery for them would cost two requests before the first exec. */
const PODS: Served = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  subresources: new Set(['eviction', 'exec', 'log', 'portforward']),
};

const MOST = 16 << 20;
const MOST_LOG = 1 << 20;

/** Address of a subresource of a pod. */
export function podAddress(pod: PodRef, subresource?: string): Address {
  return addressIn(PODS, { namespace: pod.namespace, name: pod.name, subresource });
}

/** Whether this is still the pod that was meant. Without a uid nothing is asked. */
export async function samePod(session: Session, pod: PodRef, deadline: Deadline): Promise<KubernetesResult<null>> {
  if (pod.uid === undefined) return answered(null);
  const address = podAddress(pod);
  const found = await perform(
    session.link,
    { method: 'GET', path: address.path, what: address.attributes('get') },
    deadline,
    jsonBody(MOST, readObject),
  );
  if (!found.ok) return found;
  const { uid } = found.value.metadata;
  if (uid === pod.uid) return answered(null);
  return failed(
    'conflict',
    `pod ${pod.name} in namespace ${pod.namespace} is another one now (uid ${uid}, not ${pod.uid})`,
  );
}

type PodMethods = Pick<KubernetesPort, 'version' | 'evict' | 'logs' | 'mayI'>;

/** Requests that are no plain reading or changing of objects. */
export function podMethods(session: Session): PodMethods {
  return {
    version: (call) => version(session, call),
    evict: (pod, options) => evict(session, pod, options),
    logs: (pod, options) => logs(session, pod, options),
    mayI: (what, call) => mayI(session, what, call),
  };
}

async function version(
  session: Session,
  call: KubernetesCall,
): Promise<KubernetesResult<{ readonly gitVersion: string }>> {
  const Version = z.object({ gitVersion: z.string() });
  const request: ApiRequest = { method: 'GET', path: '/version', what: pathAttributes('/version') };
  return ask(session.link, request, call, (value) => {
    const parsed = Version.safeParse(value);
    return parsed.success ? answered(parsed.data) : failed('server-error', 'the answer names no version');
  });
}

async function evict(
  session: Session,
  pod: PodRef & { readonly uid: string },
  options: Parameters<KubernetesPort['evict']>[1],
): Promise<KubernetesResult<null>> {
  const address = podAddress(pod, 'eviction');
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod.name, namespace: pod.namespace },
    deleteOptions: {
      preconditions: { uid: pod.uid },
      ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
      ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    },
  };
  const request = { method: 'POST', path: address.path, body, what: address.attributes('create') } as const;
  // The answer is a Status, whatever became of the pod.
  return ask(session.link, request, options, () => answered(null));
}

async function logs(
  session: Session,
  pod: PodRef,
  options: Parameters<KubernetesPort['logs']>[1],
): Promise<KubernetesResult<string>> {
  const address = podAddress(pod, 'log');
  const request: ApiRequest = {
    method: 'GET',
    path: address.path,
    query: { container: options.container, tailLines: options.tailLines, previous: options.previous },
    accept: '*/*',
    what: address.attributes('get'),
  };
  async function readLog(deadline: Deadline): Promise<KubernetesResult<string>> {
    const same = await samePod(session, pod, deadline);
    if (!same.ok) return same;
    const read = textBody(options.maxBytes ?? MOST_LOG, 'ask for fewer lines (tailLines)');
    return perform(session.link, request, deadline, read);
  }
  return within(session.link, options, readLog, READ_PATIENCE_MS);
}

function ask<T>(
  link: Link,
  request: ApiRequest,
  call: KubernetesCall,
  parse: (value: unknown) => KubernetesResult<T>,
): Promise<KubernetesResult<T>> {
  const patienceMs = request.method === 'GET' ? READ_PATIENCE_MS : CHANGE_PATIENCE_MS;
  return within(link, call, (deadline) => perform(link, request, deadline, jsonBody(MOST, parse)), patienceMs);
}

const Review = z.object({ status: z.object({ allowed: z.boolean() }) });

async function mayI(
  session: Session,
  what: Parameters<KubernetesPort['mayI']>[0],
  call: KubernetesCall,
): Promise<KubernetesResult<boolean>> {
  const { namespace, subresource, verb, group, resource, name } = what;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        verb,
        group,
        resource,
        ...(namespace === null ? {} : { namespace }),
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      },
    },
  };
  const request: ApiRequest = {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body,
    what: {
      verb: 'create',
      group: 'authorization.k8s.io',
      resource: 'selfsubjectaccessreviews',
      subresource: '',
      namespace: null,
      name: null,
    },
  };
  return ask(session.link, request, call, (value) => {
    const parsed = Review.safeParse(value);
    const { data } = parsed;
    return data ? answered(data.status.allowed) : failed('server-error', 'the answer says neither yes nor no');
  });
}
