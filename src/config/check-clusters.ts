import { hasManagedEtcd } from '../core/cluster-profile.ts';
import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { ClusterEntry } from './schema.ts';

/** A file that a worker will read, and where the configuration names it. */
export interface NamedFile {
  readonly path: readonly PropertyKey[];
  readonly file: string;
}

/**
 * Checks each cluster in itself (platform against etcd, access against endpoints, endpoints against certificates), and that
 * no ring stands in two of them.
 */
export function checkClusters(parts: ReadableParts, findings: Findings): void {
  for (const { name, entry } of parts.clusters) {
    checkPlatform(name, entry, findings);
    checkEtcd(name, entry, findings);
  }
  checkRingsApart(parts, findings);
}

/** Locks go by cluster name: two names for one ring would let two runs change it at once. */
function checkRingsApart(parts: ReadableParts, findings: Findings): void {
  const owners = new Map<string, string>();
  for (const { name, entry } of parts.clusters) {
    for (const [index, endpoint] of (entry.etcd?.endpoints ?? []).entries()) {
      const owner = owners.get(placeOf(endpoint)) ?? name;
      owners.set(placeOf(endpoint), owner);
      if (owner === name) continue;
      findings.problem(
        ['clusters', name, 'etcd', 'endpoints', index],
        `stands in cluster ${owner} too; one ring belongs to one cluster, or two runs could change it at once`,
        `"${endpoint}"`,
      );
    }
  }
}

/** Host and port, however the address is written. */
function placeOf(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url === null) return endpoint;
  const usual = url.protocol === 'https:' ? '443' : '80';
  return `${url.hostname}:${url.port === '' ? usual : url.port}`;
}

/** Every file that the clusters name, as written. */
export function namedFiles(parts: ReadableParts): readonly NamedFile[] {
  return parts.clusters.flatMap(({ name, entry }) => {
    const at = ['clusters', name];
    const tls = entry.etcd?.tls;
    return [
      { path: [...at, 'kubeconfig'], file: entry.platform === 'etcd' ? undefined : entry.kubeconfig },
      { path: [...at, 'management', 'kubeconfig'], file: entry.management?.kubeconfig },
      { path: [...at, 'etcd', 'tls', 'ca'], file: tls?.ca },
      { path: [...at, 'etcd', 'tls', 'cert'], file: tls?.cert },
      { path: [...at, 'etcd', 'tls', 'key'], file: tls?.key },
      { path: [...at, 'etcd', 'hosts', 'ssh', 'key'], file: entry.etcd?.hosts?.ssh.key },
      { path: [...at, 'etcd', 'hosts', 'ssh', 'knownHosts'], file: entry.etcd?.hosts?.ssh.knownHosts },
    ].flatMap(({ path, file }) => (file === undefined ? [] : [{ path, file }]));
  });
}

function checkPlatform(name: string, entry: ClusterEntry, findings: Findings): void {
  const at = ['clusters', name];
  const { platform } = entry;
  if (hasManagedEtcd(platform) && entry.etcd !== undefined) {
    findings.problem(
      [...at, 'etcd'],
      `the provider of ${platform} runs etcd and shows nothing of it; remove this section`,
    );
  }
  if (platform === 'etcd') {
    if (entry.etcd === undefined) findings.problem(at, 'platform etcd needs an etcd section with access: direct');
    if (entry.kubeconfig !== undefined) findings.warning([...at, 'kubeconfig'], 'is not used by platform etcd');
    if (entry.context !== undefined) findings.warning([...at, 'context'], 'is not used by platform etcd');
  }
  if (entry.management !== undefined && platform !== 'cluster-api' && platform !== 'eks-anywhere') {
    findings.warning(
      [...at, 'management'],
      `is not used by platform ${platform}, only by cluster-api and eks-anywhere`,
    );
  }
  if (entry.aws !== undefined && platform !== 'eks') {
    findings.warning([...at, 'aws'], `is not used by platform ${platform}, only by eks`);
  }
}

function checkEtcd(name: string, entry: ClusterEntry, findings: Findings): void {
  const { etcd } = entry;
  if (etcd === undefined || hasManagedEtcd(entry.platform)) return;
  const at = ['clusters', name, 'etcd'];
  if (etcd.hosts !== undefined && entry.platform !== 'etcd')
    findings.warning([...at, 'hosts'], `is not used by platform ${entry.platform}, only by platform etcd`);
  if (etcd.access === 'direct') {
    if (etcd.endpoints.length === 0)
      findings.problem([...at, 'endpoints'], 'access direct needs the address of every member');
    checkEndpoints(at, etcd.endpoints, findings);
  } else {
    if (entry.platform === 'etcd')
      findings.problem([...at, 'access'], 'platform etcd has no pods; expected direct', `"${etcd.access}"`);
    if (etcd.endpoints.length > 0) findings.warning([...at, 'endpoints'], 'are used by access direct only');
  }
  checkTls(at, etcd, findings);
}

function checkEndpoints(at: readonly PropertyKey[], endpoints: readonly string[], findings: Findings): void {
  const secure = endpoints.filter((endpoint) => endpoint.startsWith('https:')).length;
  if (secure > 0 && secure < endpoints.length) {
    findings.problem([...at, 'endpoints'], 'some are https and some http; all members of a ring speak one of them');
  }
  const places = endpoints.map(placeOf);
  for (const [index, endpoint] of endpoints.entries()) {
    if (places.indexOf(placeOf(endpoint)) < index) {
      findings.problem([...at, 'endpoints', index], 'stands here twice', `"${endpoint}"`);
    }
  }
}

function checkTls(at: readonly PropertyKey[], etcd: NonNullable<ClusterEntry['etcd']>, findings: Findings): void {
  const { tls } = etcd;
  const path = [...at, 'tls'];
  const secure = etcd.endpoints.some((endpoint) => endpoint.startsWith('https:'));
  if (etcd.access === 'exec') {
    if (tls !== undefined)
      findings.warning(path, 'is not used by access exec: etcdctl has the certificates of its pod');
    return;
  }
  if (tls === undefined) {
    if (etcd.access === 'tunnel')
      findings.problem(path, 'is missing; access tunnel needs { ca, cert, key } or { secret: namespace/name }');
    if (secure) findings.problem(path, 'is missing; https endpoints need { ca, cert, key }');
    return;
  }
  const missing = (['ca', 'cert', 'key'] as const).filter((field) => tls[field] === undefined);
  if (tls.secret !== undefined && missing.length < 3) {
    findings.problem(path, 'name either the three files or a secret, not both');
  } else if (tls.secret !== undefined && etcd.access === 'direct') {
    findings.problem(
      [...path, 'secret'],
      'reading certificates from a Kubernetes Secret is not built yet; give { ca, cert, key }',
    );
  } else if (tls.secret === undefined && missing.length > 0) {
    findings.problem(path, `is missing ${missing.join(', ')}; all of { ca, cert, key } are needed`);
  }
  if (etcd.access === 'direct' && etcd.endpoints.length > 0 && !secure) {
    findings.warning(
      path,
      'is not used: the endpoints are http. Anybody who reaches them can read and change everything',
    );
  }
}
