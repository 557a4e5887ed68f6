import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import type { BackupFile, BackupManifest } from '../../src/core/backup/manifest.ts';
import type { Check } from '../../src/core/plan.ts';
import type { VaultFacts } from '../../src/core/ports/backup-vault.ts';
import type { DrillPrograms, DrillResult } from '../../src/core/ports/drill.ts';
import { timeInWords } from '../../src/core/time.ts';

/** The file of etcd's database. A manifest without one is not read as one, so there is always one. */
export function snapshotOf(manifest: BackupManifest): BackupFile | null {
  return manifest.files.find(({ role }) => role === 'snapshot') ?? null;
}

/** What speaks for and against drilling this backup, as the store tells. */
export function backupCheck({ id, state, why, manifest }: CataloguedBackup): Check {
  if (manifest === null) {
    const evidence = `${id}: ${why ?? 'it has no manifest'}`;
    return { id: 'backup', verdict: 'block', title: 'This backup cannot be drilled', evidence };
  }
  if (state === 'good') {
    const evidence = `${id}: revision ${manifest.revision}, etcd ${manifest.versions.etcd}, taken ${timeInWords(manifest.createdAt)}`;
    return { id: 'backup', verdict: 'pass', title: 'The backup is whole, as the store tells', evidence };
  }
  return { id: 'backup', verdict: 'warn', title: 'The backup is known as damaged', evidence: `${id}: ${why ?? ''}` };
}

/** Whether this worker can open the file at all. */
export function keyCheck(file: BackupFile, facts: VaultFacts | null): Check {
  const [id, encrypted] = ['key', file.encryption !== 'none'];
  if (!encrypted) return { id, verdict: 'pass', title: 'The snapshot is not encrypted', evidence: file.name };
  return facts?.snapshot.canOpen === true
    ? { id, verdict: 'pass', title: 'The worker has a key for encrypted backups', evidence: file.name }
    : {
        id,
        verdict: 'block',
        title: 'The worker has no key that opens the backup',
        evidence: `${file.name} is encrypted`,
      };
}

/** Whether this worker has the programs that restore it. */
export function programsCheck(version: string, found: DrillResult<DrillPrograms>): Check {
  return found.ok
    ? {
        id: 'programs',
        verdict: 'pass',
        title: `etcd ${found.value.version} restores a snapshot of ${version}`,
        evidence: found.value.etcd,
      }
    : {
        id: 'programs',
        verdict: 'block',
        title: `No etcd on the worker restores a snapshot of ${version}`,
        evidence: found.error.message,
      };
}
