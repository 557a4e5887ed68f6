import type { Findings } from './findings.ts';
import type { ReadableParts } from './readable-parts.ts';
import { CLUSTER_NAME, ROLE_NAME } from './schema.ts';

/** Checks how clusters and roles are called. */
export function checkOwnNames(parts: ReadableParts, findings: Findings): void {
  for (const name of parts.clusterNames) {
    if (!CLUSTER_NAME.test(name))
      findings.problem(['clusters', name], `a cluster name must match ${CLUSTER_NAME.source}`);
  }
  for (const name of parts.roleNames) {
    if (!ROLE_NAME.test(name))
      findings.problem(
        ['roles', name],
        'a name must be lower-case letters, digits and hyphens, beginning with a letter',
      );
  }
}
