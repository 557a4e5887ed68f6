import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import type { PlannedStep } from '../../../src/core/plan.ts';
import type { HarnessEnd } from '../step-harness.ts';
import { MATRIX, type MatrixCase } from './cases.ts';
import type { MatrixScene } from './scene.ts';

/** A step of a case. */
export interface MatrixStep {
  readonly name: string;
  readonly make: MatrixCase['make'];
  readonly index: number;
  readonly kind: string;
}

/** As those beside them: a backup has its own tests, and the ring is judged as a whole at the end. */
const LIKE_OTHERS: ReadonlySet<string> = new Set([
  'backup.static@1',
  'backup.publish@1',
  'etcd.settle-alarms@1',
  'etcd.write-probe@1',
]);

/** The steps of every case, by the plans as they are made. */
export async function matrixSteps(): Promise<readonly MatrixStep[]> {
  const rows: MatrixStep[] = [];
  for (const { name, make } of MATRIX) {
    const { steps } = await planOf(await make());
    for (const [index, { kind }] of steps.entries()) if (!LIKE_OTHERS.has(kind)) rows.push({ name, make, index, kind });
  }
  return rows;
}

async function planOf({ harness, params }: MatrixScene) {
  return await harness.plan(etcdReplace, params);
}

/** What came of a run that was disturbed. */
export interface Disturbed {
  readonly scene: MatrixScene;
  readonly end: HarnessEnd;
  readonly steps: readonly PlannedStep[];
  /** Whether the member was out of the list before. */
  readonly wasRemoved: boolean;
  /** Calls that were announced afterwards. */
  readonly announced: readonly string[];
  /** Members that went afterwards and were not added by this run. */
  readonly gone: readonly string[];
  /** What could not be put back, by id. */
  readonly notPutBack: ReadonlyMap<string, string>;
}

/** Something happens right before a step; then the run goes to its end, and everything is put back. */
export async function disturb({ make, index }: MatrixStep, happens: (scene: MatrixScene) => void): Promise<Disturbed> {
  const scene = await make();
  const { etcd } = scene.harness;
  const known = new Set(etcd.ring.members.map(({ id }) => id));
  const { steps, gates } = await planOf(scene);
  const built = gates.find(({ kind }) => kind === 'continue')?.beforeStep;
  const seen = { acts: 0, removed: 0, wasRemoved: false };
  const end = await scene.harness.run(etcdReplace, steps, {
    before: (at) => {
      if (at === index) {
        seen.acts = scene.harness.acts.length;
        seen.removed = etcd.ring.removed.length;
        seen.wasRemoved = etcd.ring.removed.some(({ id }) => id === scene.targetId);
        happens(scene);
      }
      // Nobody joins a ring that takes no writes.
      if (at === built && etcd.ring.leader !== null) scene.person();
    },
  });
  const notPutBack = await scene.harness.restoreCleanups(etcdReplace);
  return {
    scene,
    end,
    steps,
    wasRemoved: seen.wasRemoved,
    announced: scene.harness.acts.slice(seen.acts).map(({ action }) => action),
    gone: etcd.ring.removed.slice(seen.removed).flatMap(({ id }) => (known.has(id) ? [id] : [])),
    notPutBack,
  };
}
