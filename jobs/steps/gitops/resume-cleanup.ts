import { z } from 'zod';
import { type Suspension, suspensionWords } from '../../../src/core/gitops/finding.ts';
import { refOf, resumeCommand, resumePatch, Suspended } from '../../../src/core/gitops/suspend.ts';
import { defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { notPutBack } from '../put-back.ts';
import { type BothClusters, GITOPS_CALL_MS, portOf, seeObjects, seeSuspension } from './ports.ts';

/** One that a run suspended, or was about to. */
export const ResumeCleanupInput = z.strictObject({ run: z.string().min(1), ...Suspended.shape });
export type ResumeCleanupInput = z.infer<typeof ResumeCleanupInput>;

/** Id of the registered cleanup of one suspension. */
export function cleanupId(suspension: Suspension): string {
  return `gitops/${suspensionWords(suspension)}`;
}

/**
 * Ends a suspension of this run where nothing was changed. Where something was, Git may say otherwise, and following it would change that
 * back: a control plane would go down a version. So it stays suspended, and people are told how to end that. Safe to call twice.
 */
export const resumeIfUnchanged = defineCleanup({
  kind: 'gitops.resume-if-unchanged@1',
  input: ResumeCleanupInput,
  needs: ['kubernetes', 'management'],
  restore: async ({ ports, signal }, input) => await resumed(ports, input, signal),
});

async function resumed(
  ports: BothClusters,
  { run, suspension, objects }: ResumeCleanupInput,
  signal: AbortSignal,
): Promise<string | NotYet | null> {
  const name = suspensionWords(suspension);
  const byHand = resumeCommand(suspension);
  const seen = await seeSuspension(ports, suspension, run, signal);
  if (!seen.ok)
    return notPutBack(
      seen.error.code,
      `whether ${name} is still suspended could not be read: ${seen.error.message}`,
      byHand,
    );
  if (seen.state !== 'ours' || seen.object === null) return null;
  const now = await seeObjects(ports, objects, 'before', signal);
  if (!now.ok) return notPutBack(now.error.code, `${name} stays suspended, because ${now.why}`, byHand);
  if (now.differing.length > 0)
    return `${name} stays suspended: ${now.differing.join('; ')}; as long as Git says otherwise, following it would change that back. When Git has it, by hand: ${byHand}`;
  const { uid, resourceVersion } = seen.object.metadata;
  const call = { timeoutMs: GITOPS_CALL_MS, signal, preconditions: { uid, resourceVersion } };
  const changed = await portOf(ports, suspension.cluster).patchMerge(refOf(suspension), resumePatch(suspension), call);
  if (changed.ok || changed.error.code === 'not-found') return null;
  return notPutBack(changed.error.code, `${name} is still suspended: ${changed.error.message}`, byHand);
}
