import type { IncomingMessage } from 'node:http';
import { notPermitted } from '../api/guarding.ts';
import { badRequest, refused } from '../api/refusals.ts';
import type { Attempt, Attributes, LocalApi, User } from '../contracts.ts';
import { accountGroups } from './accounts.ts';
import { decide } from './authorizing.ts';

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const EXTRA = 'impersonate-extra-';

/** Whom a request speaks for by its `Impersonate-` headers, when whoever asks may speak for them. */
export async function actingUser(
  api: LocalApi,
  user: User,
  what: Attributes,
  request: IncomingMessage,
): Promise<Attempt<User>> {
  const wanted = wantedUser(request);
  if (wanted === null) return { ok: true, value: user };
  if (wanted.name === '') return refused(badRequest(`requested ${goUser(wanted)} without impersonating a user name`));
  const all = [...rightsFor(wanted)];
  if (await allAllowed(api, user, 'impersonate', all)) return { ok: true, value: complete(wanted) };
  // What is new in 1.36: a right for a way of impersonation and one for what may be done by it.
  const mode = ACCOUNT.test(wanted.name) ? 'serviceaccount' : 'user-info';
  const target = { ...what, verb: `impersonate-on:${mode}:${what.verb}` };
  const onTarget = await decide(api, user, target);
  const constrained = all.map((each) => right('authentication.k8s.io', each.resource, each.name, each.namespace));
  const verb = `impersonate:${mode}`;
  if (onTarget.allowed && (await allAllowed(api, user, verb, constrained)))
    return { ok: true, value: complete(wanted) };
  return refused(notPermitted(user, target, onTarget.reason));
}

function wantedUser({ headers, headersDistinct }: IncomingMessage): User | null {
  const name = headersDistinct['impersonate-user']?.[0] ?? '';
  const uid = headersDistinct['impersonate-uid']?.[0] ?? '';
  const groups = headersDistinct['impersonate-group'] ?? [];
  const extra = Object.fromEntries(
    Object.keys(headers)
      .filter((header) => header.startsWith(EXTRA))
      .map((header) => [decodeURIComponent(header.slice(EXTRA.length)), headersDistinct[header] ?? []]),
  );
  const none = name === '' && uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
  return none ? null : { name, uid, groups, extra };
}

/** What somebody must be allowed to `impersonate`. */
function* rightsFor(wanted: User): Iterable<Attributes> {
  const [, namespace, account] = ACCOUNT.exec(wanted.name) ?? [];
  if (namespace !== undefined && account !== undefined) yield right('', 'serviceaccounts', account, namespace);
  else yield right('', 'users', wanted.name);
  for (const group of wanted.groups) yield right('', 'groups', group);
  if (wanted.uid !== '') yield right('authentication.k8s.io', 'uids', wanted.uid);
  for (const [key, values] of Object.entries(wanted.extra))
    for (const value of values) yield { ...right('authentication.k8s.io', 'userextras', value), subresource: key };
}

function right(group: string, resource: string, name: string, namespace = ''): Attributes {
  return { verb: 'impersonate', group, version: 'v1', resource, subresource: '', namespace, name, path: '' };
}

async function allAllowed(api: LocalApi, user: User, verb: string, rights: readonly Attributes[]): Promise<boolean> {
  for (const each of rights) if (!(await decide(api, user, { ...each, verb })).allowed) return false;
  return true;
}

/** With the groups that everybody has. */
function complete(wanted: User): User {
  const [, namespace] = ACCOUNT.exec(wanted.name) ?? [];
  const own = wanted.groups.length === 0 && namespace !== undefined ? accountGroups(namespace) : wanted.groups;
  const everyone = wanted.name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  const groups = own.includes(everyone) || own.includes('system:unauthenticated') ? own : [...own, everyone];
  return { ...wanted, groups };
}

/** As the server prints a user in Go. */
function goUser({ name, uid, groups, extra }: User): string {
  const lists = `[]string{${groups.map((group) => JSON.stringify(group)).join(', ')}}`;
  const more = Object.entries(extra).map(
    ([key, values]) => `${JSON.stringify(key)}:[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`,
  );
  const said = more.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${more.join(', ')}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groups.length === 0 ? '[]string(nil)' : lists}, Extra:${said}}`;
}
