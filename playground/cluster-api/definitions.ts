import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import {
  ANYTHING,
  fields,
  listOf,
  METADATA,
  machineSpec,
  NUMBER,
  referenceOf,
  SELECTOR,
  statusOf,
  TEXT,
  timeoutsOf,
  YES_NO,
} from './schema.ts';
import type { CapiVersion } from './shape.ts';
import { topologyOf, workerKinds } from './worker-definitions.ts';

/** A kind of Cluster API, before it is a definition. */
export interface KindFacts {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly spec: Fields;
  readonly status: Fields;
}

/** The definitions of a management cluster, in the version that it is to serve. No conversion between versions is played. */
export function definitions(version: CapiVersion): readonly ApiObject[] {
  const kinds = [
    cluster(version),
    machine(version),
    healthCheck(version),
    controlPlane(version),
    ...workerKinds(version),
    ...devMachines(version),
  ];
  return kinds.map((kind) => definitionOf(kind, version));
}

function definitionOf({ group, kind, plural, spec, status }: KindFacts, version: CapiVersion): ApiObject {
  const schema = fields({ apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' }, spec, status });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ['cluster-api'] },
      scope: 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
        },
      ],
    },
  };
}

const CORE = 'cluster.x-k8s.io';

function cluster(version: CapiVersion): KindFacts {
  const reference = referenceOf(version);
  return {
    group: CORE,
    kind: 'Cluster',
    plural: 'clusters',
    spec: fields({
      paused: YES_NO,
      controlPlaneRef: reference,
      infrastructureRef: reference,
      controlPlaneEndpoint: fields({ host: TEXT, port: NUMBER }),
      topology: topologyOf(version),
    }),
    status: statusOf(version, { phase: TEXT, observedGeneration: NUMBER }),
  };
}

function machine(version: CapiVersion): KindFacts {
  return {
    group: CORE,
    kind: 'Machine',
    plural: 'machines',
    spec: machineSpec(version),
    status: statusOf(version, {
      phase: { type: 'string' },
      nodeRef:
        version === 'v1beta2'
          ? fields({ name: TEXT }, ['name'])
          : fields({ apiVersion: TEXT, kind: TEXT, name: TEXT, uid: TEXT }),
      addresses: listOf(fields({ type: TEXT, address: TEXT }, ['type', 'address'])),
      nodeInfo: fields({ kubeletVersion: TEXT }),
      deletion: fields({ nodeDrainStartTime: TEXT }),
      observedGeneration: NUMBER,
    }),
  };
}

function healthCheck(version: CapiVersion): KindFacts {
  const nodeCondition = fields(
    version === 'v1beta2'
      ? { type: TEXT, status: TEXT, timeoutSeconds: NUMBER }
      : { type: TEXT, status: TEXT, timeout: TEXT },
    ['type', 'status'],
  );
  const rules: Fields =
    version === 'v1beta2'
      ? {
          checks: fields({ unhealthyNodeConditions: listOf(nodeCondition), nodeStartupTimeoutSeconds: NUMBER }),
          remediation: fields({
            triggerIf: fields({
              unhealthyLessThanOrEqualTo: { 'x-kubernetes-int-or-string': true },
              unhealthyInRange: TEXT,
            }),
            templateRef: fields({ apiVersion: TEXT, kind: TEXT, name: TEXT }),
          }),
        }
      : {
          unhealthyConditions: listOf(nodeCondition),
          nodeStartupTimeout: TEXT,
          maxUnhealthy: { 'x-kubernetes-int-or-string': true },
          remediationTemplate: referenceOf(version),
        };
  return {
    group: CORE,
    kind: 'MachineHealthCheck',
    plural: 'machinehealthchecks',
    spec: fields({ clusterName: { type: 'string', minLength: 1 }, selector: SELECTOR, ...rules }, [
      'clusterName',
      'selector',
    ]),
    status: statusOf(version, {
      expectedMachines: NUMBER,
      currentHealthy: NUMBER,
      remediationsAllowed: NUMBER,
      observedGeneration: NUMBER,
      targets: listOf(TEXT),
    }),
  };
}

function controlPlane(version: CapiVersion): KindFacts {
  const isNew = version === 'v1beta2';
  const reference = referenceOf(version);
  const template: Fields = isNew
    ? { metadata: METADATA, spec: fields({ infrastructureRef: reference, ...timeoutsOf(version) }) }
    : { metadata: METADATA, infrastructureRef: reference, ...timeoutsOf(version) };
  const rest: Fields = isNew
    ? {
        rollout: ANYTHING,
        remediation: fields({ maxRetry: NUMBER, retryPeriodSeconds: NUMBER, minHealthyPeriodSeconds: NUMBER }),
      }
    : {
        rolloutAfter: TEXT,
        rolloutStrategy: ANYTHING,
        remediationStrategy: fields({ maxRetry: NUMBER, retryPeriod: TEXT, minHealthyPeriod: TEXT }),
      };
  return {
    group: 'controlplane.cluster.x-k8s.io',
    kind: 'KubeadmControlPlane',
    plural: 'kubeadmcontrolplanes',
    spec: fields(
      {
        replicas: { ...NUMBER, minimum: 0 },
        version: { type: 'string', minLength: 1 },
        machineTemplate: fields(template),
        kubeadmConfigSpec: ANYTHING,
        ...rest,
      },
      ['version', 'machineTemplate'],
    ),
    status: statusOf(version, {
      selector: TEXT,
      replicas: NUMBER,
      version: TEXT,
      readyReplicas: NUMBER,
      observedGeneration: NUMBER,
      lastRemediation: isNew
        ? fields({ machine: TEXT, time: TEXT, retryCount: NUMBER })
        : fields({ machine: TEXT, timestamp: TEXT, retryCount: NUMBER }),
      ...(isNew
        ? {
            availableReplicas: NUMBER,
            upToDateReplicas: NUMBER,
            versions: listOf(fields({ version: TEXT, replicas: NUMBER })),
            initialization: fields({ controlPlaneInitialized: YES_NO }),
          }
        : { updatedReplicas: NUMBER, unavailableReplicas: NUMBER, initialized: YES_NO, ready: YES_NO }),
    }),
  };
}

/** The machines of a provider for trying things out: each is a node of the playground. */
function devMachines(version: CapiVersion): readonly KindFacts[] {
  const group = 'infrastructure.cluster.x-k8s.io';
  const spec = fields({ providerID: TEXT, bootSeconds: NUMBER, image: TEXT, failureDomain: TEXT });
  return [
    {
      group,
      kind: 'DevMachine',
      plural: 'devmachines',
      spec,
      status: statusOf(version, {
        ready: YES_NO,
        initialization: fields({ provisioned: YES_NO }),
        /** Name of the node that it is. */
        node: TEXT,
        instanceState: TEXT,
        addresses: listOf(fields({ type: TEXT, address: TEXT }, ['type', 'address'])),
      }),
    },
    {
      group,
      kind: 'DevMachineTemplate',
      plural: 'devmachinetemplates',
      spec: fields({ template: fields({ spec }) }),
      status: fields({}),
    },
  ];
}
