import { expect, test } from 'vitest';
import { planForeign } from '../../../jobs/etcd-replace/plan-foreign.ts';
import type { Check } from '../../../src/core/plan.ts';
import { NO_PORTS } from '../../support/no-ports.ts';
import { type OcpScene, ocpScene } from '../../support/ocp-replace/scene.ts';

const MHC = 'MachineHealthCheck';
const API = 'machine.openshift.io/v1beta1';

/** A health check that selects every machine of the control plane, or says nothing legible. */
function healthCheck({ world }: OcpScene, spec: 'selects' | 'nonsense'): void {
  world.fake.addKind({
    apiVersion: API,
    kind: MHC,
    namespaced: true,
    resource: 'machinehealthchecks',
    subresources: [],
  });
  const selector = spec === 'selects' ? {} : 'all of them';
  const metadata = { name: 'masters', namespace: 'openshift-machine-api' };
  world.fake.put({ apiVersion: API, kind: MHC, metadata, spec: { selector } });
}

async function checksOf(scene: OcpScene): Promise<readonly Check[]> {
  const { harness, world } = scene;
  const { signal } = new AbortController();
  const context = {
    ports: { ...NO_PORTS, etcd: harness.etcd.port, kubernetes: world.port },
    cluster: harness.cluster,
    signal,
    nowMs: () => harness.clock.nowMs(),
    nowIso: () => harness.clock.nowIso(),
    pause: async (ms: number) => await harness.clock.sleep(ms),
  };
  const machine = {
    apiVersion: API,
    kind: 'Machine',
    namespace: 'openshift-machine-api',
    name: 'ocp-master-1',
    uid: 'any',
    providerId: '',
    matchedBy: 'name-and-address',
    controller: 'none',
    controllerName: '',
    bareMetal: false,
  } as const;
  const place = {
    node: 'cp-2',
    nodeUid: null,
    nodeState: 'not-ready',
    machine,
    host: null,
    hostState: 'not-asked',
    peerUrl: '',
    matchedBy: 'name-and-address',
  } as const;
  return (await planForeign(context, 'ocp-machine', place)).checks;
}

test('what is paused may be paused, and put back: asked before', async () => {
  const scene = await ocpScene();
  healthCheck(scene, 'selects');
  expect((await checksOf(scene)).map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['foreign warn', 'rights pass']);
});

test.each([
  [{ verb: 'create', resource: 'configmaps' }, 'create configmaps in openshift-etcd-operator'],
  [{ verb: 'delete', resource: 'configmaps' }, 'delete configmaps in openshift-etcd-operator'],
  [
    { verb: 'patch', resource: 'machinehealthchecks' },
    'patch machinehealthchecks.machine.openshift.io in openshift-machine-api',
  ],
] as const)('a right that is missing for it blocks: %o', async (ban, words) => {
  const scene = await ocpScene();
  healthCheck(scene, 'selects');
  scene.world.fake.forbid(ban);
  expect(await checksOf(scene)).toMatchObject([
    { id: 'foreign' },
    { id: 'rights', verdict: 'block', evidence: `Drydock may not ${words}` },
  ]);
});

test('a health check that nobody here understands is named', async () => {
  const scene = await ocpScene();
  healthCheck(scene, 'nonsense');
  const [foreign] = await checksOf(scene);
  expect(foreign).toMatchObject({ verdict: 'warn' });
  expect(foreign?.evidence).toContain('MachineHealthCheck openshift-machine-api/masters cannot be understood');
});
