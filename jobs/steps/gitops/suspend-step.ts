import { z } from 'zod';
import { type Suspension, suspensionWords } from '../../../src/core/gitops/finding.ts';
import { refOf, Suspended, suspendPatch } from '../../../src/core/gitops/suspend.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepContext } from '../../../src/core/step.ts';
import { ChangesState, makeChanges, NOT_WAITING } from '../drain/make-changes.ts';
import type { ChangeLook, ObjectChange } from '../object-change.ts';
import { SuspendOutput, seeBefore } from './before-change.ts';
import { GITOPS_CALL_MS, portOf, seeSuspension } from './ports.ts';
import { cleanupId, resumeIfUnchanged } from './resume-cleanup.ts';

/** Input of `gitops.suspend@1` and `gitops.resume@1`. */
export const GitopsInput = z.strictObject({ suspended: z.array(Suspended).min(1) });
export type GitopsInput = z.infer<typeof GitopsInput>;

/** How long a sync that is under way is waited for, and one that cannot be read, ms. */
const SYNC_MS = 10 * 60_000;
const SYNC_EVERY_MS = 5000;

/** A context of the steps here. */
export type GitopsContext = StepContext<'kubernetes' | 'management'>;

/**
 * Keeps those who follow Git from taking a change back, until {@link resumeStep} or the end of the run. Each is registered before it is
 * suspended; one that somebody else suspended stays so.
 */
export const suspendStep = defineStep({
  kind: 'gitops.suspend@1',
  input: GitopsInput,
  state: ChangesState,
  output: SuspendOutput,
  needs: ['kubernetes', 'management'],
  risk: 'reversible',
  timeoutMs: () => 30 * 60_000,
  retry: ONCE,
  describe: ({ suspended }) => `Suspend until Git has the change: ${suspended.map(wordsOf).join(', ')}`,
  items: ({ suspended }) => suspended.map(wordsOf),
  initial: () => NOT_WAITING,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { suspended }, state) => {
    if (context.open === null && !context.stopping)
      for (const each of suspended)
        await context.registerCleanup({
          id: cleanupId(each.suspension),
          kind: resumeIfUnchanged.kind,
          input: { run: context.runId, ...each },
          summary: `${wordsOf(each)}, which was suspended`,
        });
    const changes = suspended.map(({ suspension }) => suspendChange(context, suspension));
    const made = await makeChanges(context, state, changes);
    if (made.kind !== 'all-done') return made;
    const words = made.notes.join(' ');
    const { unread, syncing, before } = await seeBefore(context, suspended);
    const [first] = unread;
    if (first !== undefined)
      return notYet(context, state, first.reason, sentence(unread.map(({ why }) => why).join('; ')));
    if (syncing.length > 0)
      return notYet(context, state, 'plan-drifted', `${syncing.join(', ')}: a sync is under way.`);
    return { kind: 'done', output: { words, revisions: [...before] }, note: words };
  },
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: output.words }),
});

function wordsOf({ suspension }: Suspended): string {
  return suspensionWords(suspension);
}

function suspendChange(context: GitopsContext, suspension: Suspension): ObjectChange {
  const { ports, runId, signal } = context;
  const name = suspensionWords(suspension);
  let resourceVersion = '';
  return {
    item: name,
    action: 'suspend',
    facts: { uid: suspension.uid, before: suspension.before },
    look: async (): Promise<ChangeLook> => {
      const seen = await seeSuspension(ports, suspension, runId, signal);
      if (!seen.ok)
        return { is: 'unread', reason: seen.reason, why: `${name} could not be read: ${seen.error.message}` };
      resourceVersion = seen.object?.metadata.resourceVersion ?? '';
      return LOOKS[seen.state](name);
    },
    call: async (calling) =>
      await portOf(ports, suspension.cluster).patchMerge(refOf(suspension), suspendPatch(suspension, runId), {
        timeoutMs: GITOPS_CALL_MS,
        signal: calling,
        preconditions: { uid: suspension.uid, resourceVersion },
      }),
  };
}

const LOOKS = {
  follows: (name) => ({ is: 'not-done', note: `${name} still follows Git` }),
  ours: (name) => ({ is: 'done', note: `${name} is suspended` }),
  off: (name) => ({ is: 'done', note: `${name} is suspended by somebody else, and stays so` }),
  changed: (name) => ({
    is: 'odd',
    reason: 'plan-drifted',
    why: `${name} follows Git in another way than when this was planned`,
  }),
  gone: (name) => ({
    is: 'odd',
    reason: 'plan-drifted',
    why: `${name} is not there any more, or is another one of that name`,
  }),
} as const satisfies Record<string, (name: string) => ChangeLook>;

/** Nothing is changed before it is known how they stand to Git, and no sync is under way. */
function notYet(context: GitopsContext, state: ChangesState, reason: EndReason, note: string) {
  const waitingSince = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - waitingSince >= SYNC_MS)
    return { kind: 'stop', reason, note: `${note} It stayed so for ${SYNC_MS / 60_000} min.` } as const;
  return { kind: 'again', afterMs: SYNC_EVERY_MS, state: { waitingSince }, note: `Waiting: ${note}` } as const;
}
