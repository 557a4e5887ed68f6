import { z } from 'zod';
import { compareVersions, type KubernetesVersion, parseVersion } from '../../kubernetes/version.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { imageParts } from '../../preflight/add-ons.ts';

/** Which Cluster API runs, and what tells that, or why it cannot be told. `source`, `why`: without a period. */
export type CapiRelease =
  | {
      readonly ok: true;
      readonly version: string;
      readonly source: string;
      /** Its controller is being rolled out: another version may run beside this one. Absent: it is not, or nobody tells. */
      readonly isRolling?: true;
    }
  | { readonly ok: false; readonly why: string };

/** Objects that may tell it, or why they could not be read. `why`: without a period. */
export type Told =
  | { readonly ok: true; readonly objects: readonly KubernetesObject[] }
  | { readonly ok: false; readonly why: string };

/** Where the core controllers are, unless somebody chose another namespace. Source: `config/default` of Cluster API. */
const DEFAULT_NAMESPACE = 'capi-system';
/** Label of the core controllers. Source: `cmd/clusterctl/api/v1alpha3/labels.go`. */
export const CORE_SELECTOR = 'cluster.x-k8s.io/provider=cluster-api';
/** End of the name of their image, wherever it is copied to. */
const CORE_IMAGE = /(?:^|\/)cluster-api-controller$/;

const Inventory = z.object({ type: z.string().nullish(), version: z.string().nullish() });
const Controllers = z.object({
  spec: z.object({
    replicas: z.number().nullish(),
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string().nullish() })) }) }),
  }),
});

/** Source: `DeploymentStatus` of `apps/v1`; what is 0 is left out. */
const Rollout = z.object({
  observedGeneration: z.number().default(0),
  replicas: z.number().default(0),
  updatedReplicas: z.number().default(0),
});

/** Namespaces in which the core controllers are to be looked for: where `clusterctl` keeps what it noted of them, else where they are by default. */
export function coreNamespaces(providers: Told): readonly string[] {
  const cores = providers.ok ? providers.objects.filter((each) => Inventory.safeParse(each).data?.type === CORE) : [];
  const spaces = [...new Set(cores.flatMap(({ metadata: { namespace } }) => namespace ?? []))];
  return spaces.length === 0 ? [DEFAULT_NAMESPACE] : spaces;
}

/** Source: `cmd/clusterctl/api/v1alpha3/provider_type.go`. */
const CORE = 'CoreProvider';

/**
 * The version of the core controllers: that of their image. What `clusterctl` noted of its installation stays as it is when somebody upgrades
 * them by other means, and counts only where no image tells, or while the controllers are
 * rolled out. Of several the oldest.
 */
export function releaseOf(providers: Told, deployments: Told): CapiRelease {
  const noted = providers.ok ? oldest(providers.objects.map(notedVersion)) : null;
  const running = deployments.ok ? oldest(deployments.objects.flatMap(imageVersions)) : null;
  if (running !== null) {
    const isRolling = deployments.ok && deployments.objects.some(isUnfinished);
    return isRolling ? rollingRelease(noted, running) : settledRelease(noted, running);
  }
  const unseen = deployments.ok ? 'the image of its controller tells none' : deployments.why;
  if (noted !== null)
    return {
      ok: true,
      version: noted.text,
      source: `the inventory of clusterctl, which may be out of date; ${unseen}`,
    };
  const unnoted = providers.ok ? 'the inventory of clusterctl has no core provider with a version' : providers.why;
  return { ok: false, why: `${unnoted}; ${unseen}` };
}

function settledRelease(noted: Oldest | null, running: Oldest): CapiRelease {
  const isOther = noted !== null && compareVersions(noted.parsed, running.parsed) !== 0;
  const besides = isOther ? `; the inventory of clusterctl still says ${noted.text}` : '';
  return { ok: true, version: running.text, source: `the image of its controller${besides}` };
}

/** The specification has the new image already while the old one may still run: the older of what is known counts. */
function rollingRelease(noted: Oldest | null, running: Oldest): CapiRelease {
  const rolling = `the roll-out of its controller is not over, whose image is to be ${running.text}`;
  if (noted === null || compareVersions(noted.parsed, running.parsed) >= 0)
    return { ok: true, version: running.text, source: rolling, isRolling: true };
  const source = `the inventory of clusterctl; ${rolling}`;
  return { ok: true, version: noted.text, source, isRolling: true };
}

/** Whether a Deployment of the core controllers is rolled out, as far as its status tells. */
function isUnfinished(deployment: KubernetesObject): boolean {
  if (imageVersions(deployment).length === 0) return false;
  const { data: status } = Rollout.safeParse(deployment['status']);
  if (status === undefined) return false;
  const wanted = Controllers.safeParse(deployment).data?.spec.replicas ?? 1;
  return (
    status.observedGeneration < (deployment.metadata.generation ?? 0) ||
    status.updatedReplicas < wanted ||
    status.replicas > status.updatedReplicas
  );
}

function notedVersion(provider: KubernetesObject): string {
  const { data } = Inventory.safeParse(provider);
  return data?.type === CORE ? (data.version ?? '') : '';
}

function imageVersions(deployment: KubernetesObject): readonly string[] {
  const containers = Controllers.safeParse(deployment).data?.spec.template.spec.containers ?? [];
  return containers.flatMap(({ image }) => {
    const { name, tag } = imageParts(image ?? '');
    return CORE_IMAGE.test(name) ? [tag] : [];
  });
}

interface Oldest {
  readonly text: string;
  readonly parsed: KubernetesVersion;
}

function oldest(texts: readonly string[]): Oldest | null {
  const versions = texts.flatMap((text) => {
    const parsed = parseVersion(text);
    return parsed === null ? [] : [{ text, parsed }];
  });
  return versions.toSorted((a, b) => compareVersions(a.parsed, b.parsed))[0] ?? null;
}
