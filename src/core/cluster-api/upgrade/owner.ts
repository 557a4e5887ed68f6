import { z } from 'zod';
import type { KubernetesObject, ObjectKind } from '../../ports/kubernetes.ts';
import { type CapiCondition, conditionsOf } from '../conditions.ts';
import { PAUSED, REMEDIATION_IN_PROGRESS } from '../names.ts';
import { versionOf } from '../versions.ts';
import { drainTimeoutOf } from './drain-timeout.ts';
import { boundOf } from './strategy.ts';
import { DEPLOYMENT_NAME, SKIP_PREFLIGHT, TOPOLOGY_OWNED } from './topology-names.ts';

/** Kinds whose change rolls machines. */
export type OwnerKind = 'KubeadmControlPlane' | 'MachineDeployment';

/** A reference to a template, as its owner has it. v1beta1 names an API version, v1beta2 a group only. */
export const TemplateRef = z.object({
  group: z.string(),
  version: z.string().nullable(),
  kind: z.string(),
  name: z.string(),
});
export type TemplateRef = z.infer<typeof TemplateRef>;

/** Annotation of a MachineDeployment that Drydock paused. Its value is the version that it was on its way to. */
export const HELD = 'drydock.dev/held';

/** What its status counts. `null`: not told. */
export interface OwnerCounts {
  readonly replicas: number | null;
  readonly ready: number | null;
  readonly upToDate: number | null;
}

/** What Drydock reads of a KubeadmControlPlane or a MachineDeployment before and while its machines are replaced. */
export interface CapiOwner extends ObjectKind {
  readonly kind: OwnerKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Changes with every change of its spec and with nothing else; `null`: not told. */
  readonly generation: number | null;
  /** Whether its controller has seen the newest spec. */
  readonly observed: boolean;
  readonly deleting: boolean;
  readonly paused: boolean;
  /** It has annotations: a patch has to make what is absent. */
  readonly isAnnotated: boolean;
  /** Drydock paused it when a run ended in the middle. */
  readonly held: boolean;
  /** A machine of it is being replaced because it is sick. */
  readonly remediating: boolean;
  /** Name of its part of the topology; `null`: it has none. */
  readonly topologyName: string | null;
  /** A topology controller owns it and takes direct changes back. */
  readonly topologyOwned: boolean;
  /** As its machines are to have; empty: not told. */
  readonly version: string;
  readonly template: TemplateRef | null;
  readonly bootstrap: TemplateRef | null;
  readonly replicas: number;
  /** `RollingUpdate`, `OnDelete` … */
  readonly strategy: string;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** After this its machines go although pods are left on them, ms; `null`: never. */
  readonly drainMs: number | null;
  /** The etcd members run on its machines. Of a MachineDeployment: false. */
  readonly stackedEtcd: boolean;
  /** Checks that its sets leave out before they make a machine: `KubeadmVersionSkew`, `All`. */
  readonly skips: readonly string[];
  readonly counts: OwnerCounts;
  readonly conditions: readonly CapiCondition[];
}

const Ref = z.object({
  apiVersion: z.string().nullish(),
  apiGroup: z.string().nullish(),
  kind: z.string(),
  name: z.string(),
});
const Bound = z.union([z.number(), z.string()]).nullish();
const Strategy = z
  .object({ type: z.string().nullish(), rollingUpdate: z.object({ maxSurge: Bound, maxUnavailable: Bound }).nullish() })
  .nullish();
const Rollout = z.object({ strategy: Strategy }).nullish();
const Status = z
  .object({
    replicas: z.number().nullish(),
    readyReplicas: z.number().nullish(),
    upToDateReplicas: z.number().nullish(),
    updatedReplicas: z.number().nullish(),
    observedGeneration: z.number().nullish(),
  })
  .prefault({});
const ControlPlane = z.object({
  spec: z.object({
    replicas: z.number().nullish(),
    version: z.string().nullish(),
    machineTemplate: z
      .object({ infrastructureRef: Ref.nullish(), spec: z.object({ infrastructureRef: Ref.nullish() }).nullish() })
      .nullish(),
    rolloutStrategy: Strategy,
    rollout: Rollout,
    kubeadmConfigSpec: z
      .object({ clusterConfiguration: z.object({ etcd: z.object({ external: z.unknown() }).nullish() }).nullish() })
      .nullish(),
  }),
  status: Status,
});
const Deployment = z.object({
  spec: z.object({
    replicas: z.number().nullish(),
    paused: z.boolean().nullish(),
    strategy: Strategy,
    rollout: Rollout,
    template: z.object({
      spec: z.object({
        version: z.string().nullish(),
        infrastructureRef: Ref.nullish(),
        bootstrap: z.object({ configRef: Ref.nullish() }).nullish(),
      }),
    }),
  }),
  status: Status,
});

/** Reads a KubeadmControlPlane of either version. @throws ZodError when the object has not the shape of one. */
export function readPlaneOwner(object: KubernetesObject): CapiOwner {
  const { spec, status } = ControlPlane.parse(object);
  const replicas = spec.replicas ?? 1;
  const strategy = spec.rollout?.strategy ?? spec.rolloutStrategy;
  const { machineTemplate } = spec;
  return {
    ...common(object, status),
    kind: 'KubeadmControlPlane',
    paused: isPaused(object),
    version: spec.version ?? '',
    template: refOf(machineTemplate?.spec?.infrastructureRef ?? machineTemplate?.infrastructureRef),
    bootstrap: null,
    replicas,
    strategy: strategy?.type ?? 'RollingUpdate',
    maxSurge: boundOf(strategy?.rollingUpdate?.maxSurge, 1, replicas, 'up'),
    maxUnavailable: boundOf(strategy?.rollingUpdate?.maxSurge, 1, replicas, 'up') === 0 ? 1 : 0,
    stackedEtcd: (spec.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external ?? null) === null,
  };
}

/** Reads a MachineDeployment of either version. @throws ZodError when the object has not the shape of one. */
export function readDeploymentOwner(object: KubernetesObject): CapiOwner {
  const { spec, status } = Deployment.parse(object);
  const replicas = spec.replicas ?? 1;
  const strategy = spec.rollout?.strategy ?? spec.strategy;
  const machine = spec.template.spec;
  return {
    ...common(object, status),
    kind: 'MachineDeployment',
    paused: spec.paused === true || isPaused(object),
    version: machine.version ?? '',
    template: refOf(machine.infrastructureRef),
    bootstrap: refOf(machine.bootstrap?.configRef),
    replicas,
    strategy: strategy?.type ?? 'RollingUpdate',
    maxSurge: boundOf(strategy?.rollingUpdate?.maxSurge, 1, replicas, 'up'),
    maxUnavailable: boundOf(strategy?.rollingUpdate?.maxUnavailable, 0, replicas, 'down'),
    stackedEtcd: false,
  };
}

function common(object: KubernetesObject, status: z.infer<typeof Status>) {
  const { name, namespace = '', uid, generation, deletionTimestamp, labels = {}, annotations = {} } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    namespace,
    name,
    uid,
    generation: generation ?? null,
    observed: generation === undefined || (status.observedGeneration ?? generation) >= generation,
    deleting: deletionTimestamp !== undefined,
    isAnnotated: Object.keys(annotations).length > 0,
    held: Object.hasOwn(annotations, HELD),
    remediating: Object.hasOwn(annotations, REMEDIATION_IN_PROGRESS),
    topologyName: labels[DEPLOYMENT_NAME] ?? null,
    topologyOwned: Object.hasOwn(labels, TOPOLOGY_OWNED),
    drainMs: drainTimeoutOf(object),
    skips: (annotations[SKIP_PREFLIGHT] ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
    counts: {
      replicas: status.replicas ?? null,
      ready: status.readyReplicas ?? null,
      upToDate: status.upToDateReplicas ?? status.updatedReplicas ?? null,
    },
    conditions: conditionsOf(object),
  };
}

function isPaused({ metadata: { annotations = {} } }: KubernetesObject): boolean {
  return Object.hasOwn(annotations, PAUSED);
}

function refOf(ref: z.infer<typeof Ref> | null | undefined): TemplateRef | null {
  if (ref === null || ref === undefined) return null;
  const [group = '', version = null] = (ref.apiVersion ?? '').split('/');
  return { group: ref.apiGroup ?? group, version, kind: ref.kind, name: ref.name };
}

/** Where an owner has the name of its template, as a path of JSON patch. Source: Cluster API, `*_types.go` of both versions. */
export function templatePath({ kind, apiVersion }: Pick<CapiOwner, 'kind' | 'apiVersion'>): string {
  if (kind === 'MachineDeployment') return '/spec/template/spec/infrastructureRef/name';
  return versionOf(apiVersion) === 'v1beta1'
    ? '/spec/machineTemplate/infrastructureRef/name'
    : '/spec/machineTemplate/spec/infrastructureRef/name';
}

/** Where an owner has the version of its machines, as a path of JSON patch. */
export function versionPath({ kind }: Pick<CapiOwner, 'kind'>): string {
  return kind === 'MachineDeployment' ? '/spec/template/spec/version' : '/spec/version';
}
