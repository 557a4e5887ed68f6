import { hasKnownNodes, hasManagedEtcd } from '../core/cluster-profile.ts';
import type { AgeEntry, StoreEntry } from './backups-entry.ts';
import type { NamedFile } from './check-clusters.ts';
import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { ClusterEntry } from './schema.ts';

const STATIC_PLATFORMS = 'static files are taken on kubeadm and OpenShift only';

/** Backups that retention should keep at least. Source: part 5.3 of the etcd procedures. */
const FEWEST = 3;

/** Checks the backups of each cluster in themselves, and against its platform. */
export function checkBackups(parts: ReadableParts, findings: Findings): void {
  for (const { name, entry } of parts.clusters) {
    checkShell(['clusters', name, 'nodeShell'], entry, findings);
    if (entry.backups === undefined) continue;
    const at = ['clusters', name, 'backups'];
    checkUse(at, entry, findings);
    checkKeeping(at, entry.backups, findings);
    checkWay([...at, 'store'], entry.backups.store, findings);
    checkWay([...at, 'staticResources', 'store'], entry.backups.staticResources?.store, findings);
    checkKeys([...at, 'encryption'], entry.backups.encryption, findings);
    checkKeys([...at, 'staticResources', 'encryption'], entry.backups.staticResources?.encryption, findings);
    checkStatic(at, entry, entry.backups, findings);
  }
}

function checkShell(at: readonly PropertyKey[], { platform, nodeShell }: ClusterEntry, findings: Findings): void {
  if (nodeShell !== undefined && !hasKnownNodes(platform))
    findings.warning(at, `is not used by platform ${platform}: shells are opened on kubeadm and OpenShift only`);
}

/** Every file that the backups name, as written. */
export function backupFiles(parts: ReadableParts): readonly NamedFile[] {
  return parts.clusters.flatMap(({ name, entry: { backups } }) => {
    if (backups === undefined) return [];
    const at = ['clusters', name, 'backups'];
    const beside = [...at, 'staticResources'];
    return [
      { path: [...at, 'store', 'credentials'], file: credentialsOf(backups.store) },
      { path: [...at, 'encryption', 'identityFile'], file: backups.encryption?.identityFile },
      { path: [...beside, 'store', 'credentials'], file: credentialsOf(backups.staticResources?.store) },
      { path: [...beside, 'encryption', 'identityFile'], file: backups.staticResources?.encryption?.identityFile },
    ].flatMap(({ path, file }) => (file === undefined ? [] : [{ path, file }]));
  });
}

/** Every folder that backups go to, as written. */
export function backupFolders(parts: ReadableParts): readonly NamedFile[] {
  return parts.clusters.flatMap(({ name, entry: { backups } }) => {
    const at = ['clusters', name, 'backups'];
    return [
      { path: [...at, 'store', 'path'], store: backups?.store },
      { path: [...at, 'staticResources', 'store', 'path'], store: backups?.staticResources?.store },
    ].flatMap(({ path, store }) => (store?.type === 'file' ? [{ path, file: store.path }] : []));
  });
}

function credentialsOf(store: StoreEntry | undefined): string | undefined {
  return store?.type === 's3' ? store.credentials : undefined;
}

function checkUse(at: readonly PropertyKey[], { platform, etcd }: ClusterEntry, findings: Findings): void {
  if (hasManagedEtcd(platform))
    findings.warning(at, `is not used: the provider of ${platform} runs etcd and keeps backups of it itself`);
  else if (etcd === undefined) findings.warning(at, 'is not used without an etcd section: nothing can be taken');
  else if (etcd.access === 'exec')
    findings.warning(at, 'is not used with etcd.access exec, through which no snapshot comes; set access: tunnel');
}

/** What retention wants to remove has to be free by then; and one backup that turns out bad must leave another. */
function checkKeeping(
  at: readonly PropertyKey[],
  { store, retention }: NonNullable<ClusterEntry['backups']>,
  findings: Findings,
): void {
  const { keepLast, maxAge } = retention ?? {};
  if (keepLast !== undefined && keepLast < FEWEST && maxAge === undefined)
    findings.warning(
      [...at, 'retention', 'keepLast'],
      `keeps fewer than ${FEWEST} backups: two bad ones leave nothing`,
    );
  const keep = keepOf(store);
  if (keep !== null && maxAge !== undefined && keep > maxAge)
    findings.warning(
      [...at, 'retention', 'maxAge'],
      'is shorter than keep of the store, which holds what is superfluous until then',
    );
}

function checkWay(at: readonly PropertyKey[], store: StoreEntry | undefined, findings: Findings): void {
  if (store?.type !== 's3' || store.endpoint === undefined || !store.endpoint.startsWith('http://')) return;
  findings.warning(
    [...at, 'endpoint'],
    'is http: what is not encrypted by `encryption` passes over the network in the clear',
  );
}

function checkKeys(at: readonly PropertyKey[], keys: AgeEntry | undefined, findings: Findings): void {
  if (keys === undefined) return;
  for (const [index, recipient] of keys.recipients.entries())
    if (keys.recipients.indexOf(recipient) < index) findings.warning([...at, 'recipients', index], 'stands here twice');
  if (keys.identityFile !== undefined) return;
  findings.warning(
    at,
    'has no identityFile: workers store backups that they cannot open, so they compare them as stored and cannot drill them',
  );
}

function checkStatic(
  at: readonly PropertyKey[],
  { platform, nodeShell }: ClusterEntry,
  { store, staticResources }: NonNullable<ClusterEntry['backups']>,
  findings: Findings,
): void {
  if (staticResources === undefined) return;
  const path = [...at, 'staticResources'];
  if (platform === 'etcd')
    findings.warning(path, 'is not used by platform etcd: a bare ring has no control plane beside it');
  else if (!hasKnownNodes(platform)) findings.warning(path, `is not used by platform ${platform}: ${STATIC_PLATFORMS}`);
  else if (nodeShell === undefined)
    findings.warning(
      path,
      'is not used without nodeShell.image, with which the files are read: backups are snapshot only',
    );
  const beside = staticResources.store;
  if (beside === undefined) return;
  if (placeOf(beside) === placeOf(store))
    findings.warning([...path, 'store'], 'is the same place as the other one; leave it out');
  const keep = keepOf(store);
  // One backup is kept as a whole, or its files would go at different times.
  if (keepOf(beside) !== keep)
    findings.problem(
      [...path, 'store'],
      'keeps for another time than backups.store; expected the same keep, in both or in none, so that a backup is kept whole',
    );
}

function keepOf(store: StoreEntry): number | null {
  return store.type === 's3' ? (store.keep?.for ?? null) : null;
}

function placeOf(store: StoreEntry): string {
  if (store.type === 'file') return JSON.stringify(['file', store.path]);
  return JSON.stringify([store.endpoint ?? '', store.bucket, store.prefix?.replace(/\/$/, '') ?? '']);
}
