import { z } from 'zod';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ChangeState, doneBefore, leave, NOT_WAITING, ringBeforeCall } from '../../steps/carry-out.ts';
import { judgeRemovalNow } from '../../steps/judge-removal-now.ts';
import { withNodeShell } from '../../steps/node-shell.ts';
import { type Changed, isOf, makeChange } from '../../steps/object-change.ts';
import { type Clearance, waitOrStop } from '../../steps/pass-gate.ts';
import { RingOutput, TargetRef } from '../input.ts';
import { MachineRingInput } from './machine-input.ts';
import { lookAtNodeData, MANIFEST, type PodNode, placesOf, stillRuns, stopPodChange } from './pod-files.ts';

/** Input of `ocp.stop-pod@1`. */
export const StopPodInput = MachineRingInput.extend({
  /** The member, in words. */
  member: z.string().min(1),
  /** `null`: it was removed before anybody asked. */
  target: TargetRef.nullable(),
  /** See `RemovalKind`. */
  why: z.enum(['dead', 'sick', 'swap']),
  node: z.string().min(1),
  /** Of the node shell, as it was configured when the plan was made. */
  image: z.string().min(1),
});
type StopPodInput = z.infer<typeof StopPodInput>;
type StopPodContext = StepContext<'etcd' | 'kubernetes'>;
type StopPodAnswer = StepAnswer<ChangeState, RingOutput>;

/**
 * Stops the etcd of a node by taking its manifest away, and sees its process gone. The manifest is kept, and the data stay in their place until
 * the member is out of the list: started without them, a voter would have forgotten its votes. Nothing is stopped that came back since the plan was
 * approved, nor where the data could not be moved later.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member whose etcd pod is crashlooping*. It does not wait until the process is gone.
 */
export const stopPodStep = defineStep({
  kind: 'ocp.stop-pod@1',
  input: StopPodInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ node, image }) =>
    `Open a shell on ${node} (a privileged pod with ${image}, for the time of this step), take the manifest of its etcd pod away, which is kept there, and see that it has ended`,
  items: ({ member }) => [member],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.stopping && context.open === null)
      return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
    // The plan is a record that others can write to; what runs as root on a node is only what this worker is configured for.
    if (context.cluster.nodeShell?.image !== input.image)
      return refused('nodeShell.image was changed after the plan was made.');
    const answer = await withNodeShell(
      context,
      input,
      async (shell) => await stopThere(context, input, state, { ...input, shell }),
    );
    context.signal.throwIfAborted();
    return answer.ok ? answer.value : withoutShell(context, state, answer.why);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

function refused(note: string): StopPodAnswer {
  return { kind: 'stop', reason: 'host-refused', note };
}

/** An open call is looked for as long as a ring is waited for; then nobody can tell. */
async function withoutShell(context: StopPodContext, state: ChangeState, why: string): Promise<StopPodAnswer> {
  const note = `${why.replace(/\.$/, '')}.`;
  if (context.open === null) return refused(note);
  const answer = waitOrStop(context, state.waitingSince, { reason: 'outcome-unknown', note }, (waitingSince) => ({
    waitingSince,
  }));
  if (answer.kind === 'stop') await context.observed({ result: 'unknown', note, evidence: null });
  return answer;
}

async function stopThere(
  context: StopPodContext,
  input: StopPodInput,
  state: ChangeState,
  place: PodNode,
): Promise<StopPodAnswer> {
  const places = placesOf(context.runId);
  const change = stopPodChange(place, places);
  const isOpen = context.open !== null && isOf(context.open, change);
  const earlier = doneBefore(context, change);
  if (earlier === null && !isOpen) {
    const cleared = await beforeStop(context, input, place);
    if (cleared.kind === 'stop') return cleared;
    if (cleared.kind === 'wait') return waiting(context, state, cleared);
  }
  const changed: Changed =
    earlier === null ? await makeChange(context, change) : { kind: 'done', note: sentence(earlier) };
  // A program that fails on the node is no refusal of the API.
  if (changed.kind === 'stop') return changed.reason === 'api-refused' ? refused(changed.note) : changed;
  if (changed.kind === 'wait') return waiting(context, isOpen ? NOT_WAITING : state, changed);
  // What was open is settled; a cancel ends the step here.
  if (isOpen) return { kind: 'again', afterMs: 0, state: NOT_WAITING, note: changed.note };
  const { kept } = places;
  const back = `To start it again, only as long as it is a member, as root on ${input.node}: mv -T ${kept} ${MANIFEST}.`;
  const still = await stillRuns(context, place);
  if (still !== null)
    return {
      kind: 'stop',
      reason: 'old-process-alive',
      note: `${sentence(still.why)} The manifest is in ${kept}; the data were not touched. ${back}`,
    };
  const words = [changed.note, `On ${input.node} etcd stays stopped until a new member starts there. ${back}`];
  return await leave(context, input, state, { added: null, aside: null }, words);
}

/**
 * A pod is not stopped while that could cost the ring its quorum, nor when its member is well again: gates may have stood for long. Data that
 * no rename can move are found now, and not behind the removal.
 */
async function beforeStop(context: StopPodContext, input: StopPodInput, place: PodNode): Promise<Clearance> {
  const data = await lookAtNodeData(place, placesOf(context.runId).data);
  if (data.is === 'odd') return { kind: 'stop', reason: data.reason, note: sentence(data.why) };
  if (data.is === 'unread') return { kind: 'wait', reason: 'host-refused', note: sentence(data.why) };
  const cleared = await ringBeforeCall(context, input);
  const { target, why, alsoDead = [] } = input;
  if (cleared.kind !== 'go' || target === null) return cleared;
  const verdict = await judgeRemovalNow(context, cleared.ring, { target, kind: why, alsoDead });
  // With its pod stopped by this very step, a member that was sick is dead now.
  return verdict.kind === 'go' ? cleared : verdict;
}

function waiting(
  context: StopPodContext,
  state: ChangeState,
  trouble: { readonly reason: Exclude<Changed, { readonly kind: 'done' }>['reason']; readonly note: string },
): StopPodAnswer {
  return waitOrStop(context, state.waitingSince, trouble, (waitingSince) => ({ waitingSince }));
}
