import { describe, expect, test } from 'vitest';
import type { CasePlan } from '../../../jobs/etcd-replace/case-plan.ts';
import { JsonObject } from '../../../src/core/json.ts';
import { GUARD_KEY } from '../../../src/core/openshift/guard.ts';
import { secretsOf } from '../../support/ocp-replace/objects.ts';
import { ocpScene } from '../../support/ocp-replace/scene.ts';
import type { OcpWorld } from '../../support/ocp-replace/world.ts';

function kindsOf({ lines }: CasePlan): readonly string[] {
  return lines.map(({ step }) => step.kind);
}

function blocks({ checks }: CasePlan): readonly string[] {
  return checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

function gates({ lines }: CasePlan): readonly string[] {
  return lines.flatMap(({ gates: at = [], step }) =>
    at.map(({ id, expect: typed }) => `${id} (${typed ?? ''}) before ${step.kind}`),
  );
}

describe('the lines of each case', () => {
  test('a machine, made anew from its description', async () => {
    const { plan } = await ocpScene();
    expect(kindsOf(plan)).toEqual([
      'ocp.save-machine@1',
      'etcd.remove-member@1',
      'ocp.guard-off@1',
      'node.delete@1',
      'ocp.delete-secrets@1',
      'ocp.delete-machine@1',
      'ocp.create-machine@1',
      'ocp.await-machine@1',
      'ocp.await-members@1',
      'ocp.guard-back@1',
      'ocp.redeploy@1',
      'ocp.await-revision@1',
    ]);
    expect(gates(plan)).toEqual([
      'remove-member (cp-2 ba1c1adb4a133bf4) before etcd.remove-member@1',
      'delete-machine (ocp-master-1) before etcd.remove-member@1',
    ]);
    expect(plan.facts).toMatchObject({
      node: { name: 'cp-2' },
      machine: { name: 'ocp-master-1', providerId: 'aws:///z/i-cp-2' },
      newMachine: 'ocp-master-3',
      operatorVersion: '4.18.3',
    });
    expect(plan.facts.secrets?.map(({ name }) => name)).toEqual([
      'etcd-peer-cp-2',
      'etcd-serving-cp-2',
      'etcd-serving-metrics-cp-2',
    ]);
    expect(plan.expects).toEqual({ nodes: ['cp-1', 'cp-3'] });
  });

  test('with an active ControlPlaneMachineSet nothing is kept and nothing created', async () => {
    const { plan } = await ocpScene({ case: 'ocp-machine-cpms' });
    expect(kindsOf(plan)).not.toContain('ocp.save-machine@1');
    expect(kindsOf(plan)).not.toContain('ocp.create-machine@1');
    expect(plan.facts.newMachine).toBeNull();
  });

  test('the sick machine is never counted as updated: that blocks nothing, another one that is outdated does', async () => {
    const scene = await ocpScene({ case: 'ocp-machine-cpms' });
    expect(blocks(scene.plan)).toEqual([]);
    const set = scene.world.object(SET) ?? {};
    scene.world.fake.put({ ...set, status: { replicas: 3, updatedReplicas: 1 } });
    expect(blocks(await scene.planAgain())).toEqual([
      'one-at-a-time: ControlPlaneMachineSet cluster: 1 of 3 machines are of an older specification',
    ]);
  });

  test('an inactive one is as none', async () => {
    const { plan } = await ocpScene({ case: 'ocp-machine', machineSet: 'Inactive' });
    expect(blocks(plan)).toEqual([]);
    expect(kindsOf(plan)).toContain('ocp.create-machine@1');
  });

  test('one that became active since the case was chosen blocks', async () => {
    const { plan } = await ocpScene({ case: 'ocp-machine', machineSet: 'Active' });
    expect(blocks(plan)).toEqual(['place: the ControlPlaneMachineSet is active']);
  });

  test('a pod', async () => {
    const { plan } = await ocpScene({ case: 'ocp-pod' });
    expect(kindsOf(plan)).toEqual([
      'ocp.stop-pod@1',
      'etcd.remove-member@1',
      'ocp.set-aside@1',
      'ocp.guard-off@1',
      'ocp.delete-secrets@1',
      'ocp.redeploy@1',
      'ocp.await-members@1',
      'ocp.guard-back@1',
      'ocp.await-revision@1',
    ]);
    expect(gates(plan)).toEqual(['remove-member (cp-2 ba1c1adb4a133bf4) before ocp.stop-pod@1']);
    const titles = plan.lines.flatMap(({ gates: at = [] }) => at.map(({ title }) => title));
    expect(titles).toEqual([
      expect.stringMatching(/none may fail until the new member is in\. Until then the operator may .*[^.]$/),
    ]);
  });

  test('a host that a person builds: the gate goes on by itself when its node is ready', async () => {
    const { plan, world } = await ocpScene({ case: 'ocp-host', place: { machine: null } });
    expect(kindsOf(plan)).not.toContain('ocp.delete-machine@1');
    const [gate] = plan.lines.flatMap(({ gates: at = [] }) => at.filter(({ kind }) => kind === 'continue'));
    expect(gate).toMatchObject({ id: 'build-host', expiresMs: 12 * 3_600_000, watch: { kind: 'ocp.host-built@1' } });
    expect(gate?.instructions).toContain('oc adm certificate approve NAME');
    const known = ['cp-1', 'cp-2', 'cp-3'].map(
      (name) => world.fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name })?.metadata.uid,
    );
    expect(gate?.watch?.input).toEqual({ known, oldMachineId: null });
  });

  test('before 4.10, and with more than three voters left, the guard is not touched', async () => {
    const { plan } = await ocpScene({ version: '4.9.59' });
    expect(kindsOf(plan)).not.toContain('ocp.guard-off@1');
    expect(kindsOf(plan)).not.toContain('ocp.guard-back@1');
  });

  test('the same cluster gives the same lines', async () => {
    const scene = await ocpScene();
    expect((await scene.planAgain()).lines).toEqual(scene.plan.lines);
  });

  test('no data of a Secret come to the process', async () => {
    const { plan, world } = await ocpScene();
    expect(JSON.stringify(plan)).not.toContain('a2V5LW9mLWV0Y2Q');
    const reads = world.fake.calls.filter(({ method, detail }) => method === 'get' && detail.startsWith('Secret'));
    expect(reads).toEqual([]);
  });
});

const ref = (apiVersion: string, kind: string, name: string, namespace: string | null = null) => ({
  apiVersion,
  kind,
  name,
  namespace,
});
const CO = ref('config.openshift.io/v1', 'ClusterOperator', 'etcd');
const CV = ref('config.openshift.io/v1', 'ClusterVersion', 'version');
const SET = ref('machine.openshift.io/v1', 'ControlPlaneMachineSet', 'cluster', 'openshift-machine-api');
const OLD = ref('machine.openshift.io/v1beta1', 'Machine', 'ocp-master-1', 'openshift-machine-api');

function conditions(world: OcpWorld, of: typeof CO, ...all: readonly JsonObject[]): void {
  const now = world.object(of) ?? {};
  const status = JsonObject.parse(now['status'] ?? {});
  world.fake.put({ ...now, status: { ...status, conditions: [...all] } });
}

test.each([
  ['4.22.1', /BareMetalHost goes first, before you agree: .* delete bmh HOST-OF-cp-2$/],
  ['4.21.9', /is built anew by a person$/],
] as const)('on bare metal with OpenShift %s the gate of the Machine has the order', async (version, words) => {
  const { world } = await ocpScene();
  const machine = world.fake.read(OLD);
  if (machine === null) throw new Error('no machine');
  const place = {
    apiVersion: machine.apiVersion,
    kind: machine.kind,
    namespace: 'openshift-machine-api',
    name: OLD.name,
    uid: machine.metadata.uid,
    providerId: '',
    matchedBy: 'name-and-address',
    controller: 'none',
    controllerName: '',
    bareMetal: true,
  } as const;
  const { plan } = await ocpScene({ case: 'ocp-host', version, place: { machine: place } });
  const gate = plan.lines.flatMap(({ gates: at = [] }) => at).find(({ id }) => id === 'delete-machine');
  expect(gate?.title).toMatch(words);
});

test('a guard that is off already is told, with how it is turned on', async () => {
  const { plan } = await ocpScene({
    prepare: (world) => {
      const etcd = ref('operator.openshift.io/v1', 'Etcd', 'cluster');
      const now = world.object(etcd) ?? {};
      world.fake.put({ ...now, spec: { unsupportedConfigOverrides: { [GUARD_KEY]: true } } });
    },
  });
  const guard = plan.checks.find(({ id }) => id === 'guard');
  expect(guard).toMatchObject({ verdict: 'warn', title: 'The quorum guard of OpenShift 4.18.3 is off already' });
  expect(guard?.evidence).toContain('it is left off, also at the end');
  expect(guard?.evidence).toContain('oc patch etcd/cluster');
});

describe('what blocks a plan', () => {
  test.each<{ what: string; prepare: (world: OcpWorld) => void; why: RegExp }>([
    {
      what: 'the operator rolls out something',
      prepare: (world) => {
        conditions(
          world,
          CO,
          { type: 'Degraded', status: 'False' },
          { type: 'Progressing', status: 'True', message: '1 node at 6' },
        );
        const etcd = world.object(ref('operator.openshift.io/v1', 'Etcd', 'cluster')) ?? {};
        world.fake.put({
          ...etcd,
          status: { latestAvailableRevision: 7, nodeStatuses: [{ nodeName: 'cp-3', currentRevision: 6 }] },
        });
      },
      why: /^operator: it rolls out a change/,
    },
    {
      what: 'it is degraded for another reason',
      prepare: (world) => {
        const message = 'InstallerControllerDegraded: missing required resources: secrets: etcd-all-certs-9';
        conditions(world, CO, { type: 'Degraded', status: 'True', message }, { type: 'Progressing', status: 'False' });
      },
      why: /^operator: it is degraded: InstallerControllerDegraded/,
    },
    {
      what: 'the cluster is being updated',
      prepare: (world) =>
        conditions(world, CV, { type: 'Progressing', status: 'True', message: 'Working towards 4.18.4' }),
      why: /^operator: an update is in progress \(Working towards 4\.18\.4\)/,
    },
    {
      what: 'a right is missing',
      prepare: ({ fake }) => fake.forbid({ verb: 'delete', resource: 'machines' }),
      why: /^rights: Drydock may not delete machines\.machine\.openshift\.io in openshift-machine-api$/,
    },
    {
      what: 'the new Machine would be refused',
      prepare: ({ fake }) =>
        fake.fail({ method: 'create', error: { code: 'quota', message: 'exceeded quota: machines' } }),
      why: /^capacity: exceeded quota: machines$/,
    },
    {
      what: 'the Machine seems to hold a credential',
      prepare: (world) => {
        const machine = world.object(OLD) ?? {};
        world.fake.put({
          ...machine,
          spec: { providerID: 'aws:///z/i-cp-2', providerSpec: { value: { adminPassword: 'x7!k' } } },
        });
      },
      why: /^place: spec\.providerSpec\.value\.adminPassword/,
    },
    {
      what: 'another machine is on its way',
      prepare: (world) => {
        const machine = world.object({ ...OLD, name: 'ocp-master-2' }) ?? {};
        world.fake.put({ ...machine, status: { phase: 'Provisioning' } });
      },
      why: /^one-at-a-time: Machine ocp-master-2 is Provisioning$/,
    },
    {
      what: 'a name may be of two nodes',
      prepare: (world) => {
        const { fake } = world;
        const node = world.object(ref('v1', 'Node', 'cp-3')) ?? {};
        fake.finish(ref('v1', 'Node', 'cp-3'));
        const metadata = { name: 'metrics-cp-2', labels: { 'node-role.kubernetes.io/master': '' } };
        fake.put({ ...node, metadata });
        for (const secret of secretsOf('metrics-cp-2')) fake.put(secret);
      },
      why: /^secrets: Secret etcd-serving-metrics-cp-2 may be of node cp-2 or of node metrics-cp-2$/,
    },
    {
      what: 'what is to be read cannot be',
      prepare: ({ fake }) => fake.forbid({ verb: 'list', resource: 'secrets' }),
      why: /^operator: the Secrets of openshift-etcd could not be read/,
    },
  ])('$what', async ({ prepare, why }) => {
    const { plan } = await ocpScene({ prepare });
    expect(blocks(plan)).toEqual([expect.stringMatching(why)]);
  });

  test.each(['SingleReplica', 'DualReplica', 'HighlyAvailableArbiter', 'External'])('topology %s', async (topology) => {
    const { plan } = await ocpScene({ topology });
    expect(blocks(plan)).toHaveLength(1);
  });

  test.each([{ matchedBy: 'name' }, { matchedBy: 'address' }, { nodeState: 'not-seen' }] as const)(
    'a place that is not sure: %o',
    async (place) => {
      const { plan } = await ocpScene({ place });
      expect(blocks(plan)).toEqual([expect.stringMatching(/^place: /)]);
    },
  );

  test('no shells on nodes are configured', async () => {
    const { plan } = await ocpScene({
      case: 'ocp-pod',
      prepare: (_world, { cluster }) => Object.assign(cluster, { nodeShell: null }),
    });
    expect(blocks(plan)).toEqual([expect.stringMatching(/^place: .* has no nodeShell\.image/)]);
  });
});
