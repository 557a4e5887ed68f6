import { expect, test } from 'vitest';
import { createEtcdAccess } from '../../../src/app/etcd-access.ts';
import { buildConfig } from '../../../src/config/build.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { whyUnseen } from '../../../src/core/etcd/access.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';

test('a tunnel whose pods the API server does not list now: every call says so, and nobody says that the ring is silent', async () => {
  const tls = { secret: 'kube-system/etcd-client' };
  const prod = { platform: 'kubeadm', etcd: { access: 'tunnel', tls }, channels: { ops: 'C0OPS' } };
  const config = buildConfig('/nowhere/drydock.yaml', ConfigFile.parse({ version: 1, clusters: { prod } }));
  const [cluster] = config.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const fake = createFakeKubernetes();
  const data = { 'ca.crt': 'YQ==', 'tls.crt': 'YQ==', 'tls.key': 'YQ==' };
  fake.put({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'kube-system', name: 'etcd-client' }, data });
  fake.fail({ method: 'list', error: { code: 'throttled', status: 429, message: 'too many requests' } });
  const access = createEtcdAccess(cluster, () => fake.port);

  const etcd = await access.newPort();
  const answer = await etcd.members({ timeoutMs: 1000 });
  await access.close();

  expect(answer).toMatchObject({ ok: false, error: { code: 'unreachable', apiRefused: true } });
  expect(whyUnseen(answer.ok ? null : answer.error)).toBe(
    'The API of the cluster does not take the call: List of the etcd pods: too many requests.',
  );
});
