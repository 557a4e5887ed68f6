import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { recorded } from '../../support/kubernetes-fixtures.ts';
import { replyOf, startScene } from '../../support/scripted-api.ts';

const CALL = { timeoutMs: 10_000 };
const POD = { namespace: 'fx-evict', name: 'db-1', uid: 'u-1' };

let scene: Awaited<ReturnType<typeof startScene>>;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.end());

function codeOf(result: KubernetesResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

test('an eviction is what kubectl sends, and names the pod by its uid', async () => {
  scene.api.answer(() => replyOf('09-02-no-budget'));
  const result = await scene.port.evict(POD, { ...CALL, dryRun: true, gracePeriodSeconds: 20 });
  const [seen] = scene.api.seen;

  expect(result).toEqual({ ok: true, value: null });
  expect(`${seen?.method} ${seen?.path}`).toBe('POST /api/v1/namespaces/fx-evict/pods/db-1/eviction');
  expect(JSON.parse(seen?.body ?? '')).toEqual({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'db-1', namespace: 'fx-evict' },
    deleteOptions: { preconditions: { uid: 'u-1' }, dryRun: ['All'], gracePeriodSeconds: 20 },
  });
  expect(scene.used).toEqual(['create pods/eviction']);
});

test.each([
  ['09-12-budget-refused', 'budget'],
  ['09-20-budget-lagging', 'budget'],
  ['09-21-two-budgets', 'blocked-for-good'],
  ['19-04-too-many-requests-eviction', 'throttled'],
  ['19-10-webhook-500-eviction', 'server-error'],
  ['20-04-nospace-evict', 'no-space'],
  ['09-05-uid-mismatch', 'conflict'],
])('an eviction that is answered with %s is %s, and is sent once', async (name, code) => {
  scene.api.answer(() => replyOf(name));

  // Shorter than what a server asks to be left alone for.
  expect(codeOf(await scene.port.evict(POD, { timeoutMs: 1400 }))).toBe(code);
  expect(scene.api.seen).toHaveLength(1);
});

test.each([
  ['14-15-ssar-allowed', true],
  ['14-16-ssar-denied', false],
])('%s: may I? %s', async (name, allowed) => {
  scene.api.answer(() => replyOf(name));
  const what = { verb: 'create', group: '', resource: 'pods', subresource: 'exec', namespace: 'a' };

  expect(await scene.port.mayI(what, CALL)).toEqual({ ok: true, value: allowed });
  expect(JSON.parse(scene.api.seen[0]?.body ?? '')).toMatchObject({
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: what },
  });
});

test('logs are asked for as they are wanted; more than is taken is too-large, not cut', async () => {
  scene.api.answer(() => ({ status: 200, body: 'one\ntwo\n' }));
  const options = { ...CALL, container: 'etcd', tailLines: 2, previous: true };

  expect(await scene.port.logs({ namespace: 'a', name: 'p' }, options)).toEqual({ ok: true, value: 'one\ntwo\n' });
  expect(scene.api.seen[0]?.path).toBe('/api/v1/namespaces/a/pods/p/log?container=etcd&tailLines=2&previous=true');
  expect(codeOf(await scene.port.logs({ namespace: 'a', name: 'p' }, { ...CALL, maxBytes: 4 }))).toBe('too-large');
});

test('the version, and warnings of the server, go to who wants to know', async () => {
  scene.api.answer(() => replyOf('01-01-version'));
  expect(await scene.port.version(CALL)).toMatchObject({
    ok: true,
    value: { gitVersion: expect.stringMatching(/^v1\.36\.2/) },
  });
  scene.api.answer(() => replyOf('05-32-field-validation-warn'));
  const deployment = recorded('05-32-field-validation-warn').response.body;
  expect(deployment).toMatchObject({ kind: 'Deployment' });
  await scene.port.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'a', name: 'b' }, CALL);

  expect(scene.warnings[0]).toMatch(/^unknown field "spec/);
});
