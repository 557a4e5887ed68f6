import type { KubernetesCall, KubernetesResult, ObjectKind } from '../../core/ports/kubernetes.ts';
import type { Attributes } from './attributes.ts';
import type { Served } from './catalog.ts';
import type { Deadline } from './deadline.ts';
import type { Discovery } from './discovery.ts';
import { type Link, within } from './link.ts';
import { answered, failed } from './outcome.ts';

/** What the parts of the adapter share. */
export interface Session {
  readonly link: Link;
  readonly discovery: Discovery;
  /** Owner of fields that are applied, and author of other changes. */
  readonly fieldManager: string;
}

/** An object or a collection by its place in the API. */
export interface Address {
  readonly path: string;
  readonly served: Served;
  /** What a request there asks for, but the verb. */
  attributes(verb: string): Attributes;
}

/** What is addressed. `name` null: the collection. */
export interface Place extends ObjectKind {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource?: string | undefined;
}

/** Does a call to a place in the API, within its limits; `patienceMs` as in {@link within}. */
export function locate<T>(
  session: Session,
  place: Place,
  call: KubernetesCall,
  work: (address: Address, deadline: Deadline) => Promise<KubernetesResult<T>>,
  patienceMs?: number,
): Promise<KubernetesResult<T>> {
  async function locateAndWork(deadline: Deadline): Promise<KubernetesResult<T>> {
    const address = await addressOf(session, place, deadline);
    return address.ok ? work(address.value, deadline) : address;
  }
  return within(session.link, call, locateAndWork, patienceMs);
}

/** Where in the API an object or collection is. */
export async function addressOf(
  session: Session,
  place: Place,
  deadline: Deadline,
): Promise<KubernetesResult<Address>> {
  const problem = placeProblem(place);
  if (problem !== null) return failed('invalid', problem);
  const found = await session.discovery.find(place, deadline);
  if (!found.ok) return found;
  const served = found.value;
  const kind = `${place.kind} (${place.apiVersion})`;
  if (served === null) return failed('no-such-kind', `the server does not serve ${kind}`);
  const { subresource } = place;
  if (subresource !== undefined && !served.subresources.has(subresource)) {
    return failed('no-such-kind', `the server serves no ${subresource} of ${kind}`);
  }
  if (!served.namespaced && place.namespace !== null) return failed('invalid', `${kind} lives in no namespace`);
  if (served.namespaced && place.namespace === null && place.name !== null) {
    return failed('invalid', `${kind} ${place.name} lives in a namespace; none is given`);
  }
  return answered(addressIn(served, place));
}

/** The address of an object of a known kind. */
export function addressIn(served: Served, place: Omit<Place, 'apiVersion' | 'kind'>): Address {
  const { group, version, resource } = served;
  const { namespace, name, subresource } = place;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const parts = [
    ...(namespace === null ? [] : ['namespaces', namespace]),
    resource,
    ...(name === null ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return {
    path: `${root}/${parts.map(encodeURIComponent).join('/')}`,
    served,
    attributes: (verb) => ({ verb, group, resource, subresource: subresource ?? '', namespace, name }),
  };
}

/** Names that would lead elsewhere in a path are refused here; the server refuses the rest. */
function placeProblem({ namespace, name }: Place): string | null {
  for (const part of [namespace, name]) {
    if (part === null) continue;
    if (part === '' || part === '.' || part === '..' || /[/%]/.test(part))
      return `"${part}" is no name of an object or namespace`;
  }
  return null;
}
