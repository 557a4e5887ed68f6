import { z } from 'zod';
import { REMEDIATE_MACHINE } from '../../../src/core/cluster-api/names.ts';
import { controllerWords } from '../../../src/core/cluster-api/remediation.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import type { Ring } from '../../../src/core/etcd/ring.ts';
import type {
  KubernetesErrorCode,
  KubernetesObject,
  KubernetesResult,
  PatchOperation,
} from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import type { StateReport } from '../../../src/core/state-report.ts';
import { type DefinedStep, defineStep, ONCE, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ringReport, seeChanged, sickVoters, sickWords, votersWords } from '../../steps/changed-ring.ts';
import { judgeRemovalNow } from '../../steps/judge-removal-now.ts';
import { waitOrStop } from '../../steps/pass-gate.ts';
import { lookOf, readRing } from '../../steps/read-ring.ts';
import { changesOf, RingOutput } from '../input.ts';
import { goesOn } from './goes-on.ts';
import { RemediateInput } from './input.ts';
import { lookAtRequest } from './look-at-request.ts';
import { driftOfView, obstaclesNow, triggerDrift } from './obstacles.ts';
import { MANAGEMENT_CALL_MS, type ManagementView, readManagement } from './read-management.ts';
import { ANNOTATION_PATH, WITHDRAW_ID, withdrawRequest } from './withdraw.ts';

type Context = StepContext<'etcd' | 'management'>;

const RequestState = z.object({
  /** Since when it cannot be told whether it may be done, ms since the epoch; `null`: it can. */
  waitingSince: z.number().nullable(),
  /** Since when the outcome of a call cannot be seen, ms; `null`: it can. */
  unseenSince: z.number().nullable(),
  /** Since when the machine is seen as it was, after a call of which nobody knows the outcome, ms; `null`: it is not. */
  asItWasSince: z.number().nullable(),
});
type RequestState = z.infer<typeof RequestState>;
type Answer = StepAnswer<RequestState, RingOutput>;

const FRESH: RequestState = { waitingSince: null, unseenSince: null, asItWasSince: null };
/** How long the outcome of a call is looked for. */
const UNSEEN_MS = 10 * 60_000;
/** How long the machine must go on being as it was after a call without a certain answer: a call that is under way comes late, ms. */
const LATE_MS = 60_000;
/** Errors that tell nothing of whether the call happened. */
const UNSURE: ReadonlySet<KubernetesErrorCode> = new Set(['unknown-outcome', 'server-error', 'cancelled']);
/** A call that the server refuses because the machine changed meanwhile is made so often. */
const TRIES = 3;

/** KubeadmControlPlane is asked to replace a machine: it removes the member, deletes the machine and makes another. */
export const remediateStep = requestStep('capi.remediate@1');
/** The controller of external etcd is made to replace a machine, by deleting it: the controller removes the member and makes another. */
export const removeEtcdMachineStep = requestStep('eksa.remove-machine@1');

function requestStep(kind: 'capi.remediate@1' | 'eksa.remove-machine@1'): DefinedStep<RemediateInput> {
  return defineStep({
    kind,
    input: RemediateInput,
    state: RequestState,
    output: RingOutput,
    needs: ['etcd', 'management'],
    risk: 'irreversible',
    commits: true,
    timeoutMs: () => 30 * 60_000,
    retry: ONCE,
    describe: summaryOf,
    items: (input) => [itemOf(input)],
    initial: () => FRESH,
    // Everything is judged in `run`, right before the call.
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async (context, input, state) => {
      if (context.open !== null) return await settle(context, input, state);
      if (context.stopping) return { kind: 'again', afterMs: 0, state, note: 'Nothing is open.' };
      const done = context.acts.findLast((act) => act.observed?.result === 'done');
      if (done !== undefined) return await finished(context, input, done.observed?.note ?? '');
      const clear = await clearance(context, input);
      if (clear.kind === 'go') return await request(context, input, clear);
      const { kind: how, reason, note } = clear;
      if (how === 'stop') return { kind: 'stop', reason, note };
      return waitOrStop(context, state.waitingSince, { reason, note }, (waitingSince) => ({ ...FRESH, waitingSince }));
    },
    verify: async (_context, _input, output) =>
      await Promise.resolve({ kind: 'done', output, note: output.report.notes[0] ?? 'the controller was told' }),
  });
}

/** `cp-2 (…)`, or the machine where there is no member any more. */
function itemOf({ member, machine }: Pick<RemediateInput, 'member' | 'machine'>): string {
  return member === null ? machine.name : memberWords(member);
}

function summaryOf(input: RemediateInput): string {
  const { owner, machine, member, trigger, healthCheck } = input;
  const what = member === null ? '' : `, which removes member ${memberWords(member)}`;
  const how =
    trigger === 'annotation'
      ? `by the annotation ${REMEDIATE_MACHINE}, read by MachineHealthCheck ${healthCheck ?? ''}`
      : 'by deleting the machine';
  return `Have machine ${machine.name} replaced by ${owner.kind} ${owner.name}${what}: ${how}`;
}

type Clear =
  | { readonly kind: 'go'; readonly ring: Ring; readonly view: ManagementView }
  | { readonly kind: 'wait' | 'stop'; readonly reason: EndReason; readonly note: string };

/** Whether it may be told now: the ring as approved, nobody else sick, the controller's own preconditions met, everybody the same. */
async function clearance(context: Context, input: RemediateInput): Promise<Clear> {
  const changes = changesOf(context.outputs, input.mayJoin);
  const expected = { planned: input.ring, changes, target: input.member?.id ?? null };
  const [seen, management] = await Promise.all([
    seeChanged(context, expected),
    readManagement(context.ports.management, input.cluster, context.signal),
  ]);
  if (seen.kind !== 'go') return seen;
  const { ring } = seen;
  const judged = await judgeRing(context, ring, input);
  if (judged !== null) return judged;
  if (!management.ok)
    return { kind: 'wait', reason: 'access-refused', note: `${management.why}. Nothing was changed.` };
  const { view } = management;
  const drift = driftOfView(view, input);
  const trigger = triggerDrift(view, input);
  if (drift.length > 0) return { kind: 'stop', reason: 'plan-drifted', note: `${drift.join('; ')}.` };
  const obstacles = obstaclesNow(view, ring, input, context.nowMs());
  if (obstacles.length > 0) {
    const target = view.machines.find((each) => each.uid === input.machine.uid) ?? null;
    const said = controllerWords(view.controlPlane, target);
    const note = [...obstacles.map(({ words }) => words), ...said].join('. ');
    return { kind: 'wait', reason: 'controller-refused', note: `${note}. Nothing was changed.` };
  }
  if (trigger !== null)
    return { kind: 'stop', reason: 'plan-drifted', note: `The way to tell the controller changed: ${trigger}.` };
  return { kind: 'go', ring, view };
}

async function judgeRing(
  context: Context,
  ring: Ring,
  { member, removal, alsoDead }: RemediateInput,
): Promise<Clear | null> {
  if (member !== null) {
    const verdict = await judgeRemovalNow(context, ring, { target: member, kind: removal, alsoDead });
    return verdict.kind === 'go' ? null : { kind: verdict.kind, reason: verdict.reason, note: verdict.note };
  }
  const sick = sickVoters(ring, alsoDead);
  return sick.length === 0 ? null : { kind: 'wait', reason: 'second-member-sick', note: `${sickWords(sick)}.` };
}

async function request(
  context: Context,
  input: RemediateInput,
  { ring, view }: { readonly ring: Ring; readonly view: ManagementView },
): Promise<Answer> {
  const target = view.machines.find((each) => each.uid === input.machine.uid);
  if (target === undefined)
    return { kind: 'stop', reason: 'plan-drifted', note: `Machine ${input.machine.name} is gone.` };
  const { uid, resourceVersion, namespace, name, apiVersion } = target;
  const tries = context.acts.length;
  if (tries >= TRIES) {
    const note = `${tries} times the management cluster took the request and the machine stayed as it was. ${context.acts.at(-1)?.observed?.note ?? ''}`;
    return { kind: 'stop', reason: 'call-without-effect', note };
  }
  const ref = { apiVersion, kind: 'Machine', namespace, name };
  if (input.trigger === 'annotation') {
    await context.registerCleanup({
      id: WITHDRAW_ID,
      kind: withdrawRequest.kind,
      input: { apiVersion, namespace, name, uid, run: context.runId },
      summary: `the annotation that asks to have machine ${name} replaced; with the machine, once that is deleted`,
    });
  }
  const action = input.trigger === 'annotation' ? 'remediate' : 'delete-machine';
  const facts = { machine: name, uid, resourceVersion, owner: input.owner.name, voters: votersWords(ring) };
  const result = await context.act({ item: itemOf(input), action, facts }, async (signal) => {
    const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
    return input.trigger === 'annotation'
      ? await context.ports.management.patchJson(
          ref,
          annotate(target.annotations, context.runId, { uid, resourceVersion }),
          call,
        )
      : await context.ports.management.delete(ref, {
          ...call,
          preconditions: { uid, resourceVersion },
          propagation: 'Background',
        });
  });
  return await conclude(context, input, { view, result, state: FRESH });
}

function annotate(
  annotations: Readonly<Record<string, string>>,
  run: string,
  { uid, resourceVersion }: { readonly uid: string; readonly resourceVersion: string },
): readonly PatchOperation[] {
  const isFirst = Object.keys(annotations).length === 0;
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    isFirst
      ? { op: 'add', path: '/metadata/annotations', value: { [REMEDIATE_MACHINE]: run } }
      : { op: 'add', path: ANNOTATION_PATH, value: run },
  ];
}

interface Made {
  readonly view: ManagementView | null;
  /** `null`: an earlier worker made the call. */
  readonly result: KubernetesResult<KubernetesObject | null> | null;
  readonly state: RequestState;
}

/** Looks at the machine until it can be told what became of the request. */
async function conclude(context: Context, input: RemediateInput, { view, result, state }: Made): Promise<Answer> {
  const kind = view?.kinds.machine ?? null;
  const error = result?.ok === false ? result.error : null;
  const words = error === null ? '' : ` The management cluster answered: ${error.message}.`;
  const seen =
    kind === null
      ? ({ kind: 'unseen', note: 'the management cluster does not answer' } as const)
      : await lookAtRequest(context, input, kind);
  if (seen.kind === 'done') {
    await context.observed({ result: 'done', note: seen.note, evidence: null });
    return await finished(context, input, seen.note);
  }
  if (seen.kind === 'not-done') {
    const asItWasSince = state.asItWasSince ?? context.nowMs();
    const isSure = result !== null && (error === null || !UNSURE.has(error.code));
    if (!isSure && context.nowMs() - asItWasSince < LATE_MS)
      return again(context, { ...FRESH, asItWasSince }, `${seen.note}, and the call may come late.${words}`);
    await context.observed({ result: 'not-done', note: `${seen.note}.${words}`, evidence: null });
    if (error?.code === 'forbidden' || error?.code === 'unauthorized')
      return { kind: 'stop', reason: 'access-refused', note: `${seen.note}.${words} Nothing was changed.` };
    return { kind: 'again', afterMs: 1000, state: FRESH, note: `${seen.note}.${words}` };
  }
  const unseenSince = state.unseenSince ?? context.nowMs();
  if (context.nowMs() - unseenSince < UNSEEN_MS)
    return again(context, { ...FRESH, unseenSince }, `${seen.note}.${words}`);
  await context.observed({ result: 'unknown', note: seen.note, evidence: null });
  const note = `It cannot be seen whether ${input.owner.name} was told to replace ${input.machine.name}: ${seen.note}. What was begun goes on by itself.`;
  return { kind: 'stop', reason: 'outcome-unknown', note };
}

/** What an earlier worker announced: the machine is looked at, nothing is sent. */
async function settle(context: Context, input: RemediateInput, state: RequestState): Promise<Answer> {
  const management = await readManagement(context.ports.management, input.cluster, context.signal);
  const view = management.ok ? management.view : null;
  return await conclude(context, input, { view, result: null, state });
}

function again({ cluster }: Context, state: RequestState, note: string): Answer {
  return { kind: 'again', afterMs: cluster.defrag.sampleMs, state, note: `Waiting: ${note}` };
}

/** The ring as it is now: the controller may be at it already, so nothing of it is judged here. */
async function finished(context: Context, input: RemediateInput, note: string): Promise<Answer> {
  const { ring } = await readRing(lookOf(context));
  const notes = [`${note.charAt(0).toUpperCase()}${note.slice(1)}. ${goesOn(input)}`];
  const report: StateReport =
    ring === null
      ? { at: context.nowIso(), healthy: false, summary: 'The ring could not be read.', tables: [], notes }
      : ringReport(context, ring, notes);
  return { kind: 'done', output: { removed: null, added: null, aside: null, report }, note };
}
