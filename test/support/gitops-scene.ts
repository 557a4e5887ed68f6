import { z } from 'zod';
import type { PlannedPatch } from '../../jobs/node-groups/provider.ts';
import {
  GITOPS_CLEANUPS,
  GITOPS_STEPS,
  GITOPS_WATCHES,
  type GitopsPlan,
  planGitops,
} from '../../jobs/steps/gitops/plan-gitops.ts';
import { type Json, JsonObject } from '../../src/core/json.ts';
import type { KubernetesObject, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import { defineRunbook } from '../../src/core/runbook.ts';
import { createFakeKubernetes, type FakeKubernetes } from '../fakes/kubernetes.ts';
import { aGitRepository, aGroup, VERSION_PATH, wrote } from './gitops-objects.ts';
import { planContext } from './plan-context.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';

const GROUP = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'MachineDeployment',
  namespace: 'capi',
  name: 'capi-md-0',
};
export const APPLICATION_REF = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  namespace: 'argocd',
  name: 'clusters',
} as const satisfies ObjectRef;
export const KUSTOMIZATION_REF = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'clusters',
} as const satisfies ObjectRef;

export const SOURCE_REF = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'fleet',
} as const satisfies ObjectRef;

/** The id of runs here. */
export const GITOPS_RUN = 'upgrade-capi-7f3k';

/** A runbook that has only the steps of GitOps. */
export const gitopsRunbook = defineRunbook({
  id: 'gitops',
  version: 1,
  title: 'GitOps',
  params: z.strictObject({}),
  needs: ['kubernetes', 'management'],
  steps: GITOPS_STEPS,
  cleanups: GITOPS_CLEANUPS,
  watches: GITOPS_WATCHES,
  locks: () => [],
  plan: async () => await Promise.reject(new Error('not planned here')),
});

/** A management cluster with one group of machines, and whoever keeps it. */
export interface GitopsScene {
  readonly fake: FakeKubernetes;
  readonly harness: StepHarness;
  plan(suspend?: boolean): Promise<GitopsPlan>;
  /** Somebody writes the version of the group. */
  setVersion(version: string, manager?: string): void;
  /** What Argo CD says of the group by now. `laterMs`: how long from now it compared that with Git, ms; default 1000; `null`: it does not tell. */
  setStatus(status: string, revision: string, laterMs?: number | null): void;
  /** What the source of Flux has fetched by now. */
  setFetched(revision: string): void;
  /** How far the newest sync is. */
  setOperation(phase: string): void;
  /** The object of a reference, or a complaint. */
  at(ref: ObjectRef): KubernetesObject;
  /** The lines of a plan, the version set between the two of them. */
  run(plan: GitopsPlan, between?: () => void): Promise<HarnessEnd>;
}

/** Makes it. @param keeper an Application, or a Kustomization */
export function createGitopsScene(
  marks: Parameters<typeof aGroup>[0] = {},
  keeper: JsonObject | null = null,
): GitopsScene {
  const fake = createFakeKubernetes();
  const kinds = [
    { ...GROUP, resource: 'machinedeployments' },
    { ...APPLICATION_REF, resource: 'applications' },
    { ...KUSTOMIZATION_REF, resource: 'kustomizations' },
    { ...SOURCE_REF, resource: 'gitrepositories' },
  ];
  for (const { apiVersion, kind, resource } of kinds)
    fake.addKind({ apiVersion, kind, resource, namespaced: true, subresources: [] });
  for (const name of ['capi', 'argocd', 'flux-system'])
    fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const { metadata, apiVersion, kind, ...rest } = aGroup(marks);
  const { uid: _uid, resourceVersion: _version, ...named } = metadata;
  const stored = fake.put(z.record(z.string(), z.json()).parse({ apiVersion, kind, metadata: named, ...rest }));
  if (keeper !== null) fake.put(keeper);
  const harness = createStepHarness({
    runId: GITOPS_RUN,
    cluster: { platform: 'cluster-api' },
    extra: { management: fake.port },
  });
  const scene: GitopsScene = {
    fake,
    harness,
    plan: async (suspend = false) =>
      await planGitops(planContext(harness), [patchOf(stored.metadata.uid)], { suspend }),
    setVersion(version, manager = 'drydock') {
      const own = JsonObject.parse(asPut(scene.at(GROUP), {})['metadata']);
      const managedFields = [{ ...wrote(manager, VERSION_PATH), time: toSecond(harness.clock.nowMs()) }];
      const spec = { replicas: 3, template: { spec: { version } } };
      fake.put(asPut(scene.at(GROUP), { spec, metadata: { ...own, managedFields } }));
    },
    setStatus(status, revision, laterMs = 1000) {
      const now = scene.at(APPLICATION_REF);
      const { group, name } = { group: 'cluster.x-k8s.io', name: GROUP.name };
      const resources = [{ group, kind: GROUP.kind, namespace: GROUP.namespace, name, status }];
      const reconciledAt = laterMs === null ? null : toSecond(harness.clock.nowMs() + laterMs);
      fake.put(asPut(now, { status: { sync: { status, revision }, reconciledAt, resources } }));
    },
    setFetched(revision) {
      fake.put(aGitRepository(revision));
    },
    setOperation(phase) {
      const status = z.looseObject({}).parse(scene.at(APPLICATION_REF)['status']);
      const next = z.record(z.string(), z.json()).parse({ ...status, operationState: { phase } });
      fake.put(asPut(scene.at(APPLICATION_REF), { status: next }));
    },
    at(ref) {
      const found = fake.read(ref);
      if (found === null) throw new Error(`${ref.kind} ${ref.name} is not there`);
      return found;
    },
    run: async ({ linesBefore, linesAfter }, between = () => scene.setVersion('v1.31.4')) => {
      const steps = [...linesBefore, ...linesAfter].map(({ step }) => step);
      const before = (index: number): void => (index === linesBefore.length ? between() : undefined);
      return await harness.run(gitopsRunbook, steps, { before });
    },
  };
  return scene;
}

function patchOf(uid: string): PlannedPatch {
  const merge = { spec: { template: { spec: { version: 'v1.31.4' } } } };
  return { cluster: 'management', ref: GROUP, uid, paths: [VERSION_PATH], merge };
}

/** As Kubernetes writes times. */
function toSecond(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function asPut(object: KubernetesObject, over: JsonObject): JsonObject {
  const plain: Record<string, Json> = z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(object)));
  return { ...plain, ...over };
}
