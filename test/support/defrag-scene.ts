import { etcdDefrag } from '../../jobs/etcd-defrag/runbook.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { createStepHarness, type HarnessEnd, type HarnessOptions, type StepHarness } from './step-harness.ts';

/** Parameters of `/kube defrag` without any flag. */
export const BY_RULE = {
  members: [] as readonly string[],
  all: false,
  moveLeader: false,
  pauseMs: null as number | null,
};

/** A ring, a harness and the plan that was made on it. */
export interface DefragScene {
  readonly harness: StepHarness;
  readonly draft: PlanDraft;
  /** Runs the plan to its end. */
  readonly run: () => Promise<HarnessEnd>;
  /** Members in the order in which they were really asked to defragment, from the fake's own log. */
  readonly turns: () => readonly string[];
}

/** Plans on a fake ring; everything after the plan may still be disturbed. */
export async function defragScene(
  options: HarnessOptions = {},
  params: Partial<typeof BY_RULE> = {},
): Promise<DefragScene> {
  const harness = createStepHarness(options);
  const draft = await harness.plan(etcdDefrag, { ...BY_RULE, ...params });
  return {
    harness,
    draft,
    run: async () => await harness.run(etcdDefrag, draft.steps),
    turns: () => turnsOf(harness),
  };
}

function turnsOf(harness: StepHarness): readonly string[] {
  return harness.etcd.calls.flatMap((call) =>
    call.method === 'defragment' && call.member !== null ? [call.member] : [],
  );
}

/** Checks of a plan that block it, by id. */
export function blocking(draft: PlanDraft): readonly string[] {
  return draft.checks.filter((each) => each.verdict === 'block').map((each) => each.id);
}

/** Checks of a plan that warn, by id. */
export function warning(draft: PlanDraft): readonly string[] {
  return draft.checks.filter((each) => each.verdict === 'warn').map((each) => each.id);
}

/** An error as the port gives it. */
export function portError(code: EtcdError['code'], message = 'no answer in time'): EtcdError {
  return { code, message };
}

/** A scene that is disturbed when the n-th turn is asked for (1 is the first). */
export async function atTurn(
  nth: number,
  disturb: (scene: DefragScene, member: string) => void,
  options: Parameters<typeof defragScene>[0] = {},
) {
  const holder: { scene: DefragScene | null } = { scene: null };
  let turns = 0;
  const scene = await defragScene({
    ...options,
    etcd: {
      ...options.etcd,
      onCall: (call) => {
        if (call.method !== 'defragment' || holder.scene === null) return;
        turns += 1;
        if (turns === nth) disturb(holder.scene, call.member ?? '');
      },
    },
  });
  holder.scene = scene;
  return scene;
}
