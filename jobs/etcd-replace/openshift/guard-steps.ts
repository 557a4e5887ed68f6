import { z } from 'zod';
import { Json } from '../../../src/core/json.ts';
import {
  ETCD_OPERATOR,
  GUARD_ON_COMMAND,
  type GuardReading,
  guardOffPatch,
  guardOnPatch,
} from '../../../src/core/openshift/guard.ts';
import type { KubernetesResult, PatchOperation } from '../../../src/core/ports/kubernetes.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ChangeState, carryOut, leave, NOT_WAITING, waitForward } from '../../steps/carry-out.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { type ChangeLook, type ObjectChange } from '../../steps/object-change.ts';
import { RingInput, RingOutput } from '../input.ts';
import { GUARD_CLEANUP, type SeenGuard, seeGuard } from './guard.ts';

/** Input of `ocp.guard-off@1` and `ocp.guard-back@1`. */
export const GuardInput = RingInput.extend({
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()).exactOptional(),
  /** Uid of the resource of the etcd operator. */
  uid: z.string().min(1),
});
type GuardInput = z.infer<typeof GuardInput>;

const GuardOutput = RingOutput.extend({
  /** What the key was; `null`: it was not there. */
  guardBefore: Json,
});
type GuardContext = StepContext<'etcd' | 'kubernetes'>;

const ITEM = 'quorum guard of the etcd operator';
const Facts = z.object({ before: Json });

/**
 * Turns off the guard by which the operator waits for a ring that may lose a member: with two voters it would wait for ever. What it was is
 * registered before, and put back in every ending.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy etcd member*, "Turn off the quorum guard".
 */
export const guardOffStep = defineStep({
  kind: 'ocp.guard-off@1',
  input: GuardInput,
  state: ChangeState,
  output: GuardOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: () =>
    'Turn the quorum guard of the etcd operator off until the new member is in; it is put back in every ending',
  items: () => [ITEM],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const answer = mayCall(context)
      ? await turnOff(context, input, state)
      : await carryOut(context, input, state, [offChange(context, input, null)]);
    if (answer.kind !== 'done') return answer;
    // Somebody else was quicker: there is nothing of ours to put back.
    if (context.acts.length === 0) await context.cleanedUp(GUARD_CLEANUP);
    return { ...answer, output: { ...answer.output, guardBefore: beforeOf(context) } };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

/** Whether a call may be made in this turn: none is open, none has taken effect, and none is to be left out. */
function mayCall({ open, stopping, acts }: GuardContext): boolean {
  return open === null && !stopping && !acts.some(({ observed }) => observed?.result === 'done');
}

/** A read that failed tells nothing of the guard: it is waited for, because what is not registered is put back by nobody. */
async function turnOff(
  context: GuardContext,
  input: GuardInput,
  state: ChangeState,
): Promise<StepAnswer<ChangeState, RingOutput>> {
  const seen = await seeGuard(context.ports.kubernetes, input.uid, context.signal);
  if (!seen.ok)
    return waitForward(context, input, state.waitingSince, { reason: 'access-refused', note: sentence(seen.why) });
  // Whoever comes later finds the key set, and cannot tell any more what it was.
  if (!seen.guard.off) await registerGuard(context, input, seen.guard.before);
  return await carryOut(context, input, state, [offChange(context, input, seen.guard)]);
}

async function registerGuard(context: GuardContext, { uid, ring }: GuardInput, before: Json): Promise<void> {
  await context.registerCleanup({
    id: GUARD_CLEANUP,
    kind: 'ocp.guard-on@1',
    input: { uid, clusterId: ring.clusterId, before },
    summary: `the ${ITEM} (by hand: ${GUARD_ON_COMMAND})`,
  });
}

/** What the key was before this step set it; `true`: somebody else had turned the guard off. */
function beforeOf({ acts }: GuardContext): Json {
  const facts = Facts.safeParse(acts.at(-1)?.facts);
  return facts.success ? facts.data.before : true;
}

/** `seen`: the guard that is registered, or was off when it was looked at; `null`: no call is to be made. */
function offChange(context: GuardContext, { uid }: GuardInput, seen: GuardReading | null): ObjectChange {
  const { ports, signal } = context;
  return {
    item: ITEM,
    action: 'guard-off',
    facts: { uid, before: seen?.before ?? null },
    look: async (): Promise<ChangeLook> => {
      const now = await seeGuard(ports.kubernetes, uid, signal);
      if (!now.ok) return { is: 'unread', why: now.why };
      if (!now.guard.off) return { is: 'not-done', note: 'the quorum guard is on' };
      const own = context.acts.length > 0;
      return { is: 'done', note: own ? 'the quorum guard is off' : 'the quorum guard was off already, and is left so' };
    },
    call: async (calling) =>
      await patchGuard({ ports, signal: calling }, uid, (now) =>
        isAsSeen(now.guard, seen) ? guardOffPatch(now.etcd, now.guard) : 'changed',
      ),
  };
}

/** Only a guard that was seen to be on is registered; it is turned off as it was seen, or seen anew. */
function isAsSeen(now: GuardReading, seen: GuardReading | null): boolean {
  return seen !== null && !seen.off && JSON.stringify(now.before) === JSON.stringify(seen.before);
}

/** Read again right before, so that the overrides of others are neither lost nor in the way. */
async function patchGuard(
  { ports, signal }: Pick<GuardContext, 'ports' | 'signal'>,
  uid: string,
  patchOf: (now: Extract<SeenGuard, { readonly ok: true }>) => readonly PatchOperation[] | 'changed' | null,
): Promise<KubernetesResult<unknown>> {
  const now = await seeGuard(ports.kubernetes, uid, signal);
  if (!now.ok) return { ok: false, error: { code: 'unreachable', message: now.why } };
  const patch = patchOf(now);
  if (patch === null) return { ok: true, value: null };
  if (patch === 'changed')
    return { ok: false, error: { code: 'conflict', message: 'somebody changed the quorum guard between two looks' } };
  return await ports.kubernetes.patchJson(ETCD_OPERATOR, patch, { timeoutMs: OBJECT_CALL_MS, signal });
}

/** Turns the guard on again when the new member is in. */
export const guardBackStep = defineStep({
  kind: 'ocp.guard-back@1',
  input: GuardInput,
  state: ChangeState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'reversible',
  timeoutMs: () => 45 * 60_000,
  retry: ONCE,
  describe: () => 'Turn the quorum guard of the etcd operator on again',
  items: () => [],
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const before = context.outputs.flatMap((output) => GuardOutput.safeParse(output).data ?? []).at(-1)?.guardBefore;
    if (before === true || before === undefined)
      return await leave(context, input, state, { added: null, aside: null }, [
        'The quorum guard is left off, as it was before.',
      ]);
    const answer = await carryOut(context, input, state, [onChange(context, input, before)]);
    if (answer.kind === 'done') await context.cleanedUp(GUARD_CLEANUP);
    return answer;
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

function onChange({ ports, signal }: GuardContext, { uid }: GuardInput, before: Json): ObjectChange {
  return {
    item: ITEM,
    action: 'guard-on',
    facts: { uid, before },
    look: async (): Promise<ChangeLook> => {
      const now = await seeGuard(ports.kubernetes, uid, signal);
      if (!now.ok) return { is: 'unread', why: now.why };
      return now.guard.off
        ? { is: 'not-done', note: 'the quorum guard is off' }
        : { is: 'done', note: 'the quorum guard is on again' };
    },
    call: async (calling) =>
      await patchGuard({ ports, signal: calling }, uid, ({ guard }) => guardOnPatch(guard, before)),
  };
}
