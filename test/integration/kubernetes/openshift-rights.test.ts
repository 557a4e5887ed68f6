import { expect, onTestFinished, test } from 'vitest';
import { readPlatform } from '../../../jobs/etcd-backup/read-platform.ts';
import type { Attributes } from '../../../src/adapters/kubernetes/attributes.ts';
import { openKubernetes } from '../../../src/adapters/kubernetes/open.ts';
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
  return { platform: await readPlatform(kubernetes, 'openshift', new AbortController().signal), requests };
}

function whole({ path }: Seen): Reply {
  if (path === '/version') return { status: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.2' } };
  const [, group = '', version = '', resource = ''] = /^\/apis\/([^/]+)\/([^/]+)\/([^/]+)\/cluster$/.exec(path) ?? [];
  const metadata = { name: group === '' ? 'kube-system' : 'cluster', uid: 'b1a2', resourceVersion: '1' };
  if (group === '') return { status: 200, body: { apiVersion: 'v1', kind: 'Namespace', metadata } };
  const kinds: Readonly<Record<string, string>> = {
    apiservers: 'APIServer',
    kubeapiservers: 'KubeAPIServer',
    openshiftapiservers: 'OpenShiftAPIServer',
    authentications: 'Authentication',
  };
  return {
    status: 200,
    body: {
      apiVersion: `${group}/${version}`,
      kind: kinds[resource],
      metadata,
      spec: { encryption: { type: 'aescbc' } },
      status: { conditions: [{ type: 'Encrypted', status: 'True', reason: 'EncryptionCompleted' }] },
    },
  };
}

function forbidden({ path }: Seen): Reply {
  const [, group = '', resource = ''] = /^\/apis\/([^/]+)\/v1\/([^/]+)\/cluster$/.exec(path) ?? [];
  const message = `${resource}.${group} "cluster" is forbidden: User "${ACCOUNT}" cannot get resource "${resource}" in API group "${group}" at the cluster scope`;
  const body = { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message };
  return { status: 403, body };
}

test('what a backup asks of OpenShift itself is what its role there grants, and all of it', async () => {
  const { platform, requests } = await reading(whole);
  const folders = [roleFolder('etcd-backup'), roleFolder('etcd-backup', 'openshift')];

  expect(platform).toEqual({
    version: 'v1.34.2',
    uid: 'b1a2',
    encryption: { kind: 'on', types: ['aescbc'] },
    unseen: [],
  });
  expect(compareRights(requests, grantedTo(WORKER, folders.flatMap(render)))).toEqual({
    missing: [],
    // For the etcd pods, and for whether the cluster hosts Drydock.
    unused: ['ClusterRole drydock-etcd-backup: list pods'],
  });
});

test('without the role it cannot be told how values are encrypted, and what is missing is named', async () => {
  const { platform } = await reading((seen) => (seen.path.startsWith('/apis/') ? forbidden(seen) : whole(seen)));

  const why = platform.encryption?.kind === 'unknown' ? platform.encryption.why : '';
  expect(why).toContain('`get` on `apiservers` (API group config.openshift.io)');
  for (const resource of ['kubeapiservers', 'openshiftapiservers', 'authentications'])
    expect(why).toContain(`\`get\` on \`${resource}\` (API group operator.openshift.io)`);
});
