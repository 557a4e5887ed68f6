import type { JsonObject } from '../../src/core/json.ts';
import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import { groupTable, groupWords, versionOf } from '../../src/core/node-groups/words.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import type {
  AnyGroupProvider,
  Discovered,
  GroupPlan,
  GroupPlanContext,
  UpgradeOrder,
} from '../node-groups/provider.ts';
import { planPreflight } from '../steps/preflight/plan-preflight.ts';
import { type Chosen, chooseGroups, stateCheck } from './choose-groups.ts';
import { draftOfLines, linesInTurn } from './lines.ts';
import { areNewFirst, mergedLeaving, outlook } from './outlook.ts';
import type { UpgradeParams } from './params.ts';

/** What is looked at beside what the provider sees. */
export interface UpgradeLooks {
  readonly preflight: typeof planPreflight;
  readonly outlook: typeof outlook;
}

const LOOKS: UpgradeLooks = { preflight: planPreflight, outlook };

/** Finds groups, judges, and lays out the lines of each in its turn. Changes nothing. */
export async function planUpgrade(
  context: GroupPlanContext,
  params: UpgradeParams,
  provider: AnyGroupProvider | null,
  looks: UpgradeLooks = LOOKS,
): Promise<PlanDraft> {
  if (provider === null) return refused([NO_NODES], []);
  const found = await provider.discover(context);
  if (found.kind === 'unseen') return refused([unseenCheck(found)], []);
  const { groups: all, identity } = found;
  const serverVersion = found.serverVersion ?? null;
  const chosen = chooseGroups(all, params, serverVersion);
  const before = [groupTable(all)];
  const base = { identity, facts: {}, gates: [], forecast: [], before };
  const notes = [...chosen.notes, ...found.notes];
  if (chosen.groups.length === 0 || blocks(chosen.checks)) return { ...base, steps: [], checks: chosen.checks, notes };
  const planned = await planGroups(context, provider, chosen, params);
  return await drafted(context, looks, { params, all, serverVersion, chosen, planned, base: { ...base, notes } });
}

/** A group with what its provider plans for it. */
interface PlannedGroup {
  readonly group: NodeGroup;
  readonly checks: readonly Check[];
  readonly plan: GroupPlan;
}

async function planGroups(
  context: GroupPlanContext,
  provider: AnyGroupProvider,
  { groups }: Chosen,
  params: UpgradeParams,
): Promise<readonly PlannedGroup[]> {
  const planned: PlannedGroup[] = [];
  for (const group of groups) {
    const order = orderFor(group, groups, params);
    const checks = [stateCheck(group, params.to), ...(await provider.preflight(context, group, order))];
    planned.push({ group, checks, plan: await provider.plan(context, group, order) });
  }
  return planned;
}

function orderFor(group: NodeGroup, groups: readonly NodeGroup[], params: UpgradeParams): UpgradeOrder {
  const { to, by, backup, image, deleteEmptyDir, unmanaged } = params;
  return {
    to,
    by,
    backup,
    controlPlaneFirst: group.kind === 'node-group' && groups.some(({ kind }) => kind === 'control-plane'),
    together: groups.map(({ name }) => name),
    options: { image, deleteEmptyDir, unmanaged },
  };
}

interface Parts {
  readonly params: UpgradeParams;
  readonly all: readonly NodeGroup[];
  readonly serverVersion: string | null;
  readonly chosen: Chosen;
  readonly planned: readonly PlannedGroup[];
  readonly base: Omit<PlanDraft, 'steps' | 'checks'>;
}

async function drafted(
  context: GroupPlanContext,
  looks: UpgradeLooks,
  { params, all, serverVersion, chosen, planned, base }: Parts,
): Promise<PlanDraft> {
  const inTurn = planned.map(({ plan }) => plan.leaving);
  const leaving = mergedLeaving(inTurn);
  const controlPlane = all.find(({ kind }) => kind === 'control-plane');
  const preflight = await looks.preflight(context, {
    from: controlPlane === undefined ? serverVersion : versionOf(controlPlane),
    to: params.to,
    controlPlane: chosen.groups.some(({ kind }) => kind === 'control-plane'),
    groups: chosen.groups.filter(({ kind }) => kind === 'node-group'),
    leaving,
    inTurn,
    overRemovedApis: params.overRemovedApis,
  });
  const patches = planned.flatMap(({ plan }) => plan.patches);
  const seen = await looks.outlook(context, {
    leaving,
    newFirst: areNewFirst(inTurn),
    patches,
    suspend: params.suspendGitops,
  });
  const checks = inOrder([
    ...chosen.checks,
    ...planned.flatMap((each) => [...each.checks, ...each.plan.checks]),
    ...preflight.checks,
    ...seen.checks,
  ]);
  // Who follows Git again may change what was verified before: what is true at the end is looked at behind that.
  const closing = seen.linesAfter.length === 0 ? [] : planned.flatMap(({ plan }) => plan.closing ?? []);
  const lines = linesInTurn(planned.map(({ group, plan }) => ({ group, lines: plan.lines })));
  return {
    ...base,
    ...(blocks(checks) ? NO_LINES : draftOfLines([...seen.linesBefore, ...lines, ...seen.linesAfter, ...closing])),
    // A backup that the rest relies on is taken behind the approval, with the locks held.
    ...(chosen.groups.some(({ kind }) => kind === 'control-plane') ? { gateFirst: true } : {}),
    facts: { ...factsOf(planned, params), preflight: preflight.facts, outlook: seen.facts },
    checks,
    notes: unique([...base.notes, ...planned.flatMap(({ plan }) => plan.notes), ...preflight.notes, ...seen.notes]),
    before: [...base.before, ...planned.flatMap(({ plan }) => plan.before), ...preflight.before, ...seen.before],
    locks: unique([
      ...chosen.groups.map(({ uid }) => `node-group/${uid}`),
      ...planned.flatMap(({ plan }) => plan.locks),
    ]),
    files: seen.files,
  };
}

const NO_LINES = { steps: [], gates: [], forecast: [] } as const;

function factsOf(planned: readonly PlannedGroup[], { to }: UpgradeParams): JsonObject {
  return {
    to,
    groups: planned.map(({ group, plan }) => ({
      group: groupWords(group),
      uid: group.uid,
      from: versionOf(group),
      facts: plan.facts,
    })),
  };
}

const RANK = { block: 0, warn: 1, pass: 2 } as const satisfies Record<Check['verdict'], number>;

/** What speaks against it first; what several groups have in common once. */
function inOrder(checks: readonly Check[]): readonly Check[] {
  const keys = checks.map(({ id, title, evidence }) => JSON.stringify([id, title, evidence]));
  const once = checks.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
  return once.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict]);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function blocks(checks: readonly Check[]): boolean {
  return checks.some(({ verdict }) => verdict === 'block');
}

const NO_NODES: Check = {
  id: 'applicable',
  verdict: 'block',
  title: 'This cluster has no groups of nodes',
  evidence: 'it is a bare etcd ring, or nobody that Drydock asks knows its nodes',
};

/** The check of a cluster whose groups could not be read. */
export function unseenCheck({ reason, why }: Extract<Discovered, { readonly kind: 'unseen' }>): Check {
  return reason === 'access-refused' || reason === 'no-access'
    ? { id: 'access', verdict: 'block', title: 'Drydock may not read the groups of nodes', evidence: why }
    : reason === 'not-applicable'
      ? { id: 'applicable', verdict: 'block', title: 'No groups of nodes are known', evidence: why }
      : { id: 'reachable', verdict: 'block', title: 'The groups of nodes could not be read', evidence: why };
}

function refused(checks: readonly Check[], notes: readonly string[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks, forecast: [], notes, before: [] };
}
