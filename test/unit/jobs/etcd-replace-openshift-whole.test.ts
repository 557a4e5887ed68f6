import { expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { JsonObject } from '../../../src/core/json.ts';
import type { FakeKubernetes } from '../../fakes/kubernetes.ts';
import { OCP_MEMBERS, ocpScene } from '../../support/ocp-replace/scene.ts';
import type { OcpWorld } from '../../support/ocp-replace/world.ts';
import { paramsOf, SHORT } from '../../support/replace-matrix/scene.ts';
import { createSmallVault } from '../../support/small-vault.ts';

const SMALL = { dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 };
const OPERATOR = { apiVersion: 'config.openshift.io/v1', kind: 'ClusterOperator', namespace: null, name: 'etcd' };

/** Nothing is encrypted at rest. */
function putEncryption(fake: FakeKubernetes): void {
  const [config, operator] = ['config.openshift.io/v1', 'operator.openshift.io/v1'];
  const kinds = [
    ['APIServer', 'apiservers'],
    ['KubeAPIServer', 'kubeapiservers'],
    ['OpenShiftAPIServer', 'openshiftapiservers'],
    ['Authentication', 'authentications'],
  ] as const;
  for (const [kind, resource] of kinds) {
    const apiVersion = kind === 'APIServer' ? config : operator;
    fake.addKind({ apiVersion, kind, resource, namespaced: false, subresources: ['status'] });
    const status = { conditions: [{ type: 'Encrypted', status: 'True', reason: 'EncryptionDisabled' }] };
    fake.put({ apiVersion, kind, metadata: { name: 'cluster' }, spec: { encryption: { type: '' } }, status });
  }
}

/** The operator of etcd, by the member that is gone. */
function tellDegraded(world: OcpWorld, status: 'True' | 'False'): void {
  const message = 'EtcdMembersDegraded: 2 of 3 members are available, cp-2 is unhealthy';
  const conditions = [
    { type: 'Available', status: 'True' },
    { type: 'Degraded', status, reason: 'EtcdMembers_UnhealthyMembers', message },
    { type: 'Progressing', status: 'False' },
  ];
  world.fake.put({ ...JsonObject.parse(world.object(OPERATOR)), status: { conditions } });
}

test('a whole plan on OpenShift, whose operator is degraded by the member: the backup before it is the snapshot only', async () => {
  const { world, harness } = await ocpScene({
    pace: 0.1,
    replace: SHORT,
    backups: createSmallVault().vault,
    etcd: { members: OCP_MEMBERS.map((each) => Object.assign({}, each, SMALL)) },
    prepare: (made) => {
      putEncryption(made.fake);
      made.fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'openshift-etcd-operator' } });
      tellDegraded(made, 'True');
    },
  });

  const draft = await harness.plan(etcdReplace, paramsOf('cp-2'));
  expect(draft.checks.filter(({ verdict }) => verdict === 'block')).toEqual([]);
  expect(draft.checks.find(({ id }) => id === 'backup-static-files')?.evidence).toContain('is degraded');
  const end = await harness.run(etcdReplace, draft.steps, {
    before: (index) => {
      if (draft.steps[index]?.kind === 'ocp.await-revision@1') tellDegraded(world, 'False');
    },
  });

  expect(end).toMatchObject({ kind: 'done' });
  expect(harness.words.find((each) => each.includes('is degraded'))).toBeDefined();
  expect(harness.etcd.ring.members.map(({ name }) => name)).toEqual(['cp-1', 'cp-3', 'cp-4']);
  expect(JSON.stringify(harness.outputs.at(-1))).toContain('All have the same data at revision');
  expect(await harness.restoreCleanups(etcdReplace)).toEqual(new Map());
  expect(world.overrides()).toBeNull();
});
