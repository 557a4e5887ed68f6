import type { Fields } from '../kubernetes/contracts.ts';
import type { KindFacts } from './definitions.ts';
import { ANYTHING, fields, listOf, METADATA, machineSpec, NUMBER, SELECTOR, statusOf, TEXT, YES_NO } from './schema.ts';
import type { CapiVersion } from './shape.ts';

const CORE = 'cluster.x-k8s.io';

/** MachineSet, MachineDeployment and what they are made from, and ClusterClass. */
export function workerKinds(version: CapiVersion): readonly KindFacts[] {
  return [machineSet(version), machineDeployment(version), configTemplate(version), clusterClass(version)];
}

function machineSet(version: CapiVersion): KindFacts {
  const order: Fields = version === 'v1beta2' ? { deletion: fields({ order: TEXT }) } : { deletePolicy: TEXT };
  return {
    group: CORE,
    kind: 'MachineSet',
    plural: 'machinesets',
    spec: ofMachines(version, order),
    status: statusOf(version, { ...counted(version), fullyLabeledReplicas: NUMBER }),
  };
}

function machineDeployment(version: CapiVersion): KindFacts {
  const rollout: Fields = version === 'v1beta2' ? { rollout: ANYTHING } : { strategy: ANYTHING, rolloutAfter: TEXT };
  return {
    group: CORE,
    kind: 'MachineDeployment',
    plural: 'machinedeployments',
    spec: ofMachines(version, { paused: YES_NO, ...rollout }),
    status: statusOf(version, {
      ...counted(version),
      phase: TEXT,
      ...(version === 'v1beta1' ? { updatedReplicas: NUMBER, unavailableReplicas: NUMBER } : {}),
    }),
  };
}

function ofMachines(version: CapiVersion, more: Fields): Fields {
  return fields(
    {
      clusterName: { type: 'string', minLength: 1 },
      replicas: { ...NUMBER, minimum: 0 },
      selector: SELECTOR,
      template: fields({ metadata: METADATA, spec: machineSpec(version) }),
      ...more,
    },
    ['clusterName', 'selector', 'template'],
  );
}

function counted(version: CapiVersion): Fields {
  const own = { selector: TEXT, replicas: NUMBER, readyReplicas: NUMBER, availableReplicas: NUMBER };
  return { ...own, observedGeneration: NUMBER, ...(version === 'v1beta2' ? { upToDateReplicas: NUMBER } : {}) };
}

function configTemplate(version: CapiVersion): KindFacts {
  return {
    group: 'bootstrap.cluster.x-k8s.io',
    kind: 'KubeadmConfigTemplate',
    plural: 'kubeadmconfigtemplates',
    spec: fields({ template: fields({ metadata: METADATA, spec: ANYTHING }) }),
    status: statusOf(version, {}),
  };
}

/** Only its name counts here. */
function clusterClass(version: CapiVersion): KindFacts {
  return {
    group: CORE,
    kind: 'ClusterClass',
    plural: 'clusterclasses',
    spec: ANYTHING,
    status: statusOf(version, { observedGeneration: NUMBER }),
  };
}

/** `spec.topology` of a Cluster. */
export function topologyOf(version: CapiVersion): Fields {
  const className: Fields =
    version === 'v1beta2' ? { classRef: fields({ name: TEXT, namespace: TEXT }, ['name']) } : { class: TEXT };
  const deployment = fields({ class: TEXT, name: TEXT, replicas: NUMBER, metadata: METADATA }, ['class', 'name']);
  return fields({
    ...className,
    version: TEXT,
    controlPlane: fields({ replicas: NUMBER, metadata: METADATA }),
    workers: fields({ machineDeployments: listOf(deployment) }),
    variables: listOf(fields({ name: TEXT, value: ANYTHING })),
  });
}
