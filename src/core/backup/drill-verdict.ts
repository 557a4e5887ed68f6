import type { DrillFindings, ResourceFinding } from '../ports/drill.ts';
import type { ReportTable, StateReport } from '../state-report.ts';
import type { BackupManifest } from './manifest.ts';

/** What a drill means for the backup. */
export interface DrillVerdict {
  /** What is not as it should be, each without a period. Empty: it passed. */
  readonly troubles: readonly string[];
  /** What could not be compared and why, each a sentence. */
  readonly uncompared: readonly string[];
}

/** What of a manifest a drill is judged by. */
export type DrilledManifest = Pick<
  BackupManifest,
  'id' | 'revision' | 'keys' | 'hashKv' | 'versions' | 'snapshotOnly' | 'files'
>;

const MOST_RESOURCES = 20;
/** Resources whose folder in the registry has another name than people know. */
const NAMES: ReadonlyMap<string, string> = new Map([['minions', 'nodes (minions)']]);

/** Compares what a restored etcd showed with what the manifest says of the etcd that the snapshot was taken from. */
export function judgeDrill(manifest: DrilledManifest, findings: DrillFindings): DrillVerdict {
  const parts = [
    judgeRevision(manifest, findings),
    judgeKeys(manifest, findings),
    judgeHash(manifest, findings),
    judgeValues(manifest, findings),
    judgeWrite(findings),
  ];
  return {
    troubles: parts.flatMap(({ trouble }) => trouble ?? []),
    uncompared: parts.flatMap(({ uncompared }) => uncompared ?? []),
  };
}

interface Judged {
  readonly trouble?: string;
  readonly uncompared?: string;
}

function judgeRevision({ revision }: DrilledManifest, findings: DrillFindings): Judged {
  return BigInt(findings.revision) >= BigInt(revision)
    ? {}
    : { trouble: `it is at revision ${findings.revision}, which is before ${revision} of its manifest` };
}

function judgeKeys({ keys, revision }: DrilledManifest, findings: DrillFindings): Judged {
  if (keys !== 0 && countAll(findings.resources) === 0) return { trouble: 'the restored database is empty' };
  if (keys === null) return { uncompared: 'The number of keys is not compared: they were not counted for the backup.' };
  if (findings.keys === null)
    return { uncompared: `The number of keys is not compared: revision ${revision} was compacted away.` };
  return findings.keys === keys
    ? {}
    : { trouble: `it has ${findings.keys} keys at revision ${revision}, and ${keys} were counted for the backup` };
}

function judgeHash({ hashKv, versions }: DrilledManifest, { hashKv: found, programs }: DrillFindings): Judged {
  if (hashKv === null) return unhashed('the backup has none');
  if (found === null) return unhashed('the restored etcd gave none');
  if (minorOf(versions.etcd) !== minorOf(programs.version))
    return unhashed(`it was restored with etcd ${programs.version}, and was taken from ${versions.etcd}`);
  if (found.revision !== hashKv.revision)
    return unhashed(`one is of revision ${found.revision}, the other of ${hashKv.revision}`);
  if (found.compactRevision !== hashKv.compactRevision)
    return unhashed(
      `the history was compacted at ${found.compactRevision} in one and at ${hashKv.compactRevision} in the other`,
    );
  return found.hash === hashKv.hash
    ? {}
    : { trouble: `its hash at revision ${found.revision} is ${found.hash}, and that of the backup is ${hashKv.hash}` };
}

function unhashed(why: string): Judged {
  return { uncompared: `The hash over keys and values is not compared: ${why}.` };
}

function judgeValues(manifest: DrilledManifest, findings: DrillFindings): Judged {
  const { resources } = findings;
  const bad = resources.filter(({ undecodable }) => undecodable > 0);
  if (bad.length === 0) return {};
  const words = bad.map(({ resource, undecodable, sampled }) => `${undecodable} of ${sampled} of ${resource}`);
  const trouble = `values cannot be read: ${words.slice(0, MOST_RESOURCES).join(', ')} that were looked at`;
  const hash = judgeHash(manifest, findings);
  if (hash.trouble !== undefined || hash.uncompared !== undefined) return { trouble };
  return { uncompared: `In the cluster too ${trouble}: its hash is the same, so the backup has what the cluster has.` };
}

function judgeWrite({ tookWrite }: DrillFindings): Judged {
  return tookWrite ? {} : { trouble: 'the restored etcd takes no write' };
}

/** What a drill that passed found, in one line. Keys are of the revision of the manifest, where that is not compacted away. */
export function drillWords(manifest: Pick<DrilledManifest, 'revision' | 'keys'>, findings: DrillFindings): string {
  const { resources, revision, programs, keys } = findings;
  const kinds = resources.length === 1 ? '1 resource' : `${resources.length} resources`;
  const at = keys === null ? revision : manifest.revision;
  const said = keys === null || manifest.keys === null ? '' : ' (as its manifest says)';
  const further = at === revision ? '' : `; the database goes on to ${revision}`;
  return `restored with etcd ${programs.version}, opened, counted: ${countAll(resources)} keys of ${kinds} at revision ${at}${said}${further}`;
}

/** The report of a drill that passed. It speaks of a backup, and of no cluster. `at`: ISO. */
export function drillReport(
  manifest: DrilledManifest,
  findings: DrillFindings,
  verdict: DrillVerdict,
  at: string,
): StateReport {
  return {
    at,
    of: 'backups',
    healthy: verdict.troubles.length === 0,
    summary: `${manifest.id} passed its drill: ${drillWords(manifest, findings)}.`,
    tables: [comparedTable(manifest, findings), resourceTable(findings.resources)],
    notes: [...verdict.uncompared, ...encryptionNotes(findings), ...alarmNotes(findings), staticNote(manifest)],
  };
}

function comparedTable(manifest: DrilledManifest, findings: DrillFindings): ReportTable {
  return {
    title: 'Backup and restored etcd',
    columns: ['what', 'backup', 'restored'],
    rows: [
      ['etcd', manifest.versions.etcd, findings.programs.version],
      ['revision', manifest.revision, findings.revision],
      [`keys at ${manifest.revision}`, shown(manifest.keys), shown(findings.keys)],
      ['hash (HashKV)', shown(manifest.hashKv?.hash), shown(findings.hashKv?.hash)],
      ['test write', '', findings.tookWrite ? 'taken' : 'refused'],
    ],
  };
}

/** The largest resources, and the rest in one row. */
function resourceTable(resources: readonly ResourceFinding[]): ReportTable {
  const largest = resources.toSorted((a, b) => b.count - a.count || (a.resource < b.resource ? -1 : 1));
  const rest = largest.slice(MOST_RESOURCES);
  const sum: ResourceFinding = {
    resource: `${rest.length} more`,
    count: countAll(rest),
    sampled: rest.reduce((all, { sampled }) => all + sampled, 0),
    encrypted: rest.reduce((all, { encrypted }) => all + encrypted, 0),
    undecodable: rest.reduce((all, { undecodable }) => all + undecodable, 0),
  };
  const rows = [...largest.slice(0, MOST_RESOURCES), ...(rest.length === 0 ? [] : [sum])];
  return {
    title: 'Keys by resource',
    columns: ['resource', 'keys', 'looked at', 'encrypted'],
    rows: rows.map(({ resource, count, sampled, encrypted }) => [
      NAMES.get(resource) ?? resource,
      String(count),
      sampled === 0 ? 'not judged' : String(sampled),
      sampled === 0 ? '' : String(encrypted),
    ]),
  };
}

function encryptionNotes({ encryptionProviders: providers }: DrillFindings): readonly string[] {
  if (providers.length === 0) return ['No value that was looked at is encrypted by the API server.'];
  return [
    `Values are encrypted by the API server (${providers.join(', ')}): only one with the same keys can read them, so those were counted and not opened.`,
  ];
}

function alarmNotes({ alarmsDisarmed: count }: DrillFindings): readonly string[] {
  if (count === 0) return [];
  const alarms = count === 1 ? '1 alarm' : `${count} alarms`;
  return [
    `The database brought ${alarms} along, which had to be disarmed before it took a write. A restore meets the same.`,
  ];
}

function staticNote({ snapshotOnly, files }: DrilledManifest): string {
  if (snapshotOnly !== null) return `No API server was started on it. The backup has no static files: ${snapshotOnly}.`;
  return files.some(({ role }) => role === 'static')
    ? 'No API server was started on it, and the static files were not tried.'
    : 'No API server was started on it.';
}

function countAll(resources: readonly ResourceFinding[]): number {
  return resources.reduce((sum, { count }) => sum + count, 0);
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function shown(value: number | null | undefined): string {
  return value === null || value === undefined ? 'not known' : String(value);
}
