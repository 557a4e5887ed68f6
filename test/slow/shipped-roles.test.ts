import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runbooks } from '../../jobs/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { kubectl } from '../support/cluster-pods.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { render, roleFolder } from '../support/rendered.ts';
import { ROOT } from '../support/repository.ts';
import { type RightsScene, startRightsScene, WORKER } from '../support/rights-scene.ts';

const ONE_MEMBER = { members: ['cp-2'], all: false, moveLeader: false, pauseMs: 0 };
const BY = 'T0HOME/U0OPERATOR';
type Case = readonly [runbook: string, access: 'exec' | 'tunnel', ways: readonly string[], params: JsonObject];
/** A way is not among the folders where etcd is not asked. The drill restores what the backup before it left. */
const CASES: readonly Case[] = [
  ...(['exec', 'tunnel'] as const).flatMap((access): readonly Case[] => [
    ['status', access, [access], {}],
    ['members', access, [access], {}],
    ['alarms', access, [access], {}],
    ['etcd-defrag', access, [access], ONE_MEMBER],
  ]),
  ['etcd-backup', 'tunnel', ['tunnel'], { member: null, note: null, by: BY }],
  ['backups', 'tunnel', [], { verify: true, hold: null, release: null, why: '', by: BY }],
  ['etcd-drill', 'tunnel', [], { backup: 'latest' }],
];

let scene: RightsScene;

beforeAll(async () => {
  scene = await startRightsScene();
}, 120_000);
afterAll(() => scene.stop());

test.each(CASES)(
  '%s by %s needs what its shipped roles grant, and all of it',
  async (runbook, access, ways, params) => {
    const shipped = [roleFolder(runbook), ...ways.map((way) => roleFolder(runbook, way))].flatMap(render);
    await scene.grant(shipped);
    const worker = scene.runbooks(access);

    const state = await worker.run(runbook, params);

    expect(state.ended, JSON.stringify(state.ended)).toMatchObject({ outcome: 'succeeded' });
    expect(JSON.stringify(state)).not.toContain('is not allowed for');
    expect(compareRights(worker.requests, grantedTo(WORKER, shipped))).toEqual({ missing: [], unused: [] });
  },
  120_000,
);

test('every runbook is among them, or runs with the shipped roles elsewhere', () => {
  // A healthy ring has nothing to replace: test/repo/replace-roles.test.ts and the replacements on stand-ins have the sick ones.
  // What is done to nodes, and groups of them: test/slow/shipped-node-roles.test.ts.
  const elsewhere = ['etcd-replace', 'nodegroups', 'drain', 'uncordon', 'upgrade', 'undo'];
  const all = [...elsewhere, ...CASES.map(([runbook]) => runbook)];

  expect(new Set(all)).toEqual(new Set(runbooks.map(({ id }) => id)));
});

const BACKUP = { member: null, note: null, by: BY };
const SHELL = { nodeShell: { image: 'busybox:1.37' } };

test('a backup with the files of the control plane needs the rights of node shells beside its own', async () => {
  const folders = [roleFolder('etcd-backup'), roleFolder('etcd-backup', 'tunnel'), 'deploy/kustomize/node-shell'];
  const shipped = folders.flatMap(render);
  await scene.grant(shipped);
  const worker = scene.runbooks('tunnel', scene.cluster.etcd.tls, SHELL);

  const state = await worker.run('etcd-backup', BACKUP);

  expect(state.ended, JSON.stringify(state.ended)).toMatchObject({ outcome: 'succeeded' });
  expect(JSON.stringify(state)).not.toContain('is not allowed for');
  expect(JSON.stringify(state)).toMatch(/static_kuberesources_[\d_-]+\.tar\.gz, [\d.]+ \w+, stored and read back/);
  expect(compareRights(worker.requests, grantedTo(WORKER, shipped))).toEqual({ missing: [], unused: [] });
}, 120_000);

test('without those a backup is taken all the same, and says which right its files would need', async () => {
  await scene.grant([roleFolder('etcd-backup'), roleFolder('etcd-backup', 'tunnel')].flatMap(render));
  const worker = scene.runbooks('tunnel', scene.cluster.etcd.tls, SHELL);

  const state = await worker.run('etcd-backup', BACKUP);

  expect(state.ended, JSON.stringify(state.ended)).toMatchObject({ outcome: 'succeeded' });
  expect(JSON.stringify(state)).toContain('Warning: the backup will be snapshot only: ');
  expect(JSON.stringify(state)).toContain('add `get` on `pods` in namespace drydock-node-shell to the role of');
}, 120_000);

test('certificates from a Secret need one right more', async () => {
  const { ca, cert, key } = scene.cluster.etcd.tls;
  const files = [`--from-file=ca.crt=${ca}`, `--from-file=tls.crt=${cert}`, `--from-file=tls.key=${key}`];
  await scene.admin(['-n', 'kube-system', 'create', 'secret', 'generic', 'drydock-etcd-client', ...files]);
  const folders = [roleFolder('members'), roleFolder('members', 'tunnel'), roleFolder('etcd-tls-secret')];
  const shipped = folders.flatMap(render);
  await scene.grant(shipped);
  const worker = scene.runbooks('tunnel', { secret: 'kube-system/drydock-etcd-client' });

  const state = await worker.run('members');

  expect(JSON.stringify(state)).toContain('cp-3');
  expect(JSON.stringify(state)).not.toContain('is not allowed for');
  expect(compareRights(worker.requests, grantedTo(WORKER, shipped))).toEqual({ missing: [], unused: [] });
});

test('without any right a plan changes nothing and names what is missing', async () => {
  const worker = scene.runbooks('exec');

  const state = await worker.run('etcd-defrag', ONE_MEMBER);

  expect(state.ended).toMatchObject({ outcome: 'blocked' });
  expect(JSON.stringify(state)).toContain('add `list` on `pods` in namespace kube-system to the role of');
  expect(worker.requests.filter(({ verb }) => !['get', 'list'].includes(verb))).toEqual([]);
});

test.each(['own-cluster', 'remote-cluster', 'openshift-cluster'])(
  'an API server accepts the example %s, field by field',
  async (example) => {
    if (example === 'openshift-cluster')
      for (const name of ['openshift-etcd', 'openshift-etcd-operator', 'openshift-machine-api'])
        await scene.admin(['create', 'namespace', name]);

    const folder = join(ROOT, 'deploy/kustomize/examples', example);
    const { code, text } = await kubectl(scene.cluster, ['apply', '--server-side', '--dry-run=server', '-k', folder]);

    expect(code, text).toBe(0);
    expect(text).toContain(
      'role.rbac.authorization.k8s.io/drydock-etcd-defrag-exec serverside-applied (server dry run)',
    );
  },
);
