/** Which file of a backup: etcd's database, or the manifests, certificates and keys of the control plane. */
export type BackupFileRole = 'snapshot' | 'static';

/** How a file is stored. */
export interface FileDress {
  readonly compressed: boolean;
  readonly encrypted: boolean;
}

/**
 * What a key in a store of backups stands for. `drill`, `reading`: what one found; `removal`: that somebody began to remove it; `at` is its time as in
 * {@link stampOf}.
 */
export type BackupKey =
  | { readonly kind: 'manifest' | 'hold' | 'mark'; readonly cluster: string; readonly id: string }
  | {
      readonly kind: 'drill' | 'reading' | 'removal';
      readonly cluster: string;
      readonly id: string;
      readonly at: string;
    }
  | { readonly kind: 'file'; readonly cluster: string; readonly id: string; readonly name: string };

const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,3})?Z$/;
const STAMP = /^\d{4}-\d{2}-\d{2}_\d{6}$/;
const CLUSTER = '[a-z0-9][a-z0-9-]{0,30}';
const ID = new RegExp(`^(?<cluster>${CLUSTER})-(?<day>\\d{8})(?<time>\\d{6})-(?<suffix>[a-z0-9]{4})$`);
const FILE =
  /^(?:snapshot_\d{4}-\d{2}-\d{2}_\d{6}\.db|static_kuberesources_\d{4}-\d{2}-\d{2}_\d{6}\.tar\.gz)(?:\.zst)?(?:\.age)?$/;

/** A time as file names have it, `2026-11-22_005130`, in UTC. `null`: the text is no ISO time in UTC. */
export function stampOf(iso: string): string | null {
  const [, day, hour, minute, second] = ISO.exec(iso) ?? [];
  return day === undefined ? null : `${day}_${hour}${minute}${second}`;
}

/**
 * The name of a file, `snapshot_2026-11-22_005130.db`, as OpenShift's cluster-backup.sh gives it and its restore wants it; what was done to the file is
 * told behind it (`.zst`, `.age`), in the order in which it has to be taken off from the end. `stamp`: see {@link stampOf}.
 */
export function fileName(role: BackupFileRole, stamp: string, { compressed, encrypted }: FileDress): string {
  const plain = role === 'snapshot' ? `snapshot_${stamp}.db` : `static_kuberesources_${stamp}.tar.gz`;
  return `${plain}${compressed ? '.zst' : ''}${encrypted ? '.age' : ''}`;
}

/** The id of a backup, `prod-20261122005130-7f3k`. `suffix`: four characters, so that two of one second differ. */
export function backupId(cluster: string, stamp: string, suffix: string): string {
  return `${cluster}-${stamp.replaceAll(/\D/g, '')}-${suffix}`;
}

/** Of which cluster and what time (ISO, UTC) an id is, and its suffix; `null`: it is none. */
export function readBackupId(
  id: string,
): { readonly cluster: string; readonly createdAt: string; readonly suffix: string } | null {
  const { cluster, day, time, suffix } = ID.exec(id)?.groups ?? {};
  if (cluster === undefined || day === undefined || time === undefined || suffix === undefined) return null;
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  return { cluster, createdAt: `${date}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.000Z`, suffix };
}

/** The key of something of a backup. All of one backup begin with `cluster/id/`. */
export function backupKey(key: BackupKey): string {
  const folder = `${key.cluster}/${key.id}`;
  if (key.kind === 'file') return `${folder}/${key.name}`;
  return 'at' in key ? `${folder}/${key.kind}s/${key.at}.json` : `${folder}/${key.kind}.json`;
}

/** What a key stands for; `null`: nothing of a backup. Names that lead elsewhere are none. */
export function readBackupKey(key: string): BackupKey | null {
  const [cluster = '', id = '', ...rest] = key.split('/');
  if (readBackupId(id)?.cluster !== cluster) return null;
  const [name = '', record] = rest;
  const of = (['drill', 'reading', 'removal'] as const).find((each) => name === `${each}s`);
  if (rest.length === 2 && of !== undefined && record !== undefined) {
    const at = record.replace(/\.json$/, '');
    return record.endsWith('.json') && STAMP.test(at) ? { kind: of, cluster, id, at } : null;
  }
  if (rest.length !== 1) return null;
  const kind = (['manifest', 'hold', 'mark'] as const).find((each) => name === `${each}.json`);
  if (kind !== undefined) return { kind, cluster, id };
  return FILE.test(name) ? { kind: 'file', cluster, id, name } : null;
}
