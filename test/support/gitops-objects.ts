import { z } from 'zod';
import { readApplication } from '../../src/core/gitops/argo.ts';
import type { ApplicationsSeen } from '../../src/core/gitops/judge-argo.ts';
import { JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject } from '../../src/core/ports/kubernetes.ts';

const META = { uid: 'uid-1', resourceVersion: '7' };

/** What a test wants different of an object. */
interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly JsonObject[];
  readonly namespace?: string;
}

/** A MachineDeployment at v1.30.6, with these marks. */
export function aGroup({ namespace = 'capi', ...marks }: Marks = {}): KubernetesObject {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    metadata: { ...META, name: 'capi-md-0', namespace, ...marks },
    spec: { replicas: 3, template: { spec: { version: 'v1.30.6' } } },
  };
}

/** The path of its version. */
export const VERSION_PATH = ['spec', 'template', 'spec', 'version'] as const;

/** The mark of Argo CD on {@link aGroup}. */
export const TRACKED = {
  annotations: {
    'argocd.argoproj.io/tracking-id': 'clusters:cluster.x-k8s.io/MachineDeployment:capi/capi-md-0',
  },
} as const;

/** The labels of Flux. */
export const BY_KUSTOMIZATION = {
  labels: { 'kustomize.toolkit.fluxcd.io/name': 'clusters', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
} as const;

/** The line of an Application's status on {@link aGroup}. */
export const LISTED = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  kind: 'MachineDeployment',
  namespace: 'capi',
  name: 'capi-md-0',
  status: 'Synced',
} as const;

/** An Application that keeps {@link aGroup}. */
export function anApplication(
  automated: JsonObject | null = { prune: true, selfHeal: true },
  metadata: JsonObject = {},
): JsonObject & { readonly metadata: { readonly name: string; readonly namespace: string } } {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'clusters', namespace: 'argocd', ...metadata },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/clusters.git', path: 'prod', targetRevision: 'HEAD' },
      syncPolicy: automated === null ? {} : { automated },
    },
    status: { sync: { status: 'Synced', revision: 'aaaa' }, resources: [LISTED] },
  };
}

/** {@link anApplication} that does not compare the version of {@link aGroup} with Git. */
export function anIgnoringApplication(): ReturnType<typeof anApplication> {
  const application = anApplication();
  const ignored = { group: LISTED.group, kind: LISTED.kind, jsonPointers: [`/${VERSION_PATH.join('/')}`] };
  return { ...application, spec: { ...JsonObject.parse(application['spec']), ignoreDifferences: [ignored] } };
}

const Stored = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/** The same as an API server gives it. */
export function asStored(object: JsonObject): KubernetesObject {
  const { metadata, ...rest } = Stored.parse(object);
  return { ...rest, metadata: { ...META, uid: 'uid-app', ...metadata } };
}

/** These Applications in the management cluster, as they are read; none are served in the other one. */
export function applicationsSeen(...applications: readonly JsonObject[]): ApplicationsSeen {
  const legible = applications.map((each) => readApplication(asStored(each))).filter((each) => each !== null);
  return { management: { kind: 'read', applications: legible }, workload: { kind: 'none' } };
}

/** A Kustomization of Flux. */
export function aKustomization(spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'clusters', namespace: 'flux-system' },
    spec: { interval: '10m', path: './prod', sourceRef: { kind: 'GitRepository', name: 'fleet' }, ...spec },
    status: { lastAttemptedRevision: 'main@sha1:aaaa', lastAppliedRevision: 'main@sha1:aaaa' },
  };
}

/** The source of {@link aKustomization}, and what it has fetched. */
export function aGitRepository(revision: string): JsonObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'fleet', namespace: 'flux-system' },
    spec: { interval: '1m', url: 'https://git.example.com/clusters.git' },
    status: { artifact: { revision } },
  };
}

/** Fields that a manager wrote, as the API server notes them. */
export function wrote(manager: string, path: readonly string[], operation = 'Update'): JsonObject {
  const fieldsV1 = path.reduceRight<JsonObject>((below, name) => ({ [`f:${name}`]: below }), {});
  return { manager, operation, apiVersion: 'v1', fieldsType: 'FieldsV1', time: '2026-11-22T10:00:00Z', fieldsV1 };
}
