import { CapiChange, ownerWords, undoOf } from '../../../src/core/cluster-api/upgrade/change.ts';
import { partWords } from '../../../src/core/cluster-api/upgrade/deferral.ts';
import { goesForwardOnly } from '../../../src/core/cluster-api/upgrade/forward-only.ts';
import { Json } from '../../../src/core/json.ts';
import { type RollFacts, type Rolling, type RollSteps, rollSteps } from '../roll-steps.ts';
import { applyChanges } from './apply.ts';
import { PROVIDER_ID } from './discover.ts';
import { pollRoll, verifyRoll } from './poll.ts';
import { stopChanges } from './stop.ts';

/** What the steps of Cluster API ask of its provider. */
export const capiRolling: Rolling<CapiChange> = {
  id: PROVIDER_ID,
  change: CapiChange,
  apply: applyChanges,
  poll: pollRoll,
  stop: stopChanges,
  verify: verifyRoll,
};

const FACTS: RollFacts<CapiChange> = {
  prefix: 'capi',
  risk: 'disruptive',
  // What follows only watches, and is never held up: a freeze ends the run before the next group, which is a safe place.
  commits: false,
  goesForwardOnly,
  describe: (change) => ({
    apply: applyWords(change),
    roll: `Watch ${ownerWords(change)} replace ${machinesWords(change)} until all are at ${change.to}`,
    verify: `Look whether every machine and node of ${groupOf(change)} is at ${change.to} and ready`,
  }),
  items: ({ group }) => [group],
  group: groupOf,
  to: ({ to }) => to,
  undo: (change) =>
    change.way === 'topology' || change.isUndo || change.from === change.to
      ? null
      : { what: `${ownerWords(change)} from ${change.from} to ${change.to}`, change: Json.parse(undoOf(change)) },
};

/** The steps of Cluster API: `capi.apply@1` or `capi.apply-forward@1`, `capi.roll@1`, `capi.verify@1`. */
export const capiSteps: RollSteps<CapiChange> = rollSteps(capiRolling, FACTS);

/** As people type it: `controlplane`, `nodegroup/md-0`. */
function groupOf({ owner, group }: CapiChange): string {
  return owner.kind === 'KubeadmControlPlane' ? 'controlplane' : `nodegroup/${group}`;
}

function machinesWords({ machines }: CapiChange): string {
  return machines.length === 1 ? 'its machine' : `its ${machines.length} machines`;
}

function applyWords(change: CapiChange): string {
  const { from, to, way, cluster, topologyName, template } = change;
  if (way === 'topology') {
    if (topologyName !== null)
      return `Let nodegroup/${topologyName} go to ${to} in the topology of Cluster ${cluster.namespace}/${cluster.name}`;
    const held = partWords(change);
    const name = `the topology of Cluster ${cluster.namespace}/${cluster.name}`;
    if (from === to) return `Let ${name} go on to ${to}${held === '' ? '' : `: it holds ${held} back`}`;
    return `Set ${name} from ${from} to ${to}${held === '' ? '' : `, with ${held} held back`}`;
  }
  if (from === to) return `Let ${ownerWords(change)} go on to ${to}`;
  const next =
    template === null || template.ref.name === template.toName
      ? ''
      : `, with ${template.ref.kind} ${template.toName}${template.copy === null ? '' : `, a copy of ${template.ref.name} with ${template.copy.images.map((each) => each.to).join(', ')}`}`;
  return `${change.isUndo ? 'Return' : 'Set'} ${ownerWords(change)} from ${from} to ${to}${next}`;
}
