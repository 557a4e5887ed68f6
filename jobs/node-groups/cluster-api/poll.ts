import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { heldIn, namesOf, partsToHold, partWords } from '../../../src/core/cluster-api/upgrade/deferral.ts';
import { goesForwardOnly } from '../../../src/core/cluster-api/upgrade/forward-only.ts';
import { machineWords } from '../../../src/core/cluster-api/upgrade/machine-words.ts';
import { isAtTarget, type RollFacts, rollSeen } from '../../../src/core/cluster-api/upgrade/progress.ts';
import { treeOf } from '../../../src/core/cluster-api/upgrade/tree.ts';
import { machinesOf, nodeOf, ownerOfUid, type UpgradeView } from '../../../src/core/cluster-api/upgrade/view.ts';
import { nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import type { ReportTable } from '../../../src/core/state-report.ts';
import type { GroupStepContext, Progress, Unseen, Verified } from '../provider.ts';
import { type RawObjects, readView, type UpgradeSeen } from './read-view.ts';
import { writerOf } from './writer.ts';

/** One look at a roll-out. */
export async function pollRoll(context: GroupStepContext, change: CapiChange): Promise<Progress> {
  const seen = await readView(context.ports, change.cluster, context.signal);
  if (!seen.ok && seen.how === 'gone') return { kind: 'stopped', reason: 'plan-drifted', words: seen.why, tree: [] };
  if (!seen.ok) return unseenIn(seen);
  const { view, raw } = seen;
  const nowMs = context.nowMs();
  const found = rollSeen(change, view, factsOf(context, change, raw, nowMs));
  return { ...found, tree: treeOf(view, change, nowMs) };
}

function unseenIn({ what, how, why }: Extract<UpgradeSeen, { readonly ok: false }>): Unseen {
  const unseen = { kind: 'unseen', what, words: why } as const;
  return how === 'refused' ? { ...unseen, reason: 'access-refused' } : unseen;
}

function factsOf({ cluster }: GroupStepContext, change: CapiChange, raw: RawObjects, nowMs: number): RollFacts {
  const { machineMs } = nodeSettingsOf(cluster).upgrade;
  return { nowMs, machineMs, writer: writerOf(change, raw) };
}

/** What is true at the end, machine by machine and node by node. */
export async function verifyRoll(context: GroupStepContext, change: CapiChange): Promise<Verified | Unseen> {
  const seen = await readView(context.ports, change.cluster, context.signal);
  if (!seen.ok && seen.how === 'gone') return { troubles: [seen.why], tables: [], notes: [] };
  if (!seen.ok) return unseenIn(seen);
  const { view, raw } = seen;
  const nowMs = context.nowMs();
  const found = rollSeen(change, view, factsOf(context, change, raw, nowMs));
  return {
    troubles: found.kind === 'done' ? [] : [found.words],
    tables: [machineTable(view, change)],
    notes: notesOf(view, change, context.cluster.name),
  };
}

/** Machines of the group and their nodes, as they are. */
export function machineTable(view: UpgradeView, change: Pick<CapiChange, 'owner' | 'group' | 'to'>): ReportTable {
  const owner = ownerOfUid(view, change.owner.uid);
  const machines = owner === null ? [] : machinesOf(view, owner);
  return {
    title: `Machines of ${change.owner.kind} ${change.owner.name}`,
    columns: ['Machine', 'Version', 'Node', 'Kubelet', 'State'],
    rows: machines.map((each) => {
      const node = nodeOf(view, each);
      return [
        each.name,
        each.version,
        each.node ?? 'none',
        node?.kubeletVersion ?? '',
        isAtTarget(change, view, each) ? 'ready' : machineWords(each, node),
      ];
    }),
  };
}

function notesOf({ topology }: UpgradeView, change: CapiChange, cluster: string): readonly string[] {
  const { template, isUndo } = change;
  const held = topology === null ? { defer: [], deferPools: [] } : namesOf(heldIn(partsToHold(topology, change)));
  const pools = partWords({ defer: [], deferPools: held.deferPools });
  const old = template !== null && template.ref.name !== template.toName && !isUndo;
  const kept = goesForwardOnly(change) ? 'is kept, and nothing uses it any more' : 'is kept: an undo returns to it';
  return [
    ...(old ? [`${template.ref.kind} ${template.toName} is in use; ${template.ref.name} ${kept}.`] : []),
    ...(held.defer.length > 0
      ? [
          `Held back in the topology until each is upgraded: ${partWords({ ...held, deferPools: [] })}. Next: \`/kube upgrade ${cluster} nodegroup/${held.defer[0] ?? ''} --to ${change.to}\`.`,
        ]
      : []),
    ...(pools === '' ? [] : [`Held back in the topology until people let it go: ${pools}.`]),
  ];
}
