import { resolve } from 'node:path';
import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';
import type { ClusterEntry } from './schema.ts';

/**
 * Checks how clusters are reached through Kubernetes: locks go by cluster name, so two names for one cluster would let two runs change it
 * at once. Opens nothing. `folder`: where relative paths begin.
 */
export function checkKubernetes(parts: ReadableParts, folder: string, findings: Findings): void {
  const byAccess = new Map<string, string>();
  let inCluster: string | null = null;
  for (const { name, entry } of parts.clusters) {
    if (entry.platform === 'etcd') continue;
    if (entry.kubeconfig === undefined) {
      checkInCluster(name, entry, inCluster, findings);
      inCluster ??= name;
      continue;
    }
    const access = JSON.stringify([resolve(folder, entry.kubeconfig), entry.context ?? null]);
    const owner = byAccess.get(access);
    byAccess.set(access, owner ?? name);
    if (owner === undefined) continue;
    findings.problem(
      ['clusters', name, entry.context === undefined ? 'kubeconfig' : 'context'],
      `leads to cluster ${owner} too; one cluster has one name here, or two runs could change it at once`,
      `"${entry.context ?? entry.kubeconfig}"`,
    );
  }
}

/** Without a kubeconfig the cluster is the one that the worker runs in: there is one of these, and it has no contexts. */
function checkInCluster(name: string, entry: ClusterEntry, other: string | null, findings: Findings): void {
  if (entry.context !== undefined) {
    findings.warning(['clusters', name, 'context'], 'is not used without a kubeconfig', `"${entry.context}"`);
  }
  if (other !== null) {
    findings.problem(
      ['clusters', name],
      `has no kubeconfig, and neither has cluster ${other}: both are the cluster that the worker runs in; one cluster has one name here, or two runs could change it at once`,
    );
  }
}
