import { genericProvider } from '../../jobs/node-groups/generic/provider.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { nodeObject } from './drain-objects.ts';
import { createDrainWorld, type DrainWorld, type DrainWorldOptions } from './drain-world.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';
import { upgradeParams } from './upgrade-params.ts';
import { upgradeBy } from './upgrade-scene.ts';

/** The version that the group `blue` is upgraded to; its nodes begin below. */
export const TO = 'v1.37.1';

/** What a node of the group bears. */
export const BLUE = { metadata: { labels: { 'karpenter.sh/nodepool': 'blue' } } } as const;

/** An upgrade by whoever owns the machines, on a cluster whose nodes bear a label of groups. */
export const genericUpgrade = upgradeBy(genericProvider);

/** A cluster with a group `blue`, and an API server at the target. */
export interface GenericScene {
  readonly world: DrainWorld;
  readonly harness: StepHarness;
  /** The plan to upgrade `blue`. */
  readonly plan: () => Promise<PlanDraft>;
  /**
   * Runs a plan.
   * @param people what they do with the node that is waited for; default: they upgrade it
   * @param draft default: it is made now
   */
  readonly run: (people?: (node: string) => void, draft?: PlanDraft) => Promise<HarnessEnd>;
  /** A node is at the target from now on. */
  readonly upgraded: (node: string) => void;
  /** A new node comes to `blue`, at a version below. */
  readonly join: (node: string) => void;
}

/** Makes a scene of three workers, of which the first two are `blue`. */
export function genericScene(options: DrainWorldOptions = {}): GenericScene {
  const world = createDrainWorld({ workers: 3, ...options });
  Object.assign(world.port, { version: async () => await Promise.resolve({ ok: true, value: { gitVersion: TO } }) });
  const harness = createStepHarness({ kubernetes: world.port, clock: world.clock, cluster: { platform: 'gke' } });
  const params = upgradeParams({ what: { kind: 'nodegroup', names: ['blue'] }, to: TO });
  function upgraded(node: string): void {
    world.setNode(node, { status: { nodeInfo: { kubeletVersion: TO } } });
  }
  for (const node of ['worker-1', 'worker-2']) world.setNode(node, BLUE);
  async function plan(): Promise<PlanDraft> {
    return await harness.plan(genericUpgrade, params);
  }
  return {
    world,
    harness,
    plan,
    upgraded,
    join: (node) => {
      world.fake.put(nodeObject(node));
      world.setNode(node, BLUE);
    },
    run: async (people = upgraded, draft) => {
      const { steps } = draft ?? (await plan());
      return await harness.run(genericUpgrade, steps, {
        before: (index) => {
          if (steps[index]?.kind === 'generic.came-back@1') people(steps[index]?.items[0] ?? '');
        },
      });
    },
  };
}
