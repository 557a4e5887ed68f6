import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { copyTemplate } from '../../../src/core/cluster-api/upgrade/clone-template.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { ownerPatch, releasePatch, topologyPatch } from '../../../src/core/cluster-api/upgrade/patches.ts';
import type { UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesResult, ObjectRef, PatchOperation } from '../../../src/core/ports/kubernetes.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { GroupPlanContext } from '../provider.ts';
import { clusterRef, ownerRef } from './apply.ts';
import { oldTemplateRef } from './template-change.ts';

/** A name that no run has: what a dry run labels a template with. */
const NO_RUN = 'dry-run';

/** Asks the server for everything that the change would do, without doing it: rights, webhooks and admission policies speak up here. */
export async function dryRunChecks(
  context: Pick<GroupPlanContext, 'ports' | 'signal'>,
  view: UpgradeView,
  owner: CapiOwner,
  change: CapiChange,
): Promise<readonly Check[]> {
  const { ports, signal } = context;
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal, dryRun: true };
  const asked: { readonly what: string; readonly answer: KubernetesResult<unknown> }[] = [];
  const created = await dryCreate(context, change);
  if (created !== null) asked.push(created);
  const patch = patchOf(view, owner, change);
  if (patch !== null)
    asked.push({
      what: `change ${patch.ref.kind} ${patch.ref.name}`,
      answer: await ports.management.patchJson(patch.ref, patch.operations, call),
    });
  if (asked.length === 0) return [];
  const refused = asked.flatMap(({ what, answer }) => (answer.ok ? [] : [`${what}: ${answer.error.message}`]));
  if (refused.length > 0)
    return [
      {
        id: 'capi-dry-run',
        verdict: 'block',
        title: 'The management cluster refuses the change',
        evidence: refused.join('; '),
      },
    ];
  const evidence = `asked as a dry run to ${asked.map(({ what }) => what).join(', and to ')}: nothing was changed, and nothing refused it`;
  return [{ id: 'capi-dry-run', verdict: 'pass', title: 'The management cluster takes the change', evidence }];
}

async function dryCreate({ ports, signal }: Pick<GroupPlanContext, 'ports' | 'signal'>, change: CapiChange) {
  const { template } = change;
  if (template === null || template.copy === null) return null;
  const { copy } = template;
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const old = oldTemplateRef(change, template, copy);
  const what = `create ${old.kind} ${copy.name}`;
  const [from, there] = await Promise.all([
    ports.management.get(old, call),
    ports.management.get({ ...old, name: copy.name }, call),
  ]);
  if (!from.ok) return { what, answer: from };
  // An earlier run made it.
  if (there.ok) return null;
  const object = copyTemplate(from.value, { version: change.to, images: copy.images }, NO_RUN);
  return { what, answer: await ports.management.create(object, { ...call, dryRun: true }) };
}

/** `null`: there is nothing that could be asked yet. A group behind its control plane in the same plan has its turn later. */
function patchOf(
  view: UpgradeView,
  owner: CapiOwner,
  change: CapiChange,
): { readonly ref: ObjectRef; readonly operations: readonly PatchOperation[] } | null {
  const { topology, cluster, generation } = view;
  if (change.way === 'direct') {
    if (owner.version === change.to && !owner.held) return null;
    return { ref: ownerRef(change), operations: ownerPatch(change, owner) };
  }
  if (topology === null || topology.version === change.to) {
    const operations =
      topology === null || change.topologyName === null
        ? []
        : releasePatch(change, topology, { uid: cluster.uid, generation });
    return operations.length === 0 ? null : { ref: clusterRef(change), operations };
  }
  if (change.topologyName !== null) return null;
  return { ref: clusterRef(change), operations: topologyPatch(change, topology, { uid: cluster.uid, generation }) };
}
