import { type Actor, sameActor } from '../../../core/actor.ts';
import { mayCancel } from '../../../core/cancel.ts';
import type { RunDesk, RunWord } from '../../../core/command.ts';
import { LATEST } from '../../../core/decide.ts';
import { askedNow } from '../../../core/policy/waiting.ts';
import { mayDecide, maySee, type Place } from '../../../core/policy.ts';
import { foldRun, openGate, type RunState } from '../../../core/run-state.ts';
import type { DispatchDeps } from './deps.ts';

/** How many runs are looked at to find those a person may see. */
const LOOK_AT = 200;
/** The same for runs of one runbook: the others are not read, only listed. */
const LOOK_AT_OF_ONE = 5000;

/** What it needs. */
type DeskDeps = Pick<DispatchDeps, 'desk' | 'runs' | 'policy' | 'clock'>;

/** The desk for one person and one delivery: only what that person may see there and then. */
export function createRunDesk(deps: DeskDeps, actor: Actor, idempotencyKey: string, place?: Place): RunDesk {
  const channel = place?.channel ?? null;
  const visible = (state: RunState): boolean =>
    state.request !== null && maySee(deps.policy(), actor, state.request.cluster, place);
  const desk: RunDesk = {
    async list({ cluster, limit, runbook: wanted }) {
      const found: RunState[] = [];
      const most = wanted === undefined ? LOOK_AT : LOOK_AT_OF_ONE;
      for (const { id, runbook } of await deps.runs.list({ cluster, limit: most })) {
        if (found.length >= limit) break;
        if (wanted !== undefined && runbook !== wanted) continue;
        const state = await readRun(deps, id);
        if (state !== null && visible(state)) found.push(state);
      }
      return found;
    },
    async find(id) {
      if (id === LATEST) return (await desk.list({ cluster: null, limit: 1 }))[0] ?? null;
      const state = await readRun(deps, id);
      return state !== null && visible(state) ? state : null;
    },
    async findToDecide(id) {
      const seen = await desk.find(id);
      if (seen !== null || id === LATEST) return seen;
      const state = await readRun(deps, id);
      return state !== null && concerned(deps, state, actor) ? state : null;
    },
    async findToCancel(id) {
      const seen = await desk.find(id);
      if (seen !== null || id === LATEST) return seen;
      const state = await readRun(deps, id);
      return state !== null && mayCancel(deps.policy(), state, actor) ? state : null;
    },
    async waiting(most) {
      const found: RunState[] = [];
      for (const id of await deps.runs.unfinished()) {
        if (found.length >= most) break;
        const state = await readRun(deps, id);
        if (state !== null && visible(state) && openGate(state) !== null) found.push(state);
      }
      return found;
    },
    vote: async (run, verdict, note) => await voteOn(deps, run, { actor, verdict, note, idempotencyKey, channel }),
    cancel: async (run) => await deps.desk.cancel({ runId: run.id, actor, idempotencyKey, channel }),
  };
  return desk;
}

/** Whether a gate of the run asks that person now, or has been answered by them: its card lets them answer too. */
function concerned(deps: DeskDeps, state: RunState, actor: Actor): boolean {
  if (state.gates.some((gate) => gate.votes.some((vote) => sameActor(vote.actor, actor)))) return true;
  const gate = openGate(state);
  if (gate === null) return false;
  const policy = deps.policy();
  const { approvals } = askedNow(state, policy, gate, deps.clock.nowMs());
  return mayDecide(policy, actor, approvals, gate.escalatedAt !== null);
}

/** A run as it is now; `null`: there is none. */
export async function readRun(deps: Pick<DispatchDeps, 'runs'>, id: string): Promise<RunState | null> {
  const record = await deps.runs.read(id);
  return record === null ? null : foldRun(record);
}

interface SpokenVote {
  readonly actor: Actor;
  readonly verdict: 'approve' | 'reject';
  readonly note: string | null;
  readonly idempotencyKey: string;
  readonly channel: string | null;
}

/** A vote by word is on the gate that waits now; where none does, the last gate says what became of it. */
async function voteOn(deps: DeskDeps, run: RunState, vote: SpokenVote): Promise<RunWord> {
  const gate = openGate(run) ?? run.gates.at(-1);
  if (gate === undefined) return { ok: false, reason: run.ended === null ? 'no-gate-open' : 'run-ended', why: '' };
  return await deps.desk.vote({ runId: run.id, gate: gate.spec.id, hash: gate.hash, ...vote });
}
