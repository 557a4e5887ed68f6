import { readDrainNode } from '../../src/core/drain/read-objects.ts';
import type { DrainNode } from '../../src/core/drain/view.ts';
import { nodesLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import { identityOf, noNodes, unknownNodes, unreadCheck } from '../steps/drain/cluster-of-nodes.ts';
import { machineOwner } from '../steps/drain/machine-owner.ts';
import { uncordonStep } from '../steps/drain/uncordon-step.ts';
import { UncordonParams } from './params.ts';

const CALL_MS = 10_000;

/** Lets nodes take pods again, whoever cordoned them. */
export const uncordon = defineRunbook({
  id: 'uncordon',
  version: 1,
  title: 'Let nodes take pods again',
  params: UncordonParams,
  needs: ['kubernetes'],
  steps: [uncordonStep],
  cleanups: [],
  locks: (cluster) => [nodesLock(cluster)],
  plan: async (context, params) => await planUncordon(context, params),
});

async function planUncordon(context: PlanContext<'kubernetes'>, params: UncordonParams): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const bare = noNodes(cluster);
  if (bare !== null) return refused([bare]);
  const [identity, listed] = await Promise.all([
    identityOf(ports.kubernetes, signal),
    ports.kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, { timeoutMs: CALL_MS, signal }),
  ]);
  if (!listed.ok) return refused([unreadCheck(listed.error)]);
  if (!identity.ok) return refused([unreadCheck(identity.error)]);
  const all = listed.value.items.map(readDrainNode);
  const unknown = unknownNodes(
    params.nodes,
    all.map(({ name }) => name),
  );
  if (unknown !== null) return refused([unknown]);
  return draftOf(
    identity.value,
    all.filter(({ name }) => params.nodes.includes(name)),
  );
}

function draftOf(identity: string, named: readonly DrainNode[]): PlanDraft {
  const toOpen = named.filter(({ cordoned, cordonedBy }) => cordoned || cordonedBy !== null);
  const nodes = toOpen.map(({ name, uid }) => ({ name, uid }));
  const left = named.filter((node) => !toOpen.includes(node)).map(({ name }) => name);
  return {
    identity,
    facts: { nodes },
    steps: nodes.length === 0 ? [] : [uncordonStep.plan({ nodes })],
    gates: [],
    checks: toOpen.flatMap(checksOf),
    forecast: nodes.length === 0 ? [] : ['New pods may be placed there; nothing is moved back.'],
    notes: left.length === 0 ? [] : [`Left alone, because pods are placed there already: ${left.join(', ')}.`],
    before: toOpen.length === 0 ? [] : [cordonTable(toOpen)],
  };
}

/** What speaks against taking pods there, although people may want it. */
function checksOf(node: DrainNode): readonly Check[] {
  const { name, ready, deletedAt, taints } = node;
  const owner = taints.find(({ key }) => LEAVING.has(key));
  return [
    ...(ready === 'yes' ? [] : [warn('ready', `${name} is not ready`, 'no pod starts there before it is')]),
    ...(deletedAt === null ? [] : [warn('leaving', `${name} is being deleted`, `since ${deletedAt}`)]),
    ...(owner === undefined
      ? []
      : [warn('leaving', `${name} is to be taken away`, `it has the taint ${owner.key} of ${LEAVING.get(owner.key)}`)]),
  ];
}

/** Taints of those who take nodes away. Source: cluster-autoscaler utils/taints, Karpenter apis/v1/taints.go. */
const LEAVING: ReadonlyMap<string, string> = new Map([
  ['ToBeDeletedByClusterAutoscaler', 'the cluster autoscaler'],
  ['karpenter.sh/disrupted', 'Karpenter'],
  ['karpenter.sh/disruption', 'Karpenter'],
]);

function cordonTable(nodes: readonly DrainNode[]): ReportTable {
  return {
    title: 'Cordoned nodes',
    columns: ['Node', 'Cordoned by', 'Machine of', 'Ready'],
    rows: nodes.map((node) => [
      node.name,
      node.cordonedBy ?? 'somebody else: it has no mark of Drydock',
      machineOwner(node)?.who ?? 'nobody tells',
      node.ready === 'unknown' ? 'does not report' : node.ready,
    ]),
  };
}

function warn(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'warn', title, evidence };
}

function refused(checks: readonly Check[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks, forecast: [], notes: [], before: [] };
}
