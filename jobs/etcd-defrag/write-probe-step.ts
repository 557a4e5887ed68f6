import { z } from 'zod';
import type { EtcdError, EtcdPort } from '../../src/core/ports/etcd.ts';
import { defineCleanup } from '../../src/core/runbook.ts';
import { defineStep, ONCE, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import { callWords, wayReason } from './call-error.ts';

const Nothing = z.object({});
const ProbeOutput = z.object({ written: z.boolean() });
type ProbeOutput = z.infer<typeof ProbeOutput>;
type ProbeAnswer = StepAnswer<z.infer<typeof Nothing>, ProbeOutput>;
const ProbeKey = z.object({ key: z.string().startsWith('drydock/write-probe/') });

const CLEANUP_ID = 'write-probe';

/** Tries of the write, one sample apart: it is harmless to repeat. */
const TRIES = 3;

/** Deletes the probe's key. */
export const deleteProbe = defineCleanup({
  kind: 'etcd.delete-probe@1',
  input: ProbeKey,
  needs: ['etcd'],
  restore: async ({ ports, signal }, { key }) => await removeKey(ports.etcd, key, signal),
});

/** Writes and deletes one key outside `/registry`: the proof that the ring takes writes again. */
export const writeProbeStep = defineStep({
  kind: 'etcd.write-probe@1',
  input: Nothing,
  state: Nothing,
  output: ProbeOutput,
  needs: ['etcd'],
  risk: 'reversible',
  timeoutMs: () => 5 * 60_000,
  retry: ONCE,
  describe: () => 'Write one test key outside /registry and delete it again',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => await probe(context),
  verify: async (context, _input, output) => {
    const key = keyOf(context.runId);
    const left = await context.ports.etcd.range(
      { key, countOnly: true },
      { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal },
    );
    const gone = left.ok && left.value.count === 0n;
    return {
      kind: 'done',
      output,
      note: gone
        ? 'a write was taken; the test key is deleted'
        : `a write was taken; the key ${key} may still be there`,
    };
  },
});

/** The key of one run's probe. */
function keyOf(runId: string): string {
  return `drydock/write-probe/${runId}`;
}

async function probe(context: StepContext<'etcd'>): Promise<ProbeAnswer> {
  if (context.stopping) return { kind: 'again', afterMs: 0, state: {}, note: 'Nothing is open.' };
  const key = keyOf(context.runId);
  await context.registerCleanup({
    id: CLEANUP_ID,
    kind: deleteProbe.kind,
    input: { key },
    summary: `delete the test key ${key}`,
  });
  const value = new TextEncoder().encode(context.nowIso());
  let error: EtcdError | null = null;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await context.pause(context.cluster.defrag.sampleMs);
    const put = await context.ports.etcd.put(key, value, { timeoutMs: LOOK_TIMEOUT_MS, signal: context.signal });
    if (put.ok) return await finish(context, key);
    ({ error } = put);
    if (put.error.code === 'no-space')
      return { kind: 'stop', reason: 'alarm-not-cleared', note: `The ring refuses writes again: ${error.message}.` };
  }
  return {
    kind: 'stop',
    reason: wayReason(error) ?? 'not-verified',
    note: `The test write was not taken.${callWords(error)}`,
  };
}

/** A key that cannot be deleted now is left to the cleanup of the run's end. */
async function finish(context: StepContext<'etcd'>, key: string): Promise<ProbeAnswer> {
  const trouble = await removeKey(context.ports.etcd, key, context.signal);
  if (trouble === null) await context.cleanedUp(CLEANUP_ID);
  return { kind: 'done', output: { written: true }, note: trouble ?? 'written and deleted' };
}

async function removeKey(etcd: EtcdPort, key: string, signal: AbortSignal): Promise<string | null> {
  const result = await etcd.deleteKey(key, { timeoutMs: LOOK_TIMEOUT_MS, signal });
  return result.ok ? null : `The key ${key} could not be deleted: ${result.error.message}`;
}
