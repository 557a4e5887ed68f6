import { expect, onTestFinished, test } from 'vitest';
import { readPlatform } from '../../../jobs/etcd-backup/read-platform.ts';
import { lookAhead } from '../../../jobs/etcd-backup/static-outlook.ts';
import type { Attributes } from '../../../src/adapters/kubernetes/attributes.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
import { STATIC_OPERATORS } from '../../../src/core/backup/operators.ts';
import { compareRights, grantedTo } from '../../support/granted.ts';
import { render, roleFolder } from '../../support/rendered.ts';
import {
  kubeconfigText,
  makeWorkspace,
  type Reply,
  type ScriptedApi,
  type Seen,
  startScriptedApi,
} from '../../support/scripted-api.ts';

const WORKER = { namespace: 'drydock', name: 'drydock-worker' };
const APART = {
  place: 's3://backups/',
  snapshot: { compression: 'none', recipients: ['age1x'], canOpen: true },
  static: { compression: 'none', recipients: ['age1y'], canOpen: true, place: 's3://backups/' },
} as const;
const ACCOUNT = `system:serviceaccount:${WORKER.namespace}:${WORKER.name}`;

/** What a backup reads of an OpenShift cluster whose server answers that, and what it asked of the server. */
async function reading(reply: (seen: Seen) => Reply) {
  const api: ScriptedApi = await startScriptedApi();
  onTestFinished(() => api.close());
  api.answer(reply);
  const workspace = await makeWorkspace();
  onTestFinished(() => workspace.remove());
  const requests: Attributes[] = [];
  const kubernetes = openKubernetes({
    kubeconfig: await workspace.file('config', kubeconfigText({ server: api.server }, { token: 'a-token' })),
    environment: {},
    onRequest: (what) => void requests.push(what),
  });
  onTestFinished(() => kubernetes.close());
  // The first call loads the client's library, which takes longer on a busy machine than a backup waits.
  expect(await kubernetes.version({ timeoutMs: 60_000 })).toMatchObject({ ok: true });
  const { signal } = new AbortController();
  const platform = await readPlatform(kubernetes, 'openshift', signal);
  // Keys that the worker has for snapshots do not open the static files, so that encryption at rest is no reason against these.
  const asked = { vault: APART, encryption: platform.encryption, stored: [], node: null };
  return { platform, outlook: await lookAhead(kubernetes, { platform: 'openshift' }, asked, signal), requests };
}

const CONDITIONS = [
  { type: 'Encrypted', status: 'True', reason: 'EncryptionCompleted' },
  { type: 'Available', status: 'True' },
  { type: 'Degraded', status: 'False' },
  { type: 'Progressing', status: 'False' },
] as const;

function whole({ path }: Seen): Reply {
  if (path === '/version') return { status: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.2' } };
  const [, group = '', version = '', resource = ''] = /^\/apis\/([^/]+)\/([^/]+)\/([^/]+)\/[^/]+$/.exec(path) ?? [];
  const metadata = { name: group === '' ? 'kube-system' : 'cluster', uid: 'b1a2', resourceVersion: '1' };
  if (group === '') return { status: 200, body: { apiVersion: 'v1', kind: 'Namespace', metadata } };
  const kinds: Readonly<Record<string, string>> = {
    apiservers: 'APIServer',
    kubeapiservers: 'KubeAPIServer',
    openshiftapiservers: 'OpenShiftAPIServer',
    authentications: 'Authentication',
    clusteroperators: 'ClusterOperator',
  };
  return {
    status: 200,
    body: {
      apiVersion: `${group}/${version}`,
      kind: kinds[resource],
      metadata,
      spec: { encryption: { type: 'aescbc' } },
      status: { conditions: CONDITIONS },
    },
  };
}

function forbidden({ path }: Seen): Reply {
  const [, group = '', resource = ''] = /^\/apis\/([^/]+)\/v1\/([^/]+)\/[^/]+$/.exec(path) ?? [];
  const message = `${resource}.${group} "cluster" is forbidden: User "${ACCOUNT}" cannot get resource "${resource}" in API group "${group}" at the cluster scope`;
  const body = { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message };
  return { status: 403, body };
}

test('what a backup asks of OpenShift itself is what its role there grants, and all of it', async () => {
  const { platform, outlook, requests } = await reading(whole);
  const folders = [roleFolder('etcd-backup'), roleFolder('etcd-backup', 'openshift')];

  expect(platform).toEqual({
    version: 'v1.34.2',
    uid: 'b1a2',
    encryption: { kind: 'on', types: ['aescbc'] },
    unseen: [],
  });
  expect(outlook).toEqual({ ok: true, keysFile: null });
  expect(compareRights(requests, grantedTo(WORKER, folders.flatMap(render)))).toEqual({
    missing: [],
    // For the etcd pods, and for whether the cluster hosts Drydock.
    unused: ['ClusterRole drydock-etcd-backup: list pods'],
  });
});

test('without the role it cannot be told how values are encrypted, and what is missing is named', async () => {
  const { platform, outlook } = await reading((seen) =>
    seen.path.startsWith('/apis/') ? forbidden(seen) : whole(seen),
  );

  const why = platform.encryption?.kind === 'unknown' ? platform.encryption.why : '';
  expect(why).toContain('`get` on `apiservers` (API group config.openshift.io)');
  for (const resource of ['kubeapiservers', 'openshiftapiservers', 'authentications'])
    expect(why).toContain(`\`get\` on \`${resource}\` (API group operator.openshift.io)`);
  for (const operator of STATIC_OPERATORS)
    expect(outlook).toMatchObject({ why: expect.stringContaining(`how operator ${operator} is could not be read`) });
  expect(outlook).toMatchObject({
    why: expect.stringContaining('`get` on `clusteroperators` (API group config.openshift.io)'),
  });
});
