import { z } from 'zod';
import { clusterApiProvider } from '../../jobs/node-groups/cluster-api/provider.ts';
import { EMPTY_PLAN, type GroupPlan } from '../../jobs/node-groups/provider.ts';
import { DEFAULT_NODES } from '../../src/core/cluster-profile.ts';
import { Json, JsonObject } from '../../src/core/json.ts';
import type { NodeGroup } from '../../src/core/node-groups/group.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import { type AnyRunbook, defineRunbook } from '../../src/core/runbook.ts';
import { ROOMY } from './backup-scene.ts';
import { createUpgradeWorld, type UpgradeWorld, type UpgradeWorldOptions } from './capi-upgrade-world.ts';
import { createFakeClock } from './fake-clock.ts';
import { planContext } from './plan-context.ts';
import { createSmallVault, type SmallVault } from './small-vault.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';

const Params = z.strictObject({
  /** `controlplane`, or the name of a group; empty: an undo. */
  group: z.string(),
  to: z.string(),
  image: z.string().optional(),
  behindControlPlane: z.boolean().optional(),
  undo: Json.optional(),
});

/** Plans one group by the provider of Cluster API alone; what it says is not sorted or gated. */
export const groupRunbook: AnyRunbook = defineRunbook({
  id: 'upgrade',
  version: 1,
  title: 'Upgrade one group',
  params: Params,
  needs: ['kubernetes', 'management', 'etcd', 'backups'],
  steps: clusterApiProvider.steps,
  cleanups: clusterApiProvider.cleanups,
  locks: () => [],
  plan: async (context, { group: name, to, image, behindControlPlane = false, undo }) => {
    if (undo !== undefined) {
      const back = await clusterApiProvider.rollback(context, undo);
      return 'refused' in back ? drafted(refusedPlan(back.refused), []) : drafted(back, []);
    }
    const found = await clusterApiProvider.discover(context);
    if (found.kind === 'unseen') return drafted(refusedPlan(found.why), []);
    const group = found.groups.find((each) => each.name === name);
    if (group === undefined)
      throw new Error(`no group ${name} among ${found.groups.map((each) => each.name).join(', ')}`);
    const order = {
      to,
      controlPlaneFirst: behindControlPlane,
      by: 'T0HOME/U0OPERATOR',
      backup: null,
      options: image === undefined ? {} : { image },
    };
    const checks = await clusterApiProvider.preflight(context, group, order);
    return drafted(await clusterApiProvider.plan(context, group, order), checks);
  },
});

function drafted(plan: GroupPlan, more: GroupPlan['checks']) {
  const { lines, facts, checks, notes, before, locks } = plan;
  return {
    identity: 'test',
    facts: JsonObject.parse(facts),
    steps: lines.map(({ step }) => step),
    gates: [],
    forecast: lines.map(({ forecast }) => forecast),
    checks: [...more, ...checks],
    notes,
    before,
    locks,
  };
}

function refusedPlan(evidence: string): GroupPlan {
  const checks = [{ id: 'refused', verdict: 'block', title: 'Refused', evidence }] as const;
  return { ...EMPTY_PLAN, checks };
}

/** Both clusters, a ring of three, a store, and steps that run over them. */
export interface UpgradeCase {
  readonly harness: StepHarness;
  readonly world: UpgradeWorld;
  readonly store: SmallVault;
  /** The groups as they are now. */
  groups(): Promise<readonly NodeGroup[]>;
  /** One of them, by its name; fails the test where there is none. */
  group(name: string): Promise<NodeGroup>;
  /** What looks at a group once more at the end of a plan. @param together names of the groups that the plan upgrades */
  closing(name: string, to: string, together?: readonly string[]): Promise<readonly PlannedStep[]>;
  /** The plan of a group, and what blocks it. */
  plan(params: z.input<typeof Params>): Promise<{
    readonly steps: Awaited<ReturnType<StepHarness['plan']>>['steps'];
    readonly draft: Awaited<ReturnType<StepHarness['plan']>>;
    readonly blocks: readonly string[];
  }>;
  /** Plans an upgrade of a group, which nothing may block, and runs it to its end. */
  upgrade(group: string, to: string): Promise<HarnessEnd>;
}

/** All optional. */
export interface UpgradeCaseOptions extends UpgradeWorldOptions {
  readonly platform?: 'eks-anywhere';
  readonly management?: { readonly namespace: string } | null;
  readonly etcdAccess?: null;
}

/** Times that tests wait for whole. */
const SHORT = { ...DEFAULT_NODES, upgrade: { machineMs: 60_000, stallMs: 120_000, rollMs: 3_600_000 } };

/** Makes them. */
export function createUpgradeCase(options: UpgradeCaseOptions = {}): UpgradeCase {
  const { platform = 'cluster-api', management = { namespace: 'prod' }, etcdAccess } = options;
  const clock = createFakeClock();
  const world = createUpgradeWorld(() => clock.nowIso(), options);
  const store = createSmallVault();
  const harness = createStepHarness({
    clock,
    runId: 'upgrade-prod-7f3k',
    etcd: {
      members: ['cp-1', 'cp-2', 'cp-3'].map((name) => ({ name, dbSizeBytes: 65_536, dbSizeInUseBytes: 32_768 })),
    },
    cluster: {
      platform,
      management,
      backups: ROOMY,
      nodes: SHORT,
      ...(etcdAccess === undefined ? {} : { etcdAccess }),
    },
    kubernetes: world.workload.port,
    extra: { management: world.port, backups: store.vault },
  });
  const context = planContext(harness);
  async function groups(): Promise<readonly NodeGroup[]> {
    const found = await clusterApiProvider.discover(context);
    if (found.kind === 'unseen') throw new Error(found.why);
    return found.groups;
  }
  async function group(name: string): Promise<NodeGroup> {
    const found = (await groups()).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no group ${name}`);
    return found;
  }
  async function plan(params: z.input<typeof Params>) {
    const draft = await harness.plan(groupRunbook, JsonObject.parse(params));
    const blocks = draft.checks.flatMap(({ id, verdict, evidence }) =>
      verdict === 'block' ? [`${id}: ${evidence}`] : [],
    );
    return { draft, steps: draft.steps, blocks };
  }
  return {
    harness,
    world,
    store,
    groups,
    group,
    async closing(name, to, together = [name]) {
      const order = { to, controlPlaneFirst: false, together, by: 'T0HOME/U0OPERATOR', backup: null, options: {} };
      const { closing = [] } = await clusterApiProvider.plan(context, await group(name), order);
      return closing.map(({ step }) => step);
    },
    plan,
    async upgrade(name, to) {
      const { steps, blocks } = await plan({ group: name, to });
      if (blocks.length > 0) throw new Error(blocks.join('; '));
      return await harness.run(groupRunbook, steps);
    },
  };
}
