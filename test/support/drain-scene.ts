import { z } from 'zod';
import { cordonStep } from '../../jobs/steps/drain/cordon-step.ts';
import type { DrainInput } from '../../jobs/steps/drain/drain-input.ts';
import { drainStep } from '../../jobs/steps/drain/drain-step.ts';
import { readDrainView } from '../../jobs/steps/drain/read-drain-view.ts';
import { uncordonCleanup } from '../../jobs/steps/drain/uncordon-cleanup.ts';
import { factsOf } from '../../src/core/drain/facts.ts';
import { type DrainConsents, NO_CONSENTS } from '../../src/core/drain/view.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import { defineRunbook } from '../../src/core/runbook.ts';
import { createDrainWorld, type DrainWorld, type DrainWorldOptions } from './drain-world.ts';
import { type CrashPoint, createStepHarness, type StepHarness } from './step-harness.ts';

/** Limits of a drain in tests: the real ones. */
export const LIMITS: DrainInput['limits'] = {
  parallelNodes: 3,
  parallelPods: 10,
  nodeMs: 30 * 60_000,
  wholeMs: 4 * 3_600_000,
  stuckMs: 60_000,
};

/** Where a worker may die in a drain. */
export const DRAIN_BOUNDARIES = [
  'cleanup-registered',
  'intent-stored',
  'call-made',
  'observed-stored',
] as const satisfies readonly CrashPoint[];

/** The steps of a drain alone, without a plan around them. */
export const drainOnly = defineRunbook({
  id: 'drain-only',
  version: 1,
  title: 'Drain in a test',
  params: z.strictObject({}),
  needs: ['kubernetes'],
  steps: [cordonStep, drainStep],
  cleanups: [uncordonCleanup],
  locks: () => [],
  plan: async () => await Promise.reject(new Error('not planned')),
});

/** A world, and a harness over it. */
export interface DrainScene {
  readonly world: DrainWorld;
  readonly harness: StepHarness;
}

/** Makes a scene. */
export function drainScene(options: DrainWorldOptions = {}): DrainScene {
  const world = createDrainWorld(options);
  const cluster = { platform: 'kubeadm' } as const;
  const runId = 'drain-prod-test';
  return { world, harness: createStepHarness({ kubernetes: world.port, clock: world.clock, cluster, runId }) };
}

/** Lines that cordon and drain these nodes, as they are now. */
export async function drainLines(
  { world }: DrainScene,
  names: readonly string[],
  how: {
    readonly consents?: Partial<DrainConsents>;
    readonly limits?: Partial<DrainInput['limits']>;
    readonly leavesStuck?: boolean;
    readonly graceSeconds?: number;
  } = {},
): Promise<readonly PlannedStep[]> {
  const seen = await readDrainView(world.port, new AbortController().signal);
  if (!seen.ok) throw new Error(seen.why);
  const nodes = seen.view.nodes.flatMap(({ name, uid }) => (names.includes(name) ? [{ name, uid }] : []));
  const consents = { ...NO_CONSENTS, ...how.consents };
  const facts = factsOf(seen.view, nodes, { consents, chosen: [] }, world.clock.nowMs());
  const limits = { ...LIMITS, ...how.limits };
  const { leavesStuck = false, graceSeconds = null } = how;
  return [cordonStep.plan({ nodes }), drainStep.plan({ facts, limits, graceSeconds, leavesStuck })];
}
