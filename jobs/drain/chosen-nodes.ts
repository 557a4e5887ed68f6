import type { Choice } from '../../src/core/drain/facts.ts';
import { someOf } from '../../src/core/drain/words.ts';
import { termsInWords } from '../../src/core/kubernetes/equality-selector.ts';
import { findGroup } from '../../src/core/node-groups/find-group.ts';
import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import { groupWords, stateInWords, unknownGroupWords } from '../../src/core/node-groups/words.ts';
import type { Check } from '../../src/core/plan.ts';
import type { DiscoverContext } from '../node-groups/provider.ts';
import { providerFor } from '../node-groups/providers.ts';
import { unseenCheck } from '../upgrade/plan-upgrade.ts';
import type { DrainParams } from './params.ts';

/** What was asked for, before the nodes are looked at. With a blocking check the rest does not count. */
export interface ChosenNodes {
  /** Nodes by name: those that were named, and those of groups. */
  readonly names: readonly string[];
  readonly chosen: readonly Choice[];
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  readonly locks: readonly string[];
}

/** Turns nodes, groups and a selector into names, and into the marks by which nodes that appear later are seen. */
export async function chosenNodes(context: DiscoverContext, params: DrainParams): Promise<ChosenNodes> {
  const { nodes, groups: wanted, selector } = params;
  const bySelector: readonly Choice[] =
    selector === null
      ? []
      : [{ words: `--selector ${termsInWords(selector)}`, mark: { by: 'selector', terms: selector } }];
  if (nodes.length + wanted.length + bySelector.length === 0) return refused(NOTHING);
  if (wanted.length === 0)
    return { names: nodes, chosen: bySelector, checks: [], notes: bySelector.map(laterWords), locks: [] };
  const found = await groupsNamed(context, wanted);
  if (!found.ok) return refused(found.check);
  const { groups } = found;
  const marked = groups.flatMap((group): readonly Choice[] =>
    group.mark === undefined || group.mark === null ? [] : [{ words: groupWords(group), mark: group.mark }],
  );
  const chosen = [...marked, ...bySelector];
  return {
    names: [...new Set([...nodes, ...groups.flatMap((group) => group.nodes.map(({ name }) => name))])],
    chosen,
    checks: groups.flatMap(groupChecks),
    notes: [...chosen.map(laterWords), ...groups.filter(({ mark }) => (mark ?? null) === null).map(unmarkedWords)],
    locks: groups.map(({ uid }) => `node-group/${uid}`),
  };
}

const NOTHING: Check = {
  id: 'nodes',
  verdict: 'block',
  title: 'There is nothing to drain',
  evidence: 'nothing was named: nodes, groups or a selector',
};

function refused(check: Check): ChosenNodes {
  return { names: [], chosen: [], checks: [check], notes: [], locks: [] };
}

type Found =
  | { readonly ok: true; readonly groups: readonly NodeGroup[] }
  | { readonly ok: false; readonly check: Check };

async function groupsNamed(context: DiscoverContext, wanted: readonly string[]): Promise<Found> {
  const provider = providerFor(context.cluster);
  if (provider === null) return none('there is none that Drydock knows');
  const seen = await provider.discover(context);
  if (seen.kind === 'unseen') return { ok: false, check: unseenCheck(seen) };
  const all = seen.groups.filter(({ kind }) => kind === 'node-group');
  const missing = wanted.filter((name) => findGroup(all, name) === undefined);
  if (missing.length > 0) return none(missing.map((name) => unknownGroupWords(name, all, 'nodes-too')).join('; '));
  const groups = [...new Set(wanted.flatMap((name) => findGroup(all, name) ?? []))];
  const empty = groups.filter(({ nodes }) => nodes.length === 0).map(groupWords);
  return empty.length === 0
    ? { ok: true, groups }
    : none(`${empty.join(', ')} ${empty.length === 1 ? 'has' : 'have'} no nodes`);
}

function none(evidence: string): Found {
  return { ok: false, check: { id: 'group', verdict: 'block', title: 'There is no such group to drain', evidence } };
}

/** Who replaces machines meanwhile takes nodes away under the drain. */
function groupChecks(group: NodeGroup): readonly Check[] {
  if (group.state === 'steady') return [];
  const evidence = `${group.object}: ${stateInWords(group)}; its nodes may come and go while they are drained`;
  return [{ id: 'group', verdict: 'warn', title: `${groupWords(group)} is not steady`, evidence }];
}

function laterWords({ words }: Choice): string {
  return `A node that appears later and fits ${words} is told and left alone; the run then ends by asking to plan again.`;
}

function unmarkedWords(group: NodeGroup): string {
  const names = someOf(group.nodes.map(({ name }) => name));
  return `Nothing on a node tells that it is of ${groupWords(group)}: these are drained by name (${names}), and nodes that join later are not seen.`;
}
