import type { BackupManifest } from '../../src/core/backup/manifest.ts';
import type { RetentionVerdict } from '../../src/core/backup/retention.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import { gateTrouble, healthGate } from '../../src/core/etcd/health-gate.ts';
import type { ReportTable, StateReport } from '../../src/core/state-report.ts';
import type { StepContext } from '../../src/core/step.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';

/** What retention did. */
export interface RetentionDone {
  readonly removed: readonly string[];
  readonly marked: readonly string[];
  /** What could not be done, each with why, without a period. */
  readonly failed: readonly string[];
  /** Pieces of takes that died. */
  readonly swept: number;
  readonly verdicts: readonly RetentionVerdict[];
  /** The cluster was frozen, so nothing was removed. */
  readonly frozen: boolean;
  /** How many backups are left, by what they are; `null`: the store could not be listed. */
  readonly left: { readonly good: number; readonly other: number } | null;
}

/** The end of a backup for people: where it lies, what it is, what was removed, and how the ring is after it. */
export async function backupReport(
  context: StepContext<'etcd' | 'backups'>,
  manifest: BackupManifest,
  notes: readonly string[],
  done: RetentionDone,
): Promise<StateReport> {
  const first = await readRing(lookOf(context));
  await context.pause(context.cluster.defrag.sampleMs);
  const second = await readRing(lookOf(context));
  const gate = healthGate(first.ring, second.ring, { level: 'strict', nospaceAllowed: false });
  const place = context.ports.backups.facts?.place ?? '';
  const size = formatBytes(manifest.databaseBytes);
  const opens = context.ports.backups.facts?.snapshot.canOpen === true;
  const compared = opens
    ? 'read back and compared'
    : 'read back and compared as stored (this worker has no key to open it)';
  return {
    at: context.nowIso(),
    healthy: gate.ok && haveSameData(manifest),
    summary: `Backup ${manifest.id} of ${manifest.member.name}: ${size} at revision ${manifest.revision} or later, stored in ${place}, ${compared}${manifest.snapshotOnly === null ? '' : '; snapshot only'}.`,
    tables: [aboutIt(manifest, place), filesOf(manifest)],
    notes: [
      ...(gate.ok ? [] : [`The ring is not as it should be: ${gateTrouble(gate)}.`]),
      ...notes,
      ...(manifest.note === null ? [] : [`Note: ${manifest.note}`]),
      ...(manifest.snapshotOnly === null ? [] : [`Warning: snapshot only: ${manifest.snapshotOnly}.`]),
      ...besideWords(context, manifest),
      ...manifest.alarms.map(({ type }) => `A ${type} alarm was active: a restored database brings it along.`),
      ...retentionWords(done),
      opens
        ? `Next: show that it can be restored, \`/kube drill ${context.cluster.name} latest\`.`
        : 'That it can be restored is shown by a drill, which needs the key: it cannot be drilled from here.',
    ],
  };
}

/** Whether all voters that could be compared have what the giver has. */
function haveSameData({ hashKv, hashes = [] }: BackupManifest): boolean {
  return hashes.every(({ hash }) => hash === hashKv?.hash);
}

/** Who restores has to know where the other file is, and that it is a key to everything. */
function besideWords({ ports }: StepContext<'backups'>, { files }: BackupManifest): readonly string[] {
  const file = files.find(({ role }) => role === 'static');
  if (file === undefined) return [];
  const { place = '', static: beside } = ports.backups.facts ?? {};
  const where = beside === undefined || beside.place === place ? '' : ` It lies in ${beside.place}.`;
  return [
    `${file.name} holds certificates and private keys of the control plane: whoever can open it can act as anybody in the cluster.${where}`,
  ];
}

function aboutIt(manifest: BackupManifest, place: string): ReportTable {
  const { hashKv, keys } = manifest;
  return {
    title: 'Backup',
    columns: ['what', 'value'],
    rows: [
      ['id', manifest.id],
      ['stored in', place],
      ['member', `${manifest.member.name} (${manifest.member.id})`],
      ['etcd', manifest.versions.etcd],
      ...(manifest.versions.kubernetes === null ? [] : [['Kubernetes', manifest.versions.kubernetes]]),
      ['revision', manifest.revision],
      ['keys', keys === null ? 'not counted' : String(keys)],
      ['hash of keys and values (HashKV)', hashKv === null ? 'not known' : String(hashKv.hash)],
      ['database', formatBytes(manifest.databaseBytes)],
      ['stored', formatBytes(manifest.files.reduce((sum, { storedBytes }) => sum + storedBytes, 0))],
    ],
  };
}

function filesOf({ files }: BackupManifest): ReportTable {
  return {
    title: 'Files',
    columns: ['file', 'stored', 'encrypted', 'SHA-256 of the content'],
    rows: files.map(({ name, storedBytes, encryption, contentSha256 }) => [
      name,
      formatBytes(storedBytes),
      encryption === 'none' ? 'no' : encryption.kind,
      contentSha256,
    ]),
  };
}

function retentionWords({ removed, marked, failed, swept, verdicts, frozen, left }: RetentionDone): readonly string[] {
  const waiting = verdicts.filter(({ does }) => does === 'wait').map(({ id }) => id);
  return [
    ...(left === null ? [] : [`Retention: ${leftWords(left)}.`]),
    ...(removed.length === 0 ? [] : [`Removed: ${removed.join(', ')}.`]),
    ...(frozen ? [frozenWords(verdicts.filter(({ does }) => does === 'remove'))] : []),
    ...(marked.length === 0 ? [] : [`Superfluous, removed in a day if they still are: ${marked.join(', ')}.`]),
    ...(waiting.length === 0 ? [] : [`Superfluous, and marked less than a day ago: ${waiting.join(', ')}.`]),
    ...(swept === 0
      ? []
      : [`${swept} ${swept === 1 ? 'piece' : 'pieces'} of backups that were never finished were removed.`]),
    ...failed.map((each) => `Retention could not do everything. ${each}.`),
  ];
}

function frozenWords(due: readonly RetentionVerdict[]): string {
  const ids = due.map(({ id }) => id).join(', ');
  return `The cluster is frozen, so nothing was removed${ids === '' ? '' : `; due, and left for a backup after the freeze: ${ids}`}.`;
}

function leftWords({ good, other }: NonNullable<RetentionDone['left']>): string {
  const backups = `${good} good ${good === 1 ? 'backup' : 'backups'} in the store`;
  return other === 0 ? backups : `${backups}, and ${other} that ${other === 1 ? 'is' : 'are'} not good`;
}
