import { z } from 'zod';
import { ETCD_OPERATOR } from '../../../src/core/openshift/guard.ts';
import { etcdOperatorWords } from '../../../src/core/openshift/operator.ts';
import type { KubernetesPort, PatchOperation } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { ChangeState, carryOut, leave, NOT_WAITING, waitForward } from '../../steps/carry-out.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { type ChangeLook, type ObjectChange } from '../../steps/object-change.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { RingOutput } from '../input.ts';
import { MachineRingInput } from './machine-input.ts';
import { seeEtcdOperator, seeEtcdPods } from './read-openshift.ts';

/** Input of `ocp.redeploy@1`. */
export const RedeployInput = MachineRingInput.extend({
  /** Uid of the resource of the etcd operator. */
  uid: z.string().min(1),
  /** False: only when the operator has not rolled out everything by itself within `settleMs`. */
  always: z.boolean(),
  settleMs: z.number().nonnegative(),
  /** Pods of etcd that there must be. */
  pods: z.int().positive(),
});
type RedeployInput = z.infer<typeof RedeployInput>;

/** What `ocp.redeploy@1` leaves. */
export const RedeployOutput = RingOutput.extend({
  redeployed: z.object({
    /** The reason that was set; `null`: none, the operator had rolled out everything by itself. */
    reason: z.string().nullable(),
    /** The newest revision before. */
    revision: z.int(),
  }),
});
type RedeployOutput = z.infer<typeof RedeployOutput>;

const RedeployState = z.object({ change: ChangeState, wait: WaitState });
type RedeployState = z.infer<typeof RedeployState>;
type RedeployContext = StepContext<'etcd' | 'kubernetes'>;
type RedeployAnswer = StepAnswer<RedeployState, RedeployOutput>;

const Facts = z.object({ value: z.string(), revision: z.int() });
const ITEM = 'etcd pods of all control-plane nodes';

/**
 * Has the operator roll out etcd anew, with a reason that it has not seen yet. Asked for only where it is needed: a roll-out restarts every
 * member, one by one.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member*, `forceRedeploymentReason`.
 */
export const redeployStep = defineStep({
  kind: 'ocp.redeploy@1',
  input: RedeployInput,
  state: RedeployState,
  output: RedeployOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: ({ settleMs }) => settleMs + 45 * 60_000,
  retry: ONCE,
  describe: ({ always, settleMs }) =>
    always
      ? 'Have the etcd operator roll out its pods anew, one node after the other'
      : `If the etcd operator has not rolled out every pod by itself within ${formatSpan(settleMs)}, have it roll them out anew, one node after the other`,
  items: () => [ITEM],
  initial: () => ({ change: NOT_WAITING, wait: NOT_BEGUN }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    if (context.acts.length === 0 && !input.always) {
      const settled = await untilSettled(context, input, state);
      if (settled !== null) return settled;
    }
    return await redeploy(context, input, state);
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** Waits for the operator; `null`: it did not get there by itself. */
async function untilSettled(
  context: RedeployContext,
  input: RedeployInput,
  state: RedeployState,
): Promise<RedeployAnswer | null> {
  const answer = await waitFor<{ readonly words: string; readonly revision: number } | null>(
    context,
    input,
    state.wait,
    {
      withinMs: Number.POSITIVE_INFINITY,
      late: 'operator-stuck',
      look: async (_ring, waitedMs) => await lookAtRollOut(context, input, waitedMs),
    },
  );
  if (answer.kind === 'stop') return answer;
  if (answer.kind === 'again') return { ...answer, state: { ...state, wait: answer.state } };
  if (answer.value === null) return null;
  const { words, revision } = answer.value;
  const left = await leave(context, input, state.change, NOTHING, [words]);
  if (left.kind !== 'done') return going(state, left);
  return { ...left, output: { ...left.output, redeployed: { reason: null, revision } } };
}

const NOTHING = { added: null, aside: null } as const;

async function lookAtRollOut(
  { ports, signal }: RedeployContext,
  input: RedeployInput,
  waitedMs: number,
): Promise<Awaited<{ readonly words: string; readonly revision: number } | null>> {
  const [operator, pods] = await Promise.all([
    seeEtcdOperator(ports.kubernetes, signal),
    seeEtcdPods(ports.kubernetes, signal),
  ]);
  const isLate = waitedMs >= input.settleMs;
  if (!operator.ok || !pods.ok)
    return { kind: 'not-yet', note: operator.ok ? (pods.ok ? '' : pods.why) : operator.why };
  const { atLatestRevision, revision } = etcdOperatorWords(operator.value);
  const ready = pods.value.filter((pod) => pod.ready).length;
  const words = `${ready} of ${input.pods} etcd pods are ready; ${revision}`;
  // No revision reaches another node that is dead.
  const isRolledOut = atLatestRevision || (input.alsoDead ?? []).length > 0;
  if (isRolledOut && ready >= input.pods)
    return {
      kind: 'there',
      value: { words: `${words}: no roll-out is needed.`, revision: operator.value.latestRevision },
    };
  return isLate ? { kind: 'there', value: null } : { kind: 'not-yet', note: words };
}

async function redeploy(context: RedeployContext, input: RedeployInput, state: RedeployState): Promise<RedeployAnswer> {
  const { open, stopping, acts, ports, signal } = context;
  const mayCall = open === null && !stopping && !acts.some(({ observed }) => observed?.result === 'done');
  const before = mayCall ? await revisionBefore(ports.kubernetes, signal) : null;
  const answer =
    before !== null && 'note' in before
      ? waitForward(context, input, state.change.waitingSince, before)
      : await carryOut(context, input, state.change, [forceChange(context, input, before?.revision ?? null)]);
  if (answer.kind !== 'done') return going(state, answer);
  const { value, revision } = Facts.parse(context.acts.at(-1)?.facts);
  return { ...answer, output: { ...answer.output, redeployed: { reason: value, revision } } };
}

/** A revision that was not read or not told is none: every one would be newer, and the roll-out would be believed before it began. */
async function revisionBefore(
  kubernetes: Pick<KubernetesPort, 'get' | 'list'>,
  signal: AbortSignal,
): Promise<{ readonly revision: number } | { readonly reason: EndReason; readonly note: string }> {
  const operator = await seeEtcdOperator(kubernetes, signal);
  if (!operator.ok) return { reason: 'access-refused', note: sentence(operator.why) };
  const { latestRevision: revision } = operator.value;
  if (revision > 0) return { revision };
  return { reason: 'operator-stuck', note: 'The etcd operator does not tell its newest revision.' };
}

function going(
  state: RedeployState,
  answer: Exclude<StepAnswer<ChangeState, RingOutput>, { readonly kind: 'done' }>,
): RedeployAnswer {
  return answer.kind === 'again' ? { ...answer, state: { ...state, change: answer.state } } : answer;
}

/**
 * The value is new with each announcement: it must differ from the last one, whoever set that.
 *
 * @param revision the newest one before; `null`: no call is to be made
 */
function forceChange(context: RedeployContext, { uid }: RedeployInput, revision: number | null): ObjectChange {
  const { ports, signal, runId, acts } = context;
  const last = acts.at(-1);
  const announced = last !== undefined && last.observed?.result !== 'not-done' ? Facts.safeParse(last.facts) : null;
  const value = announced?.success === true ? announced.data.value : `recovery-${runId}-${context.nowIso()}`;
  return {
    item: ITEM,
    action: 'force-redeploy',
    facts: { value, revision },
    look: async (): Promise<ChangeLook> => {
      const now = await seeEtcdOperator(ports.kubernetes, signal);
      if (!now.ok) return { is: 'unread', why: now.why };
      if (now.value.uid !== uid)
        return { is: 'unread', why: 'Etcd cluster is another object than when the plan was approved' };
      return now.value.forceRedeploymentReason === value
        ? { is: 'done', note: `the operator was told to roll out anew (${value})` }
        : { is: 'not-done', note: 'the operator was not told to roll out anew' };
    },
    call: async (calling) => {
      const call = { timeoutMs: OBJECT_CALL_MS, signal: calling };
      const now = await ports.kubernetes.get(ETCD_OPERATOR, call);
      if (!now.ok) return { ok: false, error: { code: 'unreachable', message: now.error.message } };
      // Read after the object: a newer revision is either seen here, or changes the object that the patch tests.
      const operator = await seeEtcdOperator(ports.kubernetes, calling);
      if (!operator.ok) return { ok: false, error: { code: 'unreachable', message: operator.why } };
      if (operator.value.latestRevision !== revision)
        return { ok: false, error: { code: 'conflict', message: 'the operator made a new revision meanwhile' } };
      const patch: readonly PatchOperation[] = [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: now.value.metadata.resourceVersion },
        { op: 'add', path: '/spec/forceRedeploymentReason', value },
      ];
      return await ports.kubernetes.patchJson(ETCD_OPERATOR, patch, call);
    },
  };
}
