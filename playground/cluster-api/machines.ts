import { at, listAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { controllerOf, identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { CLUSTER_NAME, PAUSED } from './annotations.ts';
import { type CapiScene, change, devMachineOf, keepReconciling, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { endMachine } from './machine-end.ts';
import { annotationOf } from './plane-now.ts';
import { NAMESPACE, type Said, withConditions } from './shape.ts';
import type { WorkloadNode } from './workload.ts';

/** The controller of Machine: follows infrastructure and node, and takes a machine that is deleted through its hooks to its end. */
export function keepMachines(scene: CapiScene): void {
  const { machines, devMachines, clusters } = scene;
  keepReconciling(scene, [machines, devMachines, clusters], async () => {
    const nodes = await scene.workload.nodes().catch(() => null);
    for (const machine of machines.all()) {
      if (isPaused(scene, machine)) continue;
      if (isGoing(machine)) await endMachine(scene, machine, nodes);
      else await live(scene, machine, nodes);
    }
  });
}

function isPaused({ clusters }: CapiScene, machine: ApiObject): boolean {
  if (annotationOf(machine, PAUSED) !== undefined) return true;
  const name = textAt(machine, 'metadata', 'labels', CLUSTER_NAME);
  return clusters.all().some((each) => identity(each).name === name && at(each, 'spec', 'paused') === true);
}

async function live(scene: CapiScene, machine: ApiObject, nodes: readonly WorkloadNode[] | null): Promise<void> {
  const dev = devMachineOf(scene, machine);
  const provided = at(dev, 'status', 'ready') === true;
  const providerID = textAt(dev, 'spec', 'providerID');
  if (provided && textAt(machine, 'spec', 'providerID') !== providerID)
    await change(scene, scene.machines, {
      collection: scene.shape.machines,
      object: machine,
      patch: { spec: { providerID } },
    });
  const node = await nodeOf(scene, machine, dev, nodes);
  const present = scene.machines.get(identity(machine).uid) ?? machine;
  const status: Fields = {
    phase: phaseOf(present, provided, node !== undefined),
    addresses: listAt(dev, 'status', 'addresses'),
    ...(node === undefined
      ? {}
      : { nodeRef: scene.shape.nodeReference(node.name, node.uid), nodeInfo: { kubeletVersion: node.version } }),
    ...withConditions(scene.shape, present, conditionsNow(dev, node, goneNode(machine, nodes))),
  };
  if (isIn(present, status)) return;
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: present, status });
}

/** The node of a machine, once it has registered: known by its name first, as its kubelet writes no provider id, and then by that. */
async function nodeOf(
  { workload }: CapiScene,
  machine: ApiObject,
  dev: ApiObject | undefined,
  nodes: readonly WorkloadNode[] | null,
): Promise<WorkloadNode | undefined> {
  const name = textAt(dev, 'status', 'node');
  const providerID = textAt(dev, 'spec', 'providerID');
  const node = nodes?.find((each) => each.name === name && (each.providerId === '' || each.providerId === providerID));
  if (node === undefined || name === '') return undefined;
  const owner = controllerOf(machine);
  await workload.markNode(node, providerID, {
    'cluster.x-k8s.io/cluster-name': textAt(machine, 'metadata', 'labels', CLUSTER_NAME),
    'cluster.x-k8s.io/cluster-namespace': NAMESPACE,
    'cluster.x-k8s.io/machine': identity(machine).name,
    'cluster.x-k8s.io/owner-kind': textAt(owner, 'kind'),
    'cluster.x-k8s.io/owner-name': textAt(owner, 'name'),
  });
  return node;
}

/** A phase once reached stays while the node is there: it says nothing of health. */
function phaseOf(machine: ApiObject, provided: boolean, hasNode: boolean): string {
  if (hasNode || textAt(machine, 'status', 'nodeRef', 'name') !== '') return 'Running';
  return provided ? 'Provisioned' : 'Provisioning';
}

/** Name of the node that a machine had and that is no more; `null`: it has it, never had one, or nobody can tell. */
function goneNode(machine: ApiObject, nodes: readonly WorkloadNode[] | null): string | null {
  const name = textAt(machine, 'status', 'nodeRef', 'name');
  return name === '' || nodes === null || nodes.some((each) => each.name === name) ? null : name;
}

function conditionsNow(
  dev: ApiObject | undefined,
  node: WorkloadNode | undefined,
  gone: string | null,
): readonly Said[] {
  const state = textAt(dev, 'status', 'instanceState');
  const infrastructure: Said =
    state === 'running'
      ? { type: 'InfrastructureReady', status: 'True', reason: 'Ready', old: {} }
      : {
          type: 'InfrastructureReady',
          status: 'False',
          reason: 'NotReady',
          message: `the instance is ${state || 'not there yet'}`,
          old: { severity: 'Warning' },
        };
  const healthy = healthOf(node, gone);
  const well = infrastructure.status === 'True' && healthy.status === 'True';
  const ready: Said = well
    ? { type: 'Ready', status: 'True', reason: 'Ready', old: {} }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'NotReady',
        message: [infrastructure, healthy].flatMap(({ message = '' }) => message || []).join('; '),
        old: { severity: 'Warning' },
      };
  const bootstrap: Said = { type: 'BootstrapConfigReady', status: 'True', reason: 'Ready' };
  return [
    bootstrap,
    infrastructure,
    healthy,
    ready,
    { ...ready, type: 'Available', reason: well ? 'Available' : 'NotAvailable' },
  ];
}

function healthOf(node: WorkloadNode | undefined, gone: string | null): Said {
  const type = 'NodeHealthy';
  if (gone !== null)
    return {
      type,
      status: 'False',
      reason: 'NodeDeleted',
      message: `Node ${gone} has been deleted while the Machine still exists`,
      old: { reason: 'NodeNotFound', severity: 'Error' },
    };
  if (node === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'InspectionFailed',
      message: 'Waiting for a Node with spec.providerID of the Machine to exist, or it cannot be seen',
      old: { reason: 'NodeProvisioning' },
    };
  if (node.ready === 'True') return { type, status: 'True', reason: 'NodeHealthy', old: {} };
  return {
    type,
    status: node.ready === 'False' ? 'False' : 'Unknown',
    reason: 'NodeNotReady',
    message: `Ready of Node ${node.name} is ${node.ready}`,
    old: { reason: 'NodeConditionsFailed', severity: 'Warning' },
  };
}
