import { z } from 'zod';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ChangeState, carryOut, doneBefore, NOT_WAITING, waitForward } from '../../steps/carry-out.ts';
import { withNodeShell } from '../../steps/node-shell.ts';
import { isOf } from '../../steps/object-change.ts';
import { RingOutput, removedBefore } from '../input.ts';
import { MachineRingInput } from './machine-input.ts';
import { asideChange, type PodNode, placesOf, stillRuns } from './pod-files.ts';

/** Input of `ocp.set-aside@1`. */
export const SetAsideInput = MachineRingInput.extend({
  /** The member, in words. */
  member: z.string().min(1),
  node: z.string().min(1),
  /** Of the node shell, as it was configured when the plan was made. */
  image: z.string().min(1),
});
type SetAsideInput = z.infer<typeof SetAsideInput>;
type SetAsideContext = StepContext<'etcd' | 'kubernetes'>;
type SetAsideAnswer = StepAnswer<ChangeState, RingOutput>;

/**
 * Moves the data of a member aside by one rename, where they are kept: only once it is out of the list, and only when its process is seen ended.
 * Data are never copied, and nothing is overwritten.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member whose etcd pod is crashlooping*. It moves the data to `/tmp`, which is
 * small and does not outlive a restart, and before the removal: a member that is started again in between would have forgotten what it voted for.
 */
export const setAsideStep = defineStep({
  kind: 'ocp.set-aside@1',
  input: SetAsideInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: ({ node, image }) =>
    `Open a shell on ${node} (a privileged pod with ${image}, for the time of this step) and move the old data aside, which are kept there`,
  items: ({ member }) => [member],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.stopping && context.open === null)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    // The plan is a record that others can write to; what runs as root on a node is only what this worker is configured for.
    if (context.cluster.nodeShell?.image !== input.image)
      return notJoined('nodeShell.image was changed after the plan was made.');
    if (input.targetId !== null && removedBefore(context.outputs) !== input.targetId)
      return { kind: 'stop', reason: 'plan-drifted', note: 'The member whose data they are is in the list still.' };
    const answer = await withNodeShell(
      context,
      input,
      async (shell) => await asideThere(context, input, state, { ...input, shell }),
    );
    context.signal.throwIfAborted();
    return answer.ok ? answer.value : await withoutShell(context, input, state, answer.why);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** With its member removed a node that refuses is more than a failure: the ring waits for a new one. */
function notJoined(note: string): SetAsideAnswer {
  return { kind: 'stop', reason: 'member-not-joined', note: `${note} The old data are in their place still.` };
}

/** The API server may be away while one of two restarts. Of an open call nobody can tell in the end. */
async function withoutShell(
  context: SetAsideContext,
  input: SetAsideInput,
  state: ChangeState,
  why: string,
): Promise<SetAsideAnswer> {
  const note = sentence(why.replace(/\.$/, ''));
  const answer = waitForward(context, input, state.waitingSince, { reason: 'outcome-unknown', note });
  if (answer.kind !== 'stop') return answer;
  if (context.open === null) return notJoined(note);
  await context.observed({ result: 'unknown', note, evidence: null });
  return answer;
}

async function asideThere(
  context: SetAsideContext,
  input: SetAsideInput,
  state: ChangeState,
  place: PodNode,
): Promise<SetAsideAnswer> {
  const places = placesOf(context.runId);
  const change = asideChange(place, places);
  const isOpen = context.open !== null && isOf(context.open, change);
  const beganMs = context.nowMs();
  const still = isOpen || doneBefore(context, change) !== null ? null : await stillRuns(context, place);
  if (still !== null) {
    const note = `${sentence(still.why)} Nothing is moved beside a process that may run.`;
    if (still.isSeen) return notJoined(note);
    // One restarts, and its API server or runtime does not answer meanwhile.
    const since = state.waitingSince ?? beganMs;
    const answer = waitForward(context, input, since, { reason: 'member-not-joined', note });
    return answer.kind === 'stop' ? notJoined(note) : answer;
  }
  const path = places.data.aside;
  const answer = await carryOut(context, input, state, [change], { added: null, aside: { node: input.node, path } });
  const isRefusal = answer.kind === 'stop' && (answer.reason === 'api-refused' || answer.reason === 'host-refused');
  return isRefusal ? notJoined(answer.note) : answer;
}
