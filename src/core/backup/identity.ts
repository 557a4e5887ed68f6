import type { CataloguedBackup } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';

/** Who a cluster is, whatever it is called; see the manifest. */
export type ClusterIdentity = BackupManifest['identity'];

/** Whether two are the same cluster. A restore gives etcd another id, so the uid of `kube-system` decides where both are known. */
export function sameCluster(one: ClusterIdentity, other: ClusterIdentity): boolean {
  if (one.kubernetes !== null && other.kubernetes !== null) return one.kubernetes === other.kubernetes;
  return one.etcd === other.etcd;
}

/** In words: `kube-system b1a2…` or `etcd e00d12ba52a76879`. */
export function identityWords({ etcd, kubernetes }: ClusterIdentity): string {
  return kubernetes === null ? `etcd ${etcd}` : `kube-system ${kubernetes}`;
}

/** The newest of each cluster among these, in their order. Those whose manifest cannot be read tell no cluster and are left out. */
export function firstOfEach(backups: readonly CataloguedBackup[]): readonly CataloguedBackup[] {
  const first: CataloguedBackup[] = [];
  for (const backup of backups) {
    const identity = backup.manifest?.identity;
    if (identity === undefined) continue;
    const known = first.some(({ manifest }) => manifest !== null && sameCluster(manifest.identity, identity));
    if (!known) first.push(backup);
  }
  return first;
}
