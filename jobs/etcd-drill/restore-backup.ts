import { z } from 'zod';
import { drillReport, drillWords, judgeDrill } from '../../src/core/backup/drill-verdict.ts';
import type { BackupFile, BackupManifest } from '../../src/core/backup/manifest.ts';
import { type VaultError, VaultReadFailed } from '../../src/core/ports/backup-vault.ts';
import type { DrillErrorCode, DrillFindings, DrillResult } from '../../src/core/ports/drill.ts';
import { StateReport } from '../../src/core/state-report.ts';
import type { StepContext } from '../../src/core/step.ts';
import { saysDamaged } from '../steps/read-backups.ts';

/** What a drill came to: in words without a period, and the report of one that passed. */
export const DrillEnd = z.strictObject({
  result: z.enum(['passed', 'failed', 'aborted']),
  words: z.string(),
  report: StateReport.nullable(),
});
export type DrillEnd = z.infer<typeof DrillEnd>;

/** What a drill works with. */
export type DrillContext = StepContext<'backups' | 'drill'>;

/** How reading the content went, as whoever gave it saw it. */
interface Reading {
  ended: boolean;
  error: VaultError | null;
}

/** Opens the snapshot, lets it be restored in a throw-away etcd, and judges what that showed. */
export async function restoreBackup(
  context: DrillContext,
  manifest: BackupManifest,
  file: BackupFile,
): Promise<DrillEnd> {
  const { ports, signal } = context;
  const opened = await ports.backups.open(manifest, file, { signal });
  if (!opened.ok) return ofVault(opened.error);
  const reading: Reading = { ended: false, error: null };
  const content = opened.value[Symbol.asyncIterator]();
  let restored: DrillResult<DrillFindings>;
  try {
    restored = await restore(context, manifest, file, followed({ [Symbol.asyncIterator]: () => content }, reading));
  } finally {
    // Not waited for: one that stands still would hold up the answer.
    void content.return?.().catch(() => undefined);
  }
  if (reading.error !== null) return ofVault(reading.error);
  if (!restored.ok) return end(RESULT_OF[restored.error.code], restored.error.message);
  if (!reading.ended)
    return end('aborted', 'the snapshot was not read to its end, so it cannot be told whether it is whole');
  return await judged(context, manifest, restored.value);
}

async function restore(
  context: DrillContext,
  manifest: BackupManifest,
  file: BackupFile,
  content: AsyncIterable<Uint8Array>,
): Promise<DrillResult<DrillFindings>> {
  const order = {
    id: manifest.id,
    version: manifest.versions.etcd,
    sizeBytes: file.contentBytes,
    revision: manifest.revision,
    content,
    onProgress: (words: string) => void context.progress(words).catch(() => undefined),
  };
  try {
    return await context.ports.drill.restore(order, { signal: context.signal });
  } catch (thrown) {
    if (thrown instanceof VaultReadFailed)
      return { ok: false, error: { code: 'content-failed', message: thrown.message } };
    throw thrown;
  }
}

/** The content as it comes, with a note of how it ended: the drill hides who was at fault, and may not have read all of it. */
async function* followed(content: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
    reading.ended = true;
  } catch (thrown) {
    if (thrown instanceof VaultReadFailed) reading.error = thrown.error;
    throw thrown;
  }
}

/** What a failure means for the backup. That etcd refuses it or does not run on it is the backup's fault; the rest says nothing of it. */
const RESULT_OF = {
  refused: 'failed',
  'not-started': 'failed',
  'no-program': 'aborted',
  'no-room': 'aborted',
  'content-failed': 'aborted',
  failed: 'aborted',
  cancelled: 'aborted',
} as const satisfies Readonly<Record<DrillErrorCode, DrillEnd['result']>>;

function ofVault(error: VaultError): DrillEnd {
  return end(saysDamaged(error) ? 'failed' : 'aborted', error.message);
}

async function judged(context: DrillContext, manifest: BackupManifest, findings: DrillFindings): Promise<DrillEnd> {
  const verdict = judgeDrill(manifest, findings);
  if (verdict.troubles.length > 0) return end('failed', verdict.troubles.join('; '));
  const words = [drillWords(manifest, findings), ...verdict.uncompared.map((each) => each.replace(/\.$/, ''))].join(
    '; ',
  );
  const report = drillReport(manifest, findings, verdict, context.nowIso());
  const notes = [...report.notes, ...(await noteHighest(context, manifest, findings))];
  return { result: 'passed', words, report: { ...report, notes } };
}

/** The snapshot may hold more than its manifest says. Only of one that passed: a note never goes down, and a damaged one may show any revision. */
async function noteHighest(
  { ports, signal }: DrillContext,
  { identity }: BackupManifest,
  { revision }: DrillFindings,
): Promise<readonly string[]> {
  const noted = await ports.backups.noteRevision(identity.etcd, revision, { signal });
  return noted.ok ? [] : [`That revision ${revision} was seen could not be noted: ${noted.error.message}.`];
}

function end(result: DrillEnd['result'], words: string): DrillEnd {
  return { result, words, report: null };
}
