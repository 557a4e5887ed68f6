import { nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import { isAccessRefused } from '../../../src/core/kubernetes/access.ts';
import { isSameVersion } from '../../../src/core/kubernetes/version.ts';
import { groupsByLabel, labelsFor, REST } from '../../../src/core/node-groups/by-label.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import { groupWords } from '../../../src/core/node-groups/words.ts';
import type { Check } from '../../../src/core/plan.ts';
import { identityOf } from '../../steps/drain/cluster-of-nodes.ts';
import { cordonStep } from '../../steps/drain/cordon-step.ts';
import { drainStep } from '../../steps/drain/drain-step.ts';
import { planDrain } from '../../steps/drain/plan-drain.ts';
import { uncordonCleanup } from '../../steps/drain/uncordon-cleanup.ts';
import { verifyDrainedStep } from '../../steps/drain/verify-drained-step.ts';
import {
  type AnyGroupProvider,
  type DiscoverContext,
  type Discovered,
  EMPTY_PLAN,
  type GroupLine,
  type GroupPlan,
  type GroupPlanContext,
  type UpgradeOrder,
} from '../provider.ts';
import { cameBackStep } from './came-back-step.ts';
import { NODE_WATCHES, nodeLines } from './node-lines.ts';
import { preflightGroup } from './preflight.ts';
import { readNodes } from './read-nodes.ts';
import { type GenericChange, genericVerifyStep } from './verify-step.ts';

const ID = 'generic';
/** More nodes than this are too many questions for one run. */
const MOST_NODES = 20;
const CALL_MS = 10_000;

/** Nodes whose machines are replaced by people, or by whatever they use for it: Drydock drains, and sees that they are there. */
export const genericProvider: AnyGroupProvider = {
  id: ID,
  serves: ({ platform }) => platform !== 'etcd',
  discover,
  preflight: preflightGroup,
  plan,
  rollback: async () =>
    await Promise.resolve({ refused: 'whoever owns the machines replaces them with older ones; drain them first' }),
  steps: [cordonStep, drainStep, verifyDrainedStep, cameBackStep, genericVerifyStep],
  cleanups: [uncordonCleanup],
  watches: [...NODE_WATCHES],
};

async function discover({ ports, cluster, signal }: DiscoverContext): Promise<Discovered> {
  const { kubernetes } = ports;
  const [identity, nodes, version] = await Promise.all([
    identityOf(kubernetes, signal),
    readNodes(kubernetes, signal),
    kubernetes.version({ timeoutMs: CALL_MS, signal }),
  ]);
  for (const read of [identity, nodes, version])
    if (!read.ok) {
      const reason = isAccessRefused(read.error.code) ? 'access-refused' : 'cluster-silent';
      return { kind: 'unseen', reason, why: read.error.message };
    }
  if (!identity.ok || !nodes.ok || !version.ok) return { kind: 'unseen', reason: 'cluster-silent', why: '' };
  const labels = labelsFor(nodeSettingsOf(cluster).groupLabel);
  return {
    kind: 'groups',
    identity: identity.value,
    groups: groupsByLabel(ID, nodes.value, labels),
    serverVersion: version.value.gitVersion,
    notes: [
      'Groups by labels of the nodes. Drydock drains them; whoever owns their machines replaces or upgrades them.',
    ],
  };
}

async function plan(context: GroupPlanContext, group: NodeGroup, order: UpgradeOrder): Promise<GroupPlan> {
  const settings = nodeSettingsOf(context.cluster);
  const left = group.nodes.filter((node) => !isSameVersion(node.version, order.to));
  const there = group.nodes.filter((node) => !left.includes(node)).map(({ name }) => name);
  if (left.length > MOST_NODES) return { ...EMPTY_PLAN, checks: [tooMany(group, left.length)] };
  const { options } = order;
  const drained = await planDrain(
    context,
    left.map(({ name }) => name),
    {
      consents: {
        deleteEmptyDir: options['deleteEmptyDir'] === true,
        unmanaged: options['unmanaged'] === true,
        ignoreBudgets: false,
      },
      forceStuck: false,
      graceMs: null,
      parallelNodes: 1,
      nodeMs: null,
      chosen: [],
      purpose: 'drain',
      comeBack: true,
    },
  );
  const { facts, checks } = drained;
  if (facts === null) return { ...EMPTY_PLAN, checks };
  const mark = markOf(group, labelsFor(settings.groupLabel));
  const known = group.nodes.map(({ uid }) => uid);
  const closing: GroupLine = {
    step: genericVerifyStep.plan({ group: groupWords(group), mark, to: order.to, known }),
    forecast: 'Reads only: a node of the group that came meanwhile and is not at the version is found here.',
    estimateMs: 5000,
  };
  const lines = left.flatMap(({ name, uid }) =>
    nodeLines({
      group: groupWords(group),
      awaited: { node: { name, uid }, mark, to: order.to, known },
      facts,
      limits: { ...settings.drain, parallelNodes: 1 },
      keptCordoned: drained.keptCordoned,
      withinMs: settings.upgrade.rollMs,
    }),
  );
  // Its nodes were judged above, one by one: none of them leaves for the outlook.
  return {
    ...EMPTY_PLAN,
    lines: [...lines, closing],
    closing: [closing],
    checks,
    facts: { nodes: left.map(({ name, uid, version }) => ({ name, uid, version })), known },
    notes: [
      ...(there.length === 0 ? [] : [`At ${order.to} already: ${there.join(', ')}.`]),
      ...(await stillCordoned(context, there)),
      'Each node waits drained for somebody to replace or upgrade it; a cancel leaves the node it waits for cordoned.',
      ...drained.notes,
    ],
    before: drained.before,
  };
}

/** That nodes which need nothing more take no pods; what cannot be read is not told. */
async function stillCordoned(
  { ports, cluster, signal }: GroupPlanContext,
  names: readonly string[],
): Promise<string[]> {
  const nodes = names.length === 0 ? null : await readNodes(ports.kubernetes, signal);
  if (nodes?.ok !== true) return [];
  const cordoned = nodes.value.filter((node) => node.cordoned && names.includes(node.name));
  if (cordoned.length === 0) return [];
  const words = cordoned.map(({ name, annotations }) => `${name} (by ${annotations[CORDONED_BY] ?? 'somebody else'})`);
  const typed = cordoned.map(({ name }) => `node/${name}`).join(' ');
  return [
    `Still cordoned: ${words.join(', ')}. When nobody is at work there: \`/kube uncordon ${cluster.name} ${typed}\`.`,
  ];
}

/** As it was discovered: a group may be called as those without a label are. */
function markOf({ mark, name }: NodeGroup, labels: readonly string[]): GenericChange['mark'] {
  if (mark?.by === 'group-label') return { labels: mark.labels, value: mark.value, label: mark.label };
  return { labels: [...labels], value: name === REST ? null : name, label: null };
}

function tooMany(group: NodeGroup, count: number): Check {
  return {
    id: 'group',
    verdict: 'block',
    title: `${groupWords(group)} has too many nodes for one run`,
    evidence: `${count} nodes, ${MOST_NODES} at most; put some of them under another value of the label`,
  };
}
