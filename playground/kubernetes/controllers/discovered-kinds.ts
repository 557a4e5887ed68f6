import { at, listAt, textAt, textsAt } from '../api/reading.ts';
import { accepted, type Client } from './client.ts';

/** A kind of objects that can be listed and deleted. */
export interface FoundKind {
  /** `apps`; empty: the core group. */
  readonly group: string;
  /** `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** `/apis/apps/v1`. */
  readonly root: string;
}

/** All kinds of the API server, each in its preferred version; events only once. @throws Error when a list is refused. */
export async function discoverKinds(client: Client): Promise<readonly FoundKind[]> {
  const groups = listAt(accepted(await client.get('/apis')), 'groups');
  const versions = groups.map((group) => textAt(group, 'preferredVersion', 'groupVersion'));
  const found = await Promise.all(
    ['v1', ...versions.filter((version) => version !== 'events.k8s.io/v1')].map((version) => kindsOf(client, version)),
  );
  return found.flat();
}

async function kindsOf(client: Client, apiVersion: string): Promise<readonly FoundKind[]> {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const answer = await client.get(root);
  // A group that went in the meantime.
  if (answer.status === 404) return [];
  return listAt(accepted(answer), 'resources')
    .filter((each) => ['list', 'watch', 'delete'].every((verb) => textsAt(each, 'verbs').includes(verb)))
    .map((each) => ({
      group: apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '',
      apiVersion,
      kind: textAt(each, 'kind'),
      plural: textAt(each, 'name'),
      namespaced: at(each, 'namespaced') === true,
      root,
    }));
}
