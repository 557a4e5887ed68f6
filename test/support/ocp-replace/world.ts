import { JsonObject } from '../../../src/core/json.ts';
import { ETCD_OPERATOR, GUARD_KEY } from '../../../src/core/openshift/guard.ts';
import type { KubernetesObject, KubernetesPort, ObjectRef } from '../../../src/core/ports/kubernetes.ts';
import type { FakeEtcd } from '../../fakes/etcd.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../../fakes/kubernetes.ts';
import type { FakeClock } from '../fake-clock.ts';
import { createNodeFiles, type NodeFiles } from './node-files.ts';
import { addressOf, clusterObjects, etcdPodOf, machineOf, nodeOf, OPENSHIFT_KINDS, secretsOf } from './objects.ts';

/** How the cluster is made, and what goes wrong in it. All of it may be changed while it runs. */
export interface OcpKnobs {
  machineSet: 'absent' | 'Active' | 'Inactive';
  version: string;
  topology: string;
  /** The operator keeps its hook until a replacement is in, as older ones do. */
  keepsHook: boolean;
  /** A finalizer that nobody takes away. */
  finalizer: string | null;
  /** What becomes of a new Machine. */
  newMachine: 'runs' | 'fails' | 'hangs';
  /** The new member starts with old data. */
  oldData: boolean;
  /** The operator does nothing. */
  operatorSleeps: boolean;
  /** So many vote that the operator adds members also while its guard is on. */
  quorumIsSafe: boolean;
  /** It rolls out everything by itself as soon as the member is in. */
  rollsOutByItself: boolean;
  /** How long everything takes, as a part of what it usually takes. */
  pace: number;
}

/** A small OpenShift cluster in memory: its objects, and who works on them. */
export interface OcpWorld {
  readonly fake: FakeKubernetes;
  /** What steps are given: every call first lets everybody do what is due. */
  readonly port: KubernetesPort;
  readonly knobs: OcpKnobs;
  readonly files: NodeFiles;
  /** The ring; it is made after the cluster. */
  join(etcd: FakeEtcd): void;
  object(ref: ObjectRef): JsonObject | null;
  /** The operator adds members from now on, as a real one does without the guard's key while quorum is safe. */
  turnGuardOff(): void;
  /** Overrides of the etcd operator as they are. */
  overrides(): unknown;
}

const NODES = ['cp-1', 'cp-2', 'cp-3'] as const;
const MACHINE_NS = 'openshift-machine-api';
const NEW_NODE = 'cp-4';

/** Makes the cluster of three, at revision 7. */
export function createOcpWorld(clock: FakeClock, some: Partial<OcpKnobs>, sickNode: boolean): OcpWorld {
  const knobs: OcpKnobs = {
    machineSet: 'absent',
    version: '4.18.3',
    topology: 'HighlyAvailable',
    keepsHook: false,
    finalizer: null,
    newMachine: 'runs',
    oldData: false,
    operatorSleeps: false,
    quorumIsSafe: false,
    rollsOutByItself: true,
    pace: 1,
    ...some,
  };
  const fake = createFakeKubernetes({ now: () => `${clock.nowIso().slice(0, 19)}Z` });
  for (const kind of OPENSHIFT_KINDS) fake.addKind(kind);
  for (const object of clusterObjects(knobs.version, knobs.topology)) fake.put(object);
  for (const node of NODES) {
    const isSick = node === 'cp-2';
    fake.put(nodeOf(node, !(isSick && sickNode)));
    fake.put(etcdPodOf(node, !isSick));
    for (const secret of secretsOf(node)) fake.put(secret);
    fake.put(machineOf(`ocp-master-${Number(node.slice(3)) - 1}`, node, isSick && sickNode ? 'stopped' : 'running'));
  }
  if (knobs.machineSet !== 'absent')
    fake.put({
      apiVersion: 'machine.openshift.io/v1',
      kind: 'ControlPlaneMachineSet',
      metadata: { name: 'cluster', namespace: MACHINE_NS },
      spec: { state: knobs.machineSet, replicas: 3 },
      status: { replicas: 3, updatedReplicas: sickNode ? 2 : 3 },
    });
  const files = createNodeFiles();
  fake.programs({
    exec: (request) => files.run(request),
    logs: (pod) =>
      knobs.oldData && pod.name === `etcd-${NEW_NODE}`
        ? 'the member has been permanently removed from the cluster\n'
        : '',
  });
  const controllers = createControllers(fake, clock, knobs, files);
  controllers.begin();
  return {
    fake,
    port: lettingWork(fake.port, controllers.work),
    knobs,
    files,
    join: controllers.join,
    object: (ref) => asJson(fake.read(ref)),
    turnGuardOff: () => void (knobs.quorumIsSafe = true),
    overrides: () => specOf(fake.read(ETCD_OPERATOR))['unsupportedConfigOverrides'] ?? null,
  };
}

/** Every call lets the controllers do what is due by the clock. */
function lettingWork(port: KubernetesPort, work: () => void): KubernetesPort {
  return {
    ...port,
    get: async (...args) => (work(), await port.get(...args)),
    list: async (...args) => (work(), await port.list(...args)),
    create: async (...args) => {
      const answer = await port.create(...args);
      work();
      return answer;
    },
  };
}

function asJson(object: KubernetesObject | null): JsonObject | null {
  return object === null ? null : JsonObject.parse(JSON.parse(JSON.stringify(object)));
}

function specOf(object: KubernetesObject | null): Record<string, unknown> {
  const spec = object?.['spec'];
  return typeof spec === 'object' && spec !== null ? { ...spec } : {};
}

interface Due {
  [what: string]: number;
}

function machine(name: string): ObjectRef {
  return { apiVersion: 'machine.openshift.io/v1beta1', kind: 'Machine', namespace: MACHINE_NS, name };
}

function createControllers(fake: FakeKubernetes, clock: FakeClock, knobs: OcpKnobs, files: NodeFiles) {
  const due: Due = {};
  let etcd: FakeEtcd | null = null;
  let revision = 7;
  let lastForced = '';
  /** Whether so long has passed since this was first asked. */
  const after = (what: string, ms: number): boolean => clock.nowMs() >= (due[what] ??= clock.nowMs() + ms * knobs.pace);

  function tellOperator(): void {
    const now = asJson(fake.read(ETCD_OPERATOR));
    const nodes = [...NODES, NEW_NODE].filter(
      (node) =>
        fake.read({ apiVersion: 'v1', kind: 'Pod', namespace: 'openshift-etcd', name: `etcd-${node}` }) !== null,
    );
    fake.put({
      apiVersion: 'operator.openshift.io/v1',
      kind: 'Etcd',
      metadata: { name: 'cluster' },
      spec: JsonObject.parse(now?.['spec'] ?? { managementState: 'Managed' }),
      status: {
        latestAvailableRevision: revision,
        nodeStatuses: nodes.map((nodeName) => ({ nodeName, currentRevision: revision, targetRevision: 0 })),
        conditions: [
          { type: 'EtcdMembersAvailable', status: 'True', message: '2 of 3 members are available, cp-2 is unhealthy' },
          { type: 'NodeInstallerProgressing', status: 'False', reason: 'AllNodesAtLatestRevision' },
        ],
      },
    });
  }

  function forced(): boolean {
    const { forceRedeploymentReason: reason = '' } = specOf(fake.read(ETCD_OPERATOR));
    if (reason === lastForced || knobs.operatorSleeps || !after(`roll-out ${String(reason)}`, 30_000)) return false;
    lastForced = String(reason);
    revision += 1;
    files.restoreManifest('cp-2');
    tellOperator();
    return true;
  }

  /** A new member on a node that has none: a learner first, then a voter. Held by the guard while it is on. */
  function scaleUp(node: string): void {
    if (knobs.operatorSleeps || etcd === null || etcd.ring.members.some(({ name }) => name === node)) return;
    const overrides = specOf(fake.read(ETCD_OPERATOR))['unsupportedConfigOverrides'];
    const isOff = knobs.quorumIsSafe || JSON.stringify(overrides ?? {}).includes(`"${GUARD_KEY}":true`);
    // Without quorum nobody changes the list.
    if (!isOff || etcd.ring.leader === null || !after(`join ${node}`, 60_000)) return;
    for (const secret of secretsOf(node)) fake.put(secret);
    fake.put(etcdPodOf(node, !knobs.oldData));
    if (knobs.oldData) return;
    etcd.addLearner({
      name: node,
      peerUrls: [`https://${addressOf(node)}:2380`],
      clientUrls: [`https://${addressOf(node)}:2379`],
    });
    tellOperator();
  }

  function promote(): void {
    const learner = etcd?.ring.members.find(({ isLearner }) => isLearner);
    if (learner !== undefined && after(`promote ${learner.id}`, 20_000)) learner.isLearner = false;
  }

  function endMachines(): void {
    const old = asJson(fake.read(machine('ocp-master-1')));
    if (old === null || JsonObject.parse(old['metadata'] ?? {})['deletionTimestamp'] === undefined) return;
    fake.finish({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' });
    const isReplaced = etcd?.ring.members.some(({ name }) => name === NEW_NODE) === true;
    const isHeld = knobs.keepsHook && !isReplaced;
    const metadata = JsonObject.parse(old['metadata'] ?? {});
    if (knobs.finalizer !== null) {
      fake.put({
        ...old,
        metadata: { ...metadata, finalizers: ['machine.machine.openshift.io', knobs.finalizer] },
        spec: {},
      });
      return;
    }
    if (!isHeld && after('machine ends', 60_000)) {
      fake.finish(machine('ocp-master-1'));
      fake.finish({ apiVersion: 'v1', kind: 'Pod', namespace: 'openshift-etcd', name: 'etcd-cp-2' });
    }
    if (knobs.machineSet === 'Active' && after('next machine', 30_000) && fake.read(machine('ocp-master-x-1')) === null)
      fake.put(machineOf('ocp-master-x-1', null));
  }

  function startMachines(): void {
    for (const name of ['ocp-master-3', 'ocp-master-x-1']) {
      const made = asJson(fake.read(machine(name)));
      if (made === null || made['status'] !== undefined) continue;
      if (knobs.newMachine === 'hangs' || !after(`machine ${name}`, 120_000)) continue;
      const isFailed = knobs.newMachine === 'fails';
      fake.put({
        ...made,
        status: isFailed
          ? { phase: 'Failed', errorReason: 'InvalidConfiguration', errorMessage: 'no such instance type' }
          : {
              phase: 'Running',
              nodeRef: { kind: 'Node', name: NEW_NODE },
              providerStatus: { instanceState: 'running' },
            },
      });
      if (!isFailed) fake.put(nodeOf(NEW_NODE, true));
    }
  }

  function work(): void {
    startShells(fake);
    const isStopped = files.manifest('cp-2') === 'aside' && !files.neverStops;
    // A member that voted stops with its pod.
    if (isStopped && etcd?.ring.members.some(({ name, health }) => name === 'cp-2' && health === 'up') === true)
      etcd.kill('cp-2');
    const hasNode = fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'cp-2' }) !== null;
    // Pods of a node that is gone go with it.
    if (isStopped || !hasNode)
      fake.finish({ apiVersion: 'v1', kind: 'Pod', namespace: 'openshift-etcd', name: 'etcd-cp-2' });
    endMachines();
    startMachines();
    const isForced = forced();
    if (fake.read({ apiVersion: 'v1', kind: 'Node', namespace: null, name: NEW_NODE }) !== null) scaleUp(NEW_NODE);
    const isPodCase = files.manifest('cp-2') === 'restored';
    if (isForced || isPodCase) scaleUp('cp-2');
    promote();
    if (!knobs.rollsOutByItself && lastForced === '') unsettle(fake);
  }
  return { work, begin: tellOperator, join: (ring: FakeEtcd) => void (etcd = ring) };
}

/** A node stays behind until a roll-out is forced. */
function unsettle(fake: FakeKubernetes): void {
  const etcd = asJson(fake.read(ETCD_OPERATOR));
  const status = JsonObject.parse(etcd?.['status'] ?? {});
  const [first, ...rest] = [status['nodeStatuses'] ?? []].flat();
  if (
    etcd === null ||
    first === undefined ||
    fake.read({ apiVersion: 'v1', kind: 'Pod', namespace: 'openshift-etcd', name: 'etcd-cp-4' }) === null
  )
    return;
  fake.put({
    ...etcd,
    status: { ...status, nodeStatuses: [{ nodeName: 'cp-1', currentRevision: 6, targetRevision: 7 }, ...rest] },
  });
}

/** The kubelets start shells at once and end those that go. */
function startShells(fake: FakeKubernetes): void {
  for (const node of NODES) {
    for (const call of fake.calls.filter(
      ({ method, detail }) => method === 'create' && detail.startsWith('Pod drydock-node-shell/'),
    )) {
      const name = call.detail.split('/')[1] ?? '';
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'drydock-node-shell', name };
      const pod = asJson(fake.read(ref));
      if (pod === null || specOf(fake.read(ref))['nodeName'] !== node) continue;
      if (JsonObject.parse(pod['metadata'] ?? {})['deletionTimestamp'] !== undefined) fake.finish(ref);
      else if (pod['status'] === undefined)
        fake.put({ ...pod, status: { phase: 'Running', containerStatuses: [{ ready: true, restartCount: 0 }] } });
    }
  }
}
