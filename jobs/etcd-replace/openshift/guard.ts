import { z } from 'zod';
import { Json } from '../../../src/core/json.ts';
import {
  ETCD_OPERATOR,
  GUARD_ON_COMMAND,
  type GuardReading,
  guardOnPatch,
  readGuard,
} from '../../../src/core/openshift/guard.ts';
import type { KubernetesErrorCode, KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { type CleanupContext, defineCleanup, type NotYet } from '../../../src/core/runbook.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { notPutBack } from '../../steps/put-back.ts';

/** What is remembered of the guard while it is off. */
export const GuardBefore = z.strictObject({
  /** Uid of the resource of the etcd operator. */
  uid: z.string().min(1),
  clusterId: z.string().min(1),
  /** Value of the key; `null`: it was not there. */
  before: Json,
});
export type GuardBefore = z.infer<typeof GuardBefore>;

/** Id of the cleanup: a run turns the guard off once. */
export const GUARD_CLEANUP = 'quorum-guard';

const MOST_TRIES = 5;
const PAUSE_MS = 2000;

/** One look at the guard. `why`: without a period. */
export type SeenGuard =
  | { readonly ok: true; readonly etcd: KubernetesObject; readonly guard: GuardReading }
  | {
      readonly ok: false;
      readonly why: string;
      /** `null`: it was read, and is not what was approved. */
      readonly code: KubernetesErrorCode | null;
    };

/** Looks at the guard of the operator that was approved. */
export async function seeGuard(
  kubernetes: Pick<KubernetesPort, 'get'>,
  uid: string,
  signal: AbortSignal,
): Promise<SeenGuard> {
  const got = await kubernetes.get(ETCD_OPERATOR, { timeoutMs: OBJECT_CALL_MS, signal });
  if (!got.ok) return { ok: false, why: `Etcd cluster could not be read: ${got.error.message}`, code: got.error.code };
  if (got.value.metadata.uid !== uid)
    return { ok: false, why: 'Etcd cluster is another object than when the plan was approved', code: null };
  const guard = readGuard(got.value);
  return guard === null
    ? { ok: false, why: 'spec.unsupportedConfigOverrides of Etcd cluster is no object', code: null }
    : { ok: true, etcd: got.value, guard };
}

/**
 * Turns the quorum guard on again after a run that ended early: takes back its own key and leaves what others changed. A ring that is another
 * one since was restored, and then the guard may be off on purpose: it is left, and said.
 */
export const guardOnCleanup = defineCleanup({
  kind: 'ocp.guard-on@1',
  input: GuardBefore,
  needs: ['etcd', 'kubernetes'],
  restore: async (context, input) => {
    const list = await context.ports.etcd.members({
      timeoutMs: OBJECT_CALL_MS,
      signal: context.signal,
      linearizable: false,
    });
    if (list.ok && list.value.clusterId !== input.clusterId)
      return `the ring is ${list.value.clusterId} now, not ${input.clusterId}: who restored it may have turned the guard off on purpose. When that is over: ${GUARD_ON_COMMAND}`;
    return await turnOn(context, input);
  },
});

async function turnOn(
  context: CleanupContext<'kubernetes'>,
  { uid, before }: GuardBefore,
): Promise<string | NotYet | null> {
  const { ports, signal } = context;
  for (let attempt = 1; ; attempt += 1) {
    const seen = await seeGuard(ports.kubernetes, uid, signal);
    // Another object is no matter of time.
    if (!seen.ok) return notPutBack(seen.code ?? 'not-found', seen.why, GUARD_ON_COMMAND);
    const patch = guardOnPatch(seen.guard, before);
    if (patch === null) return null;
    const patched = await ports.kubernetes.patchJson(ETCD_OPERATOR, patch, { timeoutMs: OBJECT_CALL_MS, signal });
    if (patched.ok) return null;
    const { code, message } = patched.error;
    // Somebody changed it between the look and the patch.
    if (code !== 'conflict' || attempt >= MOST_TRIES)
      return notPutBack(code, `the quorum guard could not be turned on: ${message}`, GUARD_ON_COMMAND);
    await context.pause(PAUSE_MS);
  }
}
