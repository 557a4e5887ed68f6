import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepAggregating } from '../../../../playground/kubernetes/access/aggregating.ts';
import type { LocalRequest, User } from '../../../../playground/kubernetes/contracts.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';

const RBAC = 'rbac.authorization.k8s.io';
const API = `/apis/${RBAC}/v1`;
const JANE: User = { name: 'jane', uid: '', groups: ['system:authenticated'], extra: {} };
const READ_PODS = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
const READ_SECRETS = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];

let scene: ApiScene;
const ending = new AbortController();
let kept: Promise<void>;
beforeAll(async () => {
  scene = await startApiScene({ access: true });
  kept = keepAggregating(scene.server().local, ending.signal);
  await must('POST', '/api/v1/namespaces', { metadata: { name: 'app' } });
});
afterAll(async () => {
  ending.abort();
  await kept;
  await scene.stop();
});

/** As somebody, past the guard: what is looked at here is what admission does. */
async function send(method: LocalRequest['method'], path: string, body: object | undefined, user?: User) {
  const answer = await scene.server().local.request({ method, path, body, ...(user === undefined ? {} : { user }) });
  return { status: answer.status, text: JSON.stringify(answer.body) };
}

async function must(method: LocalRequest['method'], path: string, body?: object): Promise<void> {
  const { status, text } = await send(method, path, body);
  expect(status, `${method} ${path}: ${text}`).toBeLessThan(300);
}

function roleOf(name: string, rules: readonly object[], metadata: object = {}): object {
  return { metadata: { name, ...metadata }, rules };
}

function bindingOf(name: string, kind: string, role: string, user = 'jane'): object {
  return {
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind, name: role },
    subjects: [{ kind: 'User', apiGroup: RBAC, name: user }],
  };
}

const ROLES = `${API}/namespaces/app/roles`;
const BINDINGS = `${API}/namespaces/app/rolebindings`;

test('what somebody holds he may give on, and no more', async () => {
  await must('POST', ROLES, roleOf('reader', READ_PODS));
  await must('POST', BINDINGS, bindingOf('reader', 'Role', 'reader'));
  const less = await send('POST', ROLES, roleOf('less', READ_PODS), JANE);
  const more = await send('POST', ROLES, roleOf('more', [...READ_PODS, ...READ_SECRETS]), JANE);
  const grown = await send('PUT', `${ROLES}/less`, roleOf('less', READ_SECRETS), JANE);
  const named = await send('PATCH', `${ROLES}/reader`, { metadata: { labels: { kind: 'role' } } }, JANE);

  expect([less.status, more.status, grown.status, named.status]).toEqual([201, 403, 403, 200]);
  expect(more.text).toContain('{APIGroups:[\\"\\"], Resources:[\\"secrets\\"], Verbs:[\\"get\\"]}');
  expect(more.text).not.toContain('pods');
});

test('a role is bound by whom holds its rules, or who may bind it', async () => {
  const denied = await send('POST', BINDINGS, bindingOf('to-all', 'ClusterRole', 'cluster-admin', 'max'), JANE);
  const missing = await send('POST', BINDINGS, bindingOf('to-none', 'Role', 'none', 'max'), JANE);
  const rule = { apiGroups: [RBAC], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] };
  await must('POST', ROLES, roleOf('binder', [rule]));
  await must('POST', BINDINGS, bindingOf('binder', 'Role', 'binder'));
  const bound = await send('POST', BINDINGS, bindingOf('to-view', 'ClusterRole', 'view', 'max'), JANE);
  const other = await send('POST', BINDINGS, bindingOf('to-edit', 'ClusterRole', 'edit', 'max'), JANE);

  expect([denied.status, missing.status, bound.status, other.status]).toEqual([403, 404, 201, 403]);
});

test('who may escalate a role writes what he does not hold', async () => {
  const rule = { apiGroups: [RBAC], resources: ['roles'], resourceNames: ['grown'], verbs: ['escalate'] };
  await must('POST', ROLES, roleOf('escalator', [rule]));
  await must('POST', BINDINGS, bindingOf('escalator', 'Role', 'escalator'));

  expect((await send('POST', ROLES, roleOf('grown', READ_SECRETS), JANE)).status).toBe(201);
});

test('only who may do everything makes a role that gathers others', async () => {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { team: 'a' } }] };
  const role = { metadata: { name: 'team-a' }, rules: [], aggregationRule };
  const denied = await send('POST', `${API}/clusterroles`, role, JANE);

  expect(denied.status).toBe(403);
  expect(denied.text).toContain('must have cluster-admin privileges to use the aggregationRule');
});

test('a role with the label goes into view, and through it into edit and admin', async () => {
  const rules = [{ apiGroups: ['cluster.x-k8s.io'], resources: ['machines'], verbs: ['get'] }];
  const labels = { [`${RBAC}/aggregate-to-view`]: 'true' };
  await must('POST', `${API}/clusterroles`, roleOf('machine-view', rules, { labels }));

  for (const name of ['view', 'edit', 'admin']) {
    const found = await waitFor(`machines in ${name}`, async () => {
      const { text } = await send('GET', `${API}/clusterroles/${name}`, undefined);
      return text.includes('machines') && text;
    });
    expect(found).toContain('cluster.x-k8s.io');
  }
});
