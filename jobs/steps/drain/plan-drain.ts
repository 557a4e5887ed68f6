import { nodeSettingsOf } from '../../../src/core/cluster-profile.ts';
import { leftOn } from '../../../src/core/drain/advance.ts';
import { type CheckOrder, drainChecks, toAsk } from '../../../src/core/drain/checks.ts';
import { nodeNamed } from '../../../src/core/drain/coverage.ts';
import { type Choice, type DrainFacts, factsOf } from '../../../src/core/drain/facts.ts';
import { passedOverCheck } from '../../../src/core/drain/passed-over.ts';
import type { DrainConsents, DrainView } from '../../../src/core/drain/view.ts';
import { zoneRule } from '../../../src/core/drain/zones.ts';
import { bears } from '../../../src/core/node-groups/node-mark.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { PlanContext } from '../../../src/core/runbook.ts';
import { sentence } from '../../../src/core/sentence.ts';
import type { ReportTable } from '../../../src/core/state-report.ts';
import type { GroupLine } from '../../node-groups/provider.ts';
import { noneChosen, tooMany, unknownNodes, unreadCheck } from './cluster-of-nodes.ts';
import type { DrainInput } from './drain-input.ts';
import { drainLinesOf } from './drain-lines.ts';
import { drainTable, ownerTable } from './drain-tables.ts';
import type { DrainedNode } from './drained-node.ts';
import { dryRunEvictions } from './dry-run-evictions.ts';
import { keptCordons } from './etcd-checks.ts';
import { nodeChecks } from './node-checks.ts';
import { readDrainView } from './read-drain-view.ts';
import { roomCheck } from './room-check.ts';

/** What people allow and ask of a drain. Times in ms. */
export interface DrainOptions {
  readonly consents: DrainConsents;
  /** Pods that are stuck in the end are deleted by force, by a line of its own. */
  readonly forceStuck: boolean;
  /** `null`: each pod's own. */
  readonly graceMs: number | null;
  /** Nodes at once, and time for one node; `null`: as configured. */
  readonly parallelNodes: number | null;
  readonly nodeMs: number | null;
  /** What chooses nodes beside their names: nodes that bear its mark are drained too. */
  readonly chosen: readonly Choice[];
  /** `others-drain`: controllers evict; there are no lines, and nothing is asked as a dry run. */
  readonly purpose: CheckOrder['purpose'];
  /** Nodes go in turns, and others come in their place before the next ones go. Absent: they stay away. */
  readonly comeBack?: boolean;
}

/** What a look at a drain found. With a blocking check its lines do not count. */
export interface DrainPlan {
  readonly checks: readonly Check[];
  readonly lines: readonly GroupLine[];
  /** `null`: the cluster could not be read, or a node is not there. */
  readonly facts: DrainFacts | null;
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  /** Names of those that carry the control plane. */
  readonly controlPlane: readonly string[];
  /** Nodes with members of etcd that others keep cordoned, as {@link DrainInput} has them. */
  readonly keptCordoned: readonly string[];
  /** All of them are cordoned and have no pod to go: there is nothing to do. */
  readonly idle: boolean;
}

/** Looks what draining these nodes would do, asks the server for each eviction as a dry run, and lays out the lines. Changes nothing. */
export async function planDrain(
  context: PlanContext<'kubernetes'>,
  named: readonly string[],
  options: DrainOptions,
): Promise<DrainPlan> {
  const { ports, signal } = context;
  const room = roomCheck(context);
  const seen = await readDrainView(ports.kubernetes, signal, null, room);
  if (!seen.ok) return refused(unreadCheck(seen.error, seen.why));
  const { view, unread } = seen;
  const there = view.nodes.map(({ name }) => name);
  const marked = view.nodes.filter((node) => options.chosen.some(({ mark }) => bears(node, mark)));
  const names = [...new Set([...named, ...marked.map(({ name }) => name).toSorted()])];
  const unknown = unknownNodes(names, there) ?? noneChosen(names, options.chosen, there);
  if (unknown !== null) return refused(unknown);
  // Before anything is asked for each of their pods.
  const many = options.purpose === 'drain' ? tooMany(names.length) : null;
  if (many !== null) return refused(many);
  const nodes = view.nodes.flatMap(({ name, uid }) => (names.includes(name) ? [{ name, uid }] : []));
  const nowMs = context.nowMs();
  const input = inputOf(context, view, nodes, options);
  const checks = [
    // Others take the machines one after another, with checks of their own.
    ...(options.purpose === 'drain' ? nodeChecks(view, names) : []),
    ...passedOverCheck(view, names, { ...options, limits: input.limits }, nowMs),
    ...(await checksOf(context, view, names, options)),
    ...(options.purpose === 'drain'
      ? [await room.judge(view, names, { atOnce: input.limits.parallelNodes, comeBack: options.comeBack === true })]
      : []),
  ];
  const owners = ownerTable(view, names, options.consents, nowMs);
  const pods = toAsk(view, names, options.consents, nowMs).length;
  return {
    checks,
    lines: options.purpose === 'drain' ? drainLinesOf({ cluster: context.cluster.name, input, pods }) : [],
    facts: input.facts,
    notes: [
      ...(options.purpose === 'drain' && nodes.length > 1
        ? [sentence(`nodes take turns: ${zoneRule(view, names, input.limits.parallelNodes)}`)]
        : []),
      ...unread.map((what) => `Could not be read: ${what}`),
    ],
    before: [drainTable(view, names, options.consents, nowMs), ...(owners === null ? [] : [owners])],
    controlPlane: view.nodes.flatMap(({ name, roles }) =>
      names.includes(name) && (roles.includes('control-plane') || roles.includes('master')) ? [name] : [],
    ),
    keptCordoned: input.keptCordoned ?? [],
    idle: nodes.every((node) => isIdle(view, node, options.consents, nowMs)),
  };
}

function isIdle(view: DrainView, node: DrainedNode, consents: DrainConsents, nowMs: number): boolean {
  return nodeNamed(view, node.name)?.cordoned === true && leftOn(view, node, consents, nowMs).length === 0;
}

function inputOf(
  context: PlanContext<'kubernetes'>,
  view: DrainView,
  nodes: readonly DrainedNode[],
  { consents, chosen, forceStuck, graceMs, parallelNodes, nodeMs }: DrainOptions,
): DrainInput {
  const { drain } = nodeSettingsOf(context.cluster);
  const names = nodes.map(({ name }) => name);
  const kept = keptCordons(view, names);
  return {
    facts: factsOf(view, nodes, { consents, chosen }, context.nowMs()),
    limits: {
      ...drain,
      parallelNodes: parallelNodes ?? drain.parallelNodes,
      nodeMs: nodeMs ?? drain.nodeMs,
      // What is not waited for longer than that must not end the run before.
      stuckMs: Math.max(drain.stuckMs, 2 * (consents.skipEndingMs ?? 0)),
    },
    graceSeconds: graceMs === null ? null : Math.ceil(graceMs / 1000),
    leavesStuck: forceStuck,
    ...(kept.length === 0 ? {} : { keptCordoned: [...kept] }),
  };
}

async function checksOf(
  context: PlanContext<'kubernetes'>,
  view: DrainView,
  names: readonly string[],
  { consents, purpose, graceMs, comeBack = false }: DrainOptions,
): Promise<readonly Check[]> {
  const nowMs = context.nowMs();
  if (purpose === 'others-drain') return drainChecks(view, names, { consents, dryRun: null, purpose }, nowMs);
  const graceSeconds = graceMs === null ? null : Math.ceil(graceMs / 1000);
  const asking = { ignoreBudgets: consents.ignoreBudgets, graceSeconds };
  const pods = toAsk(view, names, consents, nowMs);
  const dryRun = await dryRunEvictions(context.ports.kubernetes, pods, asking, context.signal);
  return drainChecks(view, names, { consents, dryRun, purpose, comeBack }, nowMs);
}

function refused(check: Check): DrainPlan {
  return {
    checks: [check],
    lines: [],
    facts: null,
    notes: [],
    before: [],
    controlPlane: [],
    keptCordoned: [],
    idle: false,
  };
}
