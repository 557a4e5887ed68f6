import { z } from 'zod';
import { lastWriter } from '../../../src/core/cluster-api/upgrade/last-writer.ts';
import { type Suspension, suspensionWords } from '../../../src/core/gitops/finding.ts';
import {
  type PatchedObject,
  refOf,
  resumeCommand,
  resumePatch,
  type Suspended,
} from '../../../src/core/gitops/suspend.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import { defineStep, ONCE, type StepAnswer } from '../../../src/core/step.ts';
import { makeChanges, SILENT_MS } from '../drain/make-changes.ts';
import type { ChangeLook, ObjectChange } from '../object-change.ts';
import { behindGit } from './behind-git.ts';
import { GITOPS_CALL_MS, portOf, seeObjects, seeSuspension } from './ports.ts';
import { cleanupId } from './resume-cleanup.ts';
import { type GitopsContext, GitopsInput } from './suspend-step.ts';

const ResumeState = z.object({
  /** Since when an API server is not answering, ms since the epoch; `null`: it is. */
  waitingSince: z.number().nullable(),
  /** Since when Git is waited for. */
  behindSince: z.number().nullable(),
  /** Since when all follow Git again. */
  followsSince: z.number().nullable(),
  /** What only people told of Git, as sentences. */
  believed: z.array(z.string()),
});
type ResumeState = z.infer<typeof ResumeState>;

const ResumeOutput = z.object({ words: z.string() });
type Answer = StepAnswer<ResumeState, z.infer<typeof ResumeOutput>>;

/** How long Git is waited for after people said that it has the change, ms: Argo CD looks every 3 min. */
const BEHIND_MS = 10 * 60_000;
const BEHIND_EVERY_MS = 15_000;
/** How long the change is looked at after all follow Git again, ms: a difference is taken back within seconds. */
const WATCHED_MS = 90_000;
const WATCH_EVERY_MS = 10_000;
const SILENT_EVERY_MS = 5000;

/**
 * Lets those who were suspended follow Git again, once Git has the change as far as that can be seen, and looks that nobody takes it back.
 * What somebody else suspended stays so.
 */
export const resumeStep = defineStep({
  kind: 'gitops.resume@1',
  input: GitopsInput,
  state: ResumeState,
  output: ResumeOutput,
  needs: ['kubernetes', 'management'],
  risk: 'reversible',
  timeoutMs: () => 60 * 60_000,
  retry: ONCE,
  describe: ({ suspended }) => `Let it follow Git again: ${suspended.map(wordsOf).join(', ')}`,
  items: ({ suspended }) => suspended.map(wordsOf),
  initial: () => ({ waitingSince: null, behindSince: null, followsSince: null, believed: [] }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { suspended }, state) => {
    if (context.open === null && !context.stopping) {
      const trouble = await beforeResuming(context, suspended, state);
      if (trouble !== null) return trouble;
    }
    if (state.followsSince !== null) return await stillThere(context, state, state.followsSince);
    const changes = suspended.map(({ suspension }) => resumeChange(context, suspension));
    const made = await makeChanges(context, { waitingSince: state.waitingSince }, changes);
    if (made.kind === 'stop') return made;
    if (made.kind === 'again') return { ...made, state: { ...state, ...made.state } };
    for (const { suspension } of suspended) await context.cleanedUp(cleanupId(suspension));
    const followsSince = context.nowMs();
    return { kind: 'again', afterMs: WATCH_EVERY_MS, state: { ...state, followsSince }, note: made.notes.join(' ') };
  },
  verify: async (context, { suspended }, output) => {
    const now = await seeObjects(context.ports, objectsOf(suspended), 'after', context.signal);
    if (now.ok && now.differing.length > 0) return reverted(now.objects, objectsOf(suspended), now.differing);
    return { kind: 'done', output, note: output.words };
  },
});

function wordsOf({ suspension }: Suspended): string {
  return suspensionWords(suspension);
}

function objectsOf(suspended: readonly Suspended[]): readonly PatchedObject[] {
  return suspended.flatMap(({ objects }) => objects);
}

/** The change must stand, and Git must have it. `null`: nothing is in the way. */
async function beforeResuming(
  context: GitopsContext,
  suspended: readonly Suspended[],
  state: ResumeState,
): Promise<Exclude<Answer, { readonly kind: 'done' }> | null> {
  const now = await seeObjects(context.ports, objectsOf(suspended), 'after', context.signal);
  if (!now.ok) return silent(context, state, now.reason, now.why);
  if (now.differing.length > 0) return reverted(now.objects, objectsOf(suspended), now.differing);
  if (state.followsSince !== null) return null;
  const believed: string[] = [];
  for (const each of suspended) {
    const behind = await behindGit(context, each, now.objects);
    if (behind.is === 'clear') continue;
    if (behind.is === 'unread') return silent(context, state, behind.reason, behind.words);
    if (behind.is === 'believed') {
      believed.push(sentence(behind.words));
      continue;
    }
    const behindSince = state.behindSince ?? context.nowMs();
    if (context.nowMs() - behindSince >= BEHIND_MS) {
      const note = `${sentence(behind.words)} It stays suspended. When Git has the change, by hand: ${resumeCommand(each.suspension)}`;
      return { kind: 'stop', reason: 'git-behind', note };
    }
    const note = `Waiting for Git: ${behind.words}.`;
    return { kind: 'again', afterMs: BEHIND_EVERY_MS, state: { ...state, waitingSince: null, behindSince }, note };
  }
  // Kept before the calls: a worker that takes over in the middle of them does not look again.
  return believed.length <= state.believed.length
    ? null
    : { kind: 'again', afterMs: 0, state: { ...state, waitingSince: null, believed }, note: believed.join(' ') };
}

function silent(
  context: GitopsContext,
  state: ResumeState,
  reason: EndReason,
  why: string,
): Exclude<Answer, { readonly kind: 'done' }> {
  const waitingSince = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - waitingSince >= SILENT_MS) return { kind: 'stop', reason, note: sentence(why) };
  return {
    kind: 'again',
    afterMs: SILENT_EVERY_MS,
    state: { ...state, waitingSince },
    note: `Waiting: ${sentence(why)}`,
  };
}

function reverted(
  objects: readonly KubernetesObject[],
  patched: readonly PatchedObject[],
  differing: readonly string[],
): Extract<Answer, { readonly kind: 'stop' }> {
  const writers = patched.flatMap(({ uid, fields }) => {
    const object = objects.find(({ metadata }) => metadata.uid === uid);
    return object === undefined ? [] : fields.flatMap(({ path }) => lastWriter(object, `/${path.join('/')}`) ?? []);
  });
  const by = writers.length === 0 ? '' : ` Last written by ${[...new Set(writers)].join(', ')}.`;
  return { kind: 'stop', reason: 'change-reverted', note: `${sentence(differing.join('; '))}${by}` };
}

async function stillThere(context: GitopsContext, state: ResumeState, followsSince: number): Promise<Answer> {
  const leftMs = WATCHED_MS - (context.nowMs() - followsSince);
  if (leftMs <= 0) {
    const words = ['Git is followed again, and the change stands.', ...state.believed].join(' ');
    return await Promise.resolve({ kind: 'done', output: { words }, note: words });
  }
  const note = 'Git is followed again; looking that nobody takes the change back.';
  return { kind: 'again', afterMs: Math.min(leftMs, WATCH_EVERY_MS), state: { ...state, waitingSince: null }, note };
}

function resumeChange(context: GitopsContext, suspension: Suspension): ObjectChange {
  const { ports, runId, signal } = context;
  const name = suspensionWords(suspension);
  let resourceVersion = '';
  return {
    item: name,
    action: 'follow Git again',
    facts: { uid: suspension.uid, before: suspension.before },
    look: async (): Promise<ChangeLook> => {
      const seen = await seeSuspension(ports, suspension, runId, signal);
      if (!seen.ok)
        return { is: 'unread', reason: seen.reason, why: `${name} could not be read: ${seen.error.message}` };
      resourceVersion = seen.object?.metadata.resourceVersion ?? '';
      if (seen.state === 'ours') return { is: 'not-done', note: `${name} is still suspended` };
      return { is: 'done', note: `${name} ${STANDS[seen.state]}` };
    },
    call: async (calling) =>
      await portOf(ports, suspension.cluster).patchMerge(refOf(suspension), resumePatch(suspension), {
        timeoutMs: GITOPS_CALL_MS,
        signal: calling,
        preconditions: { uid: suspension.uid, resourceVersion },
      }),
  };
}

const STANDS = {
  follows: 'follows Git again',
  off: 'is suspended by somebody else, and stays so',
  changed: 'was set otherwise by somebody else, and stays so',
  gone: 'is not there any more',
} as const;
