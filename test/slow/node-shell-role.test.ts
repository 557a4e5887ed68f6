import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { withNodeShell } from '../../jobs/steps/node-shell.ts';
import { serviceAccountKubeconfig } from '../../playground/kubernetes/cluster/account-kubeconfig.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import { kubectl } from '../support/cluster-pods.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { render } from '../support/rendered.ts';
import { ROOT } from '../support/repository.ts';
import { type RightsScene, startRightsScene, WORKER } from '../support/rights-scene.ts';
import { shellContext } from '../support/shell-context.ts';

const FOLDER = 'deploy/kustomize/node-shell';

let scene: RightsScene;

beforeAll(async () => {
  scene = await startRightsScene();
}, 120_000);
afterAll(() => scene.stop());

/** Opens a shell on `cp-1` as the worker and lists a folder of the node. Answers that, and what was asked of the server. */
async function shell() {
  const requests: Attributes[] = [];
  const kubernetes = openKubernetes({
    kubeconfig: await serviceAccountKubeconfig(scene.cluster, WORKER),
    onRequest: (what) => void requests.push(what),
  });
  onTestFinished(() => kubernetes.close());
  const context = shellContext(kubernetes);
  const place = { node: 'cp-1', image: 'busybox:1.37' };
  const answer = await withNodeShell(context, place, async (open) => {
    const listed = await open.run(['ls', '/etc/kubernetes/manifests'], { timeoutMs: 20_000 });
    return listed.ok ? Buffer.from(listed.value.stdout).toString() : listed.error.message;
  });
  return { answer, requests, left: context.open };
}

test('a node shell needs what its shipped role grants, and all of it', async () => {
  const shipped = render(FOLDER);
  await scene.grant(shipped);

  const { answer, requests, left } = await shell();

  expect(answer).toMatchObject({ ok: true, value: expect.stringContaining('etcd.yaml') });
  expect(left.size).toBe(0);
  expect(compareRights(requests, grantedTo(WORKER, shipped))).toEqual({ missing: [], unused: [] });
});

test('without the role no shell is made, and what is missing is named', async () => {
  await scene.grant(render(FOLDER).filter(({ kind }) => kind === 'Namespace'));

  const { answer, requests, left } = await shell();

  expect(answer).toMatchObject({ ok: false, why: expect.stringContaining('was not created, because it could not be') });
  expect(answer).toMatchObject({ why: expect.stringContaining('`get` on `pods` in namespace drydock-node-shell') });
  expect(left.size).toBe(0);
  expect(requests.filter(({ subresource }) => subresource === 'exec')).toEqual([]);
});

test('an API server accepts the part for OpenShift, field by field', async () => {
  await scene.grant(render(FOLDER));

  const folder = join(ROOT, FOLDER, 'openshift');
  const { code, text } = await kubectl(scene.cluster, ['apply', '--server-side', '--dry-run=server', '-k', folder]);

  expect(code, text).toBe(0);
  expect(text).toContain('role.rbac.authorization.k8s.io/drydock-node-shell-scc serverside-applied');
});
