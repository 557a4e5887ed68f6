import { expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/runtime/system-clock.ts';
import { createClusterPorts } from '../../../src/app/cluster-ports.ts';
import { witnessCheck } from '../../../src/app/witness-check.ts';
import { buildConfig } from '../../../src/config/build.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { createFakeKubernetes } from '../../fakes/kubernetes.ts';
import { silentLog } from '../../support/engine-harness.ts';

const NEVER = new AbortController().signal;

test('a cluster whose notes can be read says nothing', async () => {
  expect(await witnessCheck(createFakeKubernetes().port, 'kube-system', NEVER)).toBeNull();
});

test.each([
  ['forbidden', 'block'],
  ['unauthorized', 'block'],
  ['not-configured', 'block'],
  ['unreachable', 'warn'],
  ['server-error', 'warn'],
] as const)('notes that cannot be read (%s): %s, with the words of the answer', async (code, verdict) => {
  const fake = createFakeKubernetes();
  fake.fail({ method: 'list', error: { code, message: 'list leases: no' } });

  expect(await witnessCheck(fake.port, 'kube-system', NEVER)).toMatchObject({
    id: 'witness',
    verdict,
    evidence: expect.stringContaining('Leases in kube-system cannot be read: list leases: no'),
  });
});

test('a kubeadm cluster reached directly without a usable kubeconfig is blocked before anybody approves, but may be looked at', async () => {
  const etcd = { access: 'direct', endpoints: ['http://127.0.0.1:1'] };
  const prod = { platform: 'kubeadm', kubeconfig: '/nowhere/kubeconfig', etcd, channels: { ops: 'C0OPS' } };
  const config = buildConfig('/nowhere/drydock.yaml', ConfigFile.parse({ version: 1, clusters: { prod } }));
  const ports = createClusterPorts(config, { clock: systemClock, log: silentLog });

  expect(await ports.standing('prod', true, NEVER)).toMatchObject([{ id: 'witness', verdict: 'block' }]);
  expect(await ports.standing('prod', false, NEVER)).toEqual([]);
  await ports.close();
});
