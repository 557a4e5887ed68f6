import { coreDnsCheck, type WantedDns, wantedDns } from '../../../src/core/cluster-api/upgrade/core-dns.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import {
  type CapiRelease,
  CORE_SELECTOR,
  coreNamespaces,
  releaseOf,
  type Told,
} from '../../../src/core/cluster-api/upgrade/release.ts';
import { releaseCheck } from '../../../src/core/cluster-api/upgrade/supported-versions.ts';
import { minorsUp } from '../../../src/core/kubernetes/version.ts';
import type { Check } from '../../../src/core/plan.ts';
import { addOnsOf } from '../../../src/core/preflight/add-ons.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { GroupPlanContext } from '../provider.ts';
import type { RawObjects } from './read-view.ts';

/** What `clusterctl` keeps of what it installed. */
const INVENTORY = { apiVersion: 'clusterctl.cluster.x-k8s.io/v1alpha3', kind: 'Provider', namespace: null } as const;

/** Whether the controllers of Cluster API know the version, and what becomes of CoreDNS. Reads only. */
export async function controllerChecks(
  context: GroupPlanContext,
  { owner, raw }: { readonly owner: CapiOwner; readonly raw: RawObjects },
  to: string,
): Promise<readonly Check[]> {
  const isPlane = owner.kind === 'KubeadmControlPlane';
  const plane = raw.owners.find(({ metadata }) => isPlane && metadata.uid === owner.uid);
  const [release, dns] = await Promise.all([
    readRelease(context),
    plane === undefined || minorsUp(owner.version, to) === 0 ? [] : dnsChecks(context, wantedDns(plane)),
  ]);
  return [releaseCheck(release, { from: owner.version, to, isPlane }), ...dns];
}

async function readRelease(context: GroupPlanContext): Promise<CapiRelease> {
  const providers = await readInventory(context);
  return releaseOf(providers, await readControllers(context, coreNamespaces(providers)));
}

async function readInventory({ ports, signal }: GroupPlanContext): Promise<Told> {
  const listed = await ports.management.list(INVENTORY, { timeoutMs: MANAGEMENT_CALL_MS, signal });
  if (listed.ok) return { ok: true, objects: listed.value.items };
  return listed.error.code === 'no-such-kind'
    ? {
        ok: false,
        why: 'the management cluster has no inventory of clusterctl, so the version of Cluster API is not told',
      }
    : { ok: false, why: `the inventory of clusterctl could not be read: ${listed.error.message}` };
}

async function readControllers({ ports, signal }: GroupPlanContext, spaces: readonly string[]): Promise<Told> {
  const kind = { apiVersion: 'apps/v1', kind: 'Deployment', labelSelector: CORE_SELECTOR } as const;
  const lists = await Promise.all(
    spaces.map(
      async (namespace) =>
        await ports.management.list({ ...kind, namespace }, { timeoutMs: MANAGEMENT_CALL_MS, signal }),
    ),
  );
  const failed = lists.find((each) => !each.ok);
  if (failed !== undefined && !failed.ok)
    return { ok: false, why: `its controllers could not be looked at: ${failed.error.message}` };
  return { ok: true, objects: lists.flatMap((each) => (each.ok ? each.value.items : [])) };
}

async function dnsChecks({ ports, signal }: GroupPlanContext, wanted: WantedDns): Promise<readonly Check[]> {
  if (typeof wanted === 'string') return [coreDnsCheck(wanted, null)];
  const kind = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'kube-system' } as const;
  const listed = await ports.kubernetes.list(kind, { timeoutMs: MANAGEMENT_CALL_MS, signal });
  const programs = listed.ok ? listed.value.items.flatMap(addOnsOf) : [];
  return [coreDnsCheck(wanted, programs.find(({ program }) => program === 'CoreDNS')?.version ?? null)];
}
