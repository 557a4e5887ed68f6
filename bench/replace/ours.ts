import type { RunState } from '../../src/core/run-state.ts';
import type { RunbookScene } from '../../test/support/runbook-scene.ts';
import type { VoterWatch } from './voters.ts';

/** What one replacement took, ms. */
export interface Replacement {
  /** From the first approval until the ring has had its voters, all healthy, without a further break. */
  readonly whole: number;
  /** From the first approval to the end of the run. */
  readonly ended: number;
  /** Each part, in the order of the plan; together `ended`. */
  readonly parts: ReadonlyMap<string, number>;
}

const PART_OF_KIND = new Map([
  ['replace.check-backup', 'backup'],
  ['replace.watch-target', 'watch'],
  ['hosts.stop-member', 'removal'],
  ['ocp.stop-pod', 'removal'],
  ['ocp.set-aside', 'removal'],
  ['etcd.remove-member', 'removal'],
  ['hosts.set-aside', 'join'],
  ['etcd.add-learner', 'join'],
  ['hosts.start-member', 'join'],
  ['etcd.promote', 'promotion'],
  ['etcd.settle-alarms', 'verification'],
  ['etcd.write-probe', 'verification'],
  ['replace.verify', 'verification'],
]);
const PAUSE_MS = 500;
const PATIENCE_MS = 150_000;

/**
 * Replaces a member by a run; its gates are answered at once. Asked again while the plan blocks, because a fault is to be seen first.
 *
 * @throws Error when it does not end as `succeeded`.
 */
export async function replaceByRun(scene: RunbookScene, name: string, voters: VoterWatch): Promise<Replacement> {
  const params = { target: { kind: 'member', name }, backup: null, overHealthy: false, peerUrl: null };
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const run = await scene.run('etcd-replace', { ...params, by: 'T0HOME/U0OPERATOR' });
    if (run.ended?.outcome === 'succeeded') return took(run, voters.since());
    if (run.ended?.outcome !== 'blocked' || Date.now() > untilMs)
      throw new Error(`the replacement of ${name} ended as ${JSON.stringify(run.ended)}${blocks(run)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
}

function blocks({ plan }: RunState): string {
  const blocking = plan?.checks.filter(({ verdict }) => verdict === 'block') ?? [];
  return blocking.map(({ id, evidence }) => `\n${id}: ${evidence}`).join('');
}

function took(run: RunState, wholeMs: number | null): Replacement {
  const approvedMs = Date.parse(run.gates[0]?.settled?.at ?? '');
  if (wholeMs === null) throw new Error('the run has ended, but not every voter is healthy');
  const ended = Date.parse(run.ended?.at ?? '') - approvedMs;
  const parts = new Map<string, number>();
  for (const { index, startedAt, doneAt } of run.steps) {
    const part = partOf(run.plan?.steps[index]?.kind ?? '');
    const ms = Date.parse(doneAt ?? '') - Date.parse(startedAt ?? '');
    parts.set(part, (parts.get(part) ?? 0) + ms);
  }
  const inSteps = [...parts.values()].reduce((sum, ms) => sum + ms, 0);
  parts.set('between the steps: gates, cleanups', ended - inSteps);
  return { whole: wholeMs - approvedMs, ended, parts };
}

/** What only one platform does goes by the name of its step. */
function partOf(kind: string): string {
  const [name = ''] = kind.split('@');
  return name.startsWith('backup.') ? 'backup' : (PART_OF_KIND.get(name) ?? name);
}
