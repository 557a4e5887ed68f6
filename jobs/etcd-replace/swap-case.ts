import { hostOf } from '../../src/core/etcd/peer-url.ts';
import { blocked, builtLines } from './bare/cases.ts';
import { newPlace } from './bare/new-place.ts';
import type { CaseBasis, CaseEntry, CaseLine, CasePart, CasePlan, ReplacePlanContext } from './case-plan.ts';
import { planSwapOfNode } from './kubeadm/cases.ts';
import {
  addLine,
  asideLine,
  basisWords,
  behind,
  moveLeaderLines,
  removalGates,
  removalLines,
  stopLine,
  targetOf,
} from './lines.ts';
import type { HostRef } from './machine.ts';

/** A member that is well: the new one votes before the old one goes. */
const swapCase: CaseEntry = {
  id: 'swap',
  watches: false,
  plan: async (context, basis) =>
    context.cluster.platform === 'etcd' ? await planRing(context, basis) : await planSwapOfNode(context, basis),
};

/** Planned swaps of members that are well. */
export const swap: CasePart = { cases: [swapCase], steps: [], cleanups: [], watches: [] };

async function planRing(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const place = newPlace(basis);
  if (!place.ok || !place.value.elsewhere || basis.params.peerUrl === null) {
    const evidence =
      place.ok || basis.params.peerUrl === null
        ? 'a new member cannot have the address of one that runs: --peer-url https://HOST:2380'
        : place.why;
    return blocked({ id: 'place', title: 'Where the new member is to be', evidence });
  }
  const { name, peerUrls } = place.value;
  const after = [...moveLeaderLines(basis), ...removalLines(basis), ...stopOldLines(context, basis)];
  return await Promise.resolve({
    lines: [
      addLine(basis, name, peerUrls),
      ...builtLines(context, basis, place.value),
      ...behind(removalGates(basis), after),
    ],
    checks: [],
    facts: {},
    notes: [
      `Follows etcd's runtime reconfiguration for a ring in which all are well: ${name} at ${peerUrls.map((url) => hostOf(url) ?? url).join(', ')} is added as a learner, started by a person, promoted; only then ${basisWords(basis)} goes.`,
    ],
  });
}

/** Its process ends by itself when it learns that it was removed; stopped for good, it does not come back with old data. */
function stopOldLines({ ports }: ReplacePlanContext, basis: CaseBasis): readonly CaseLine[] {
  const { facts } = ports.hosts;
  const { host } = basis.place;
  const target = targetOf(basis);
  if (facts === null || host === null || target === null) return [];
  const machine: HostRef = { on: 'host', host, ...facts };
  return [stopLine(basis, machine, target.peerUrls), asideLine(basis, machine)];
}
