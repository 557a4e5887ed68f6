import { z } from 'zod';
import {
  type AnyGroupProvider,
  type Discovered,
  type GroupPlan,
  type NodeGroupProvider,
  type Progress,
  type Unseen,
} from '../../jobs/node-groups/provider.ts';
import { type RollSteps, rollSteps } from '../../jobs/node-groups/roll-steps.ts';
import type { ObjectChange } from '../../jobs/steps/object-change.ts';
import type { GroupNode, NodeGroup } from '../../src/core/node-groups/group.ts';
import type { Check } from '../../src/core/plan.ts';
import type { KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import { type AnyRunbook, defineRunbook } from '../../src/core/runbook.ts';
import type { DefinedStep } from '../../src/core/step.ts';

/** What the steps of the toy are given. */
export const ToyChange = z.object({ group: z.string(), from: z.string(), to: z.string() });
export type ToyChange = z.infer<typeof ToyChange>;

/** One group of the toy: what is wanted of it, and its nodes. Everything may be changed by a test. */
export interface ToyGroup {
  kind: NodeGroup['kind'];
  wanted: string;
  nodes: GroupNode[];
  state: NodeGroup['state'];
  why: string;
  paused: boolean;
}

/** A provider in memory: whatever wants a version gets it, one node each time that somebody looks. */
export interface Toy {
  readonly groups: Map<string, ToyGroup>;
  readonly provider: AnyGroupProvider;
  readonly steps: RollSteps<ToyChange>;
  readonly runbook: AnyRunbook;
  /** Calls that changed something, in their order. */
  readonly calls: string[];
  /** Answers of looks that come before what is true. */
  readonly looks: Progress[];
  looked: number;
  /** Answers of the last look that come before what is true. */
  readonly lastLooks: Unseen[];
  /** Looks that find nothing moved. */
  stands: boolean;
  /** Nodes that stay behind although all is said to be done. */
  lies: boolean;
  /** The next calls are answered so. */
  readonly answers: KubernetesResult<unknown>[];
  /** What `discover` answers instead. */
  unseen: Extract<Discovered, { readonly kind: 'unseen' }> | null;
  readonly checks: Check[];
  /** Called before each look, with how many came before it. */
  onLook: (looks: number) => Promise<void>;
  /** Called before each last look, with how many answers of {@link lastLooks} are left. */
  onLastLook: (left: number) => Promise<void>;
}

/** Makes a toy with these groups: name, version and how many nodes. A name `controlplane` is the control plane. */
export function createToy(...groups: readonly (readonly [name: string, version: string, nodes: number])[]): Toy {
  const toyGroups = new Map(groups.map(([name, version, count]) => [name, toyGroup(name, version, count)]));
  const base = {
    groups: toyGroups,
    calls: [],
    looks: [],
    lastLooks: [],
    looked: 0,
    stands: false,
    lies: false,
    answers: [],
    unseen: null,
    checks: [],
    onLook: async () => await Promise.resolve(),
    onLastLook: async () => await Promise.resolve(),
  };
  const state: ToyState = base;
  const rolling = rollingOf(state);
  const steps = rollSteps<ToyChange>(rolling, {
    prefix: 'toy',
    risk: 'disruptive',
    commits: false,
    goesForwardOnly: () => false,
    describe: ({ group, from, to }) => ({
      apply: `Set ${group} from ${from} to ${to}`,
      roll: `Watch ${group}`,
      verify: `Look at ${group}`,
    }),
    items: ({ group }) => [group],
    group: ({ group }) => wordsOf(group),
    to: ({ to }) => to,
    undo: (change) => ({ what: `${change.group} from ${change.from} to ${change.to}`, change }),
  });
  const provider: AnyGroupProvider = {
    id: 'toy',
    serves: ({ platform }) => platform === 'gke',
    discover: async () => await Promise.resolve(state.unseen ?? found(state)),
    preflight: async () => await Promise.resolve(state.checks),
    plan: async (_context, group, { to }) =>
      await Promise.resolve(planOf(steps, { group: group.name, from: group.version ?? '', to }, group.nodes)),
    rollback: async (_context, undo) => {
      const { group, from, to } = ToyChange.parse(undo);
      const now = state.groups.get(group);
      if (now?.wanted !== to)
        return await Promise.resolve({ refused: `${group} is at ${now?.wanted ?? 'nothing'} by now` });
      return await Promise.resolve(planOf(steps, { group, from: to, to: from }, now.nodes));
    },
    steps: steps.list,
    cleanups: steps.cleanups,
    watches: [],
  };
  const runbook = defineRunbook({
    id: 'toy',
    version: 1,
    title: 'Toy',
    params: z.strictObject({}),
    needs: [],
    steps: steps.list,
    cleanups: steps.cleanups,
    locks: () => [],
    plan: async () => await Promise.reject(new Error('not planned')),
  });
  return Object.assign(state, { provider, steps, runbook });
}

type ToyState = Omit<Toy, 'provider' | 'steps' | 'runbook'>;

function toyGroup(name: string, version: string, count: number): ToyGroup {
  const nodes = Array.from({ length: count }, (_, index) => ({
    name: `${name}-${index + 1}`,
    uid: `uid-${name}-${index + 1}`,
    version,
    ready: true,
    machine: null,
  }));
  const kind = name === 'controlplane' ? 'control-plane' : 'node-group';
  return { kind, wanted: version, nodes, state: 'steady', why: '', paused: false };
}

function wordsOf(group: string): string {
  return group === 'controlplane' ? group : `nodegroup/${group}`;
}

function found({ groups }: ToyState): Discovered {
  const list = [...groups].map(([name, { kind, wanted, nodes, state, why }]) => ({
    provider: 'toy',
    kind,
    name,
    object: `Toy ${name}`,
    uid: `uid-${name}`,
    version: wanted,
    replicas: nodes.length,
    nodes,
    strategy: { maxSurge: 1, maxUnavailable: 0 },
    state,
    why,
  }));
  return { kind: 'groups', identity: 'uid-kube-system', groups: list, notes: [] };
}

function planOf(steps: RollSteps<ToyChange>, change: ToyChange, nodes: readonly GroupNode[]): GroupPlan {
  const lineOf = (step: Pick<DefinedStep<ToyChange>, 'plan'>) => ({
    step: step.plan(change),
    forecast: `Something of ${change.group}.`,
    estimateMs: 1000,
  });
  return {
    lines: [steps.apply, steps.roll, steps.verify].map(lineOf),
    closing: [lineOf(steps.verify)],
    checks: [],
    facts: { group: change.group, from: change.from },
    notes: [`About ${change.group}.`],
    before: [],
    locks: [`toy/${change.group}`],
    patches: [],
    leaving: { nodes: nodes.map(({ name }) => name), surge: 1, unavailable: 0 },
  };
}

function rollingOf(
  state: ToyState,
): Pick<NodeGroupProvider<ToyChange>, 'id' | 'change' | 'apply' | 'poll' | 'stop' | 'verify'> {
  return {
    id: 'toy',
    change: ToyChange,
    apply: (_context, change) => [setVersion(state, change)],
    poll: async (_context, change) => {
      await state.onLook(state.looked);
      state.looked += 1;
      return state.looks.shift() ?? rolled(state, change);
    },
    stop: (_context, change) => ({
      changes: [pause(state, change)],
      words: `${change.group} is held; a node that is under way ends`,
    }),
    verify: async (_context, change) => {
      await state.onLastLook(state.lastLooks.length);
      const behind = groupOf(state, change).nodes.filter(({ version }) => version !== change.to);
      const troubles = behind.map(({ name, version }) => `${name} is at ${version}`);
      return await Promise.resolve(state.lastLooks.shift() ?? { troubles, tables: [], notes: [] });
    },
  };
}

function groupOf(state: ToyState, { group }: ToyChange): ToyGroup {
  const toy = state.groups.get(group);
  if (toy === undefined) throw new Error(`no group ${group}`);
  return toy;
}

function rolled(state: ToyState, change: ToyChange): Progress {
  const group = groupOf(state, change);
  const behind = group.nodes.find(({ version }) => version !== change.to);
  if (behind === undefined || state.lies) return { kind: 'done', words: `all of ${change.group} are there`, tree: [] };
  if (!state.stands && !group.paused) behind.version = change.to;
  const done = group.nodes.filter(({ version }) => version === change.to).length;
  const tree = group.nodes.map(({ name, version }) => `${name} ${version}`);
  return {
    kind: 'rolling',
    done,
    total: group.nodes.length,
    words: `${behind.name} is replaced`,
    tree,
    moved: String(done),
  };
}

function setVersion(state: ToyState, change: ToyChange): ObjectChange {
  const group = groupOf(state, change);
  return {
    item: change.group,
    action: 'set-version',
    facts: { to: change.to },
    look: async () =>
      await Promise.resolve(
        group.wanted === change.to
          ? { is: 'done', note: `${change.group} wants ${change.to}` }
          : group.wanted === change.from
            ? { is: 'not-done', note: `${change.group} still wants ${change.from}` }
            : { is: 'odd', reason: 'plan-drifted', why: `somebody set ${change.group} to ${group.wanted}` },
      ),
    call: async () => await answered(state, `set ${change.group} ${change.to}`, () => (group.wanted = change.to)),
  };
}

function pause(state: ToyState, change: ToyChange): ObjectChange {
  const group = groupOf(state, change);
  return {
    item: change.group,
    action: 'pause',
    facts: {},
    look: async () =>
      await Promise.resolve(
        group.paused || group.wanted !== change.to
          ? { is: 'done', note: 'nothing to hold' }
          : { is: 'not-done', note: 'it goes on' },
      ),
    call: async () => await answered(state, `pause ${change.group}`, () => (group.paused = true)),
  };
}

async function answered(state: ToyState, call: string, effect: () => unknown): Promise<KubernetesResult<unknown>> {
  state.calls.push(call);
  const answer = state.answers.shift() ?? { ok: true, value: null };
  if (answer.ok || answer.error.code === 'unknown-outcome') effect();
  return await Promise.resolve(answer);
}
