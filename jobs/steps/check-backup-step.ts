import { z } from 'zod';
import { ageWords } from '../../src/core/backup/advice.ts';
import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import { isAhead } from '../../src/core/backup/chosen-backup.ts';
import { type ClusterIdentity, identityWords, sameCluster } from '../../src/core/backup/identity.ts';
import { defineStep, type StepAnswer } from '../../src/core/step.ts';
import { formatSpan, parseTime } from '../../src/core/time.ts';
import { vaultStop } from '../etcd-backup/vault-trouble.ts';

const CheckInput = z.object({
  id: z.string().min(1),
  /** Seal of its manifest, so that it is the very one that was approved. */
  sha256: z.string().min(1),
  /** How old it may be, ms. */
  maxAgeMs: z.number().int().positive(),
});
type CheckInput = z.infer<typeof CheckInput>;
const CheckOutput = z.object({ checked: z.string() });
const CheckState = z.object({ failures: z.int().min(0) });
type CheckAnswer = StepAnswer<z.infer<typeof CheckState>, z.infer<typeof CheckOutput>>;

/** A store that does not answer is asked again after so long, ms. */
const AGAIN_AFTER_MS = [10_000, 20_000, 40_000] as const;

/** Why a backup does not do instead of a fresh one, without a period; `null`: it does. */
export function whyNotRecent(
  backup: CataloguedBackup,
  {
    maxAgeMs,
    nowMs,
    identity,
  }: { readonly maxAgeMs: number; readonly nowMs: number; readonly identity: ClusterIdentity | null },
): string | null {
  const { id, state, why, manifest, createdAt } = backup;
  if (state !== 'good' || manifest === null) return `${id} is not good: ${why ?? 'it has no manifest'}`;
  if (identity !== null && (manifest.identity.etcd !== identity.etcd || !sameCluster(manifest.identity, identity)))
    return `${id} is of ${identityWords(manifest.identity)} (etcd ${manifest.identity.etcd}), and this is ${identityWords(identity)} (etcd ${identity.etcd})`;
  if (isAhead(backup, nowMs)) return `${id} is from the future: nobody knows how old it is`;
  const ageMs = Math.max(0, nowMs - parseTime(createdAt));
  return ageMs > maxAgeMs ? `${id} is ${ageWords(ageMs)} old, and may be ${formatSpan(maxAgeMs)} at most` : null;
}

/** Reads a recent backup whole and compares it with its manifest, right before it is relied on. */
export const checkBackupStep = defineStep({
  kind: 'replace.check-backup@1',
  input: CheckInput,
  state: CheckState,
  output: CheckOutput,
  needs: ['backups'],
  risk: 'read',
  timeoutMs: () => 2 * 3_600_000,
  retry: { attempts: 2, backoffMs: 10_000 },
  describe: ({ id, maxAgeMs }) =>
    `Read the backup ${id} whole and compare it with its manifest; it may be ${formatSpan(maxAgeMs)} old at most`,
  items: () => [],
  initial: () => ({ failures: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { failures }): Promise<CheckAnswer> => {
    const { ports, signal } = context;
    const listed = await ports.backups.list({ signal });
    signal.throwIfAborted();
    if (!listed.ok) {
      const stop = vaultStop('The backups could not be listed', listed.error);
      const afterMs = AGAIN_AFTER_MS[failures];
      return afterMs === undefined
        ? stop
        : { kind: 'again', afterMs, state: { failures: failures + 1 }, note: stop.note };
    }
    const backup = listed.value.find(({ id }) => id === input.id);
    const seal = backup?.manifest?.sha256 ?? null;
    if (backup?.manifest === undefined || backup.manifest === null || (seal !== null && seal !== input.sha256))
      return {
        kind: 'stop',
        reason: 'plan-drifted',
        note: `${input.id} is not in the store any more as it was planned.`,
      };
    const why = whyNotRecent(backup, { maxAgeMs: input.maxAgeMs, nowMs: context.nowMs(), identity: null });
    if (why !== null)
      return { kind: 'stop', reason: backup.state === 'damaged' ? 'backup-damaged' : 'plan-drifted', note: `${why}.` };
    await context.progress(`Reading ${input.id} whole.`);
    const read = await ports.backups.check(backup.manifest, { signal });
    signal.throwIfAborted();
    if (!read.ok) return vaultStop(`${input.id} is not relied on`, read.error);
    return {
      kind: 'done',
      output: { checked: input.id },
      note: `${input.id} was read whole and is as its manifest says.`,
    };
  },
  // It was read whole just now.
  verify: async (_context, _input, output) =>
    await Promise.resolve({
      kind: 'done',
      output,
      note: `${output.checked} was read whole and is as its manifest says.`,
    }),
});
