import { parseVersion } from '../../../src/core/kubernetes/version.ts';
import type { Check } from '../../../src/core/plan.ts';
import { type ApisInUse, apiChecks, versionUnread } from '../../../src/core/preflight/api-checks.ts';
import { removedBetween } from '../../../src/core/preflight/removed-apis.ts';
import { deprecatedRequests, type Sample } from '../../../src/core/preflight/samples.ts';
import { type Seen, seen } from '../../../src/core/preflight/seen.ts';
import type { PreflightOrder } from './plan-preflight.ts';
import { readHelm } from './read-helm.ts';
import type { PreflightPort } from './read-parts.ts';
import { readStored } from './read-stored.ts';

/**
 * The checks of APIs that the target does not serve. Stored objects and releases of Helm are opened only where the table says that the upgrade
 * removes something: between most versions it does not, and no Secret is read.
 */
export async function readApiChecks(
  kubernetes: PreflightPort,
  samples: Seen<readonly Sample[]>,
  { from, to, overRemovedApis = false }: Pick<PreflightOrder, 'from' | 'to' | 'overRemovedApis'>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const [now, target] = [parseVersion(from ?? ''), parseVersion(to)];
  if (now === null || target === null) return [versionUnread(overRemovedApis)];
  if (now.minor === target.minor) return [];
  const removed = removedBetween(now.minor, target.minor);
  const isNothing = removed.length === 0;
  const [stored, helm] = await Promise.all([
    isNothing ? NOTHING_STORED : readStored(kubernetes, removed, signal),
    isNothing ? NO_RELEASES : readHelm(kubernetes, removed, signal),
  ]);
  const use: ApisInUse = {
    from: now.minor,
    to: target.minor,
    removed,
    requested: samples.ok ? seen(deprecatedRequests(samples.value)) : samples,
    stored: stored.uses,
    storedUnseen: stored.unseen,
    helm,
    accepted: overRemovedApis,
  };
  return [...apiChecks(use), ...policyChecks(stored.counts)];
}

const NOTHING_STORED = { uses: [], unseen: [], counts: new Map<string, number>() };
const NO_RELEASES = seen({ uses: [], opened: 0, unopened: [] });

/** Nothing follows them by itself: what they forbid is allowed afterwards. */
function policyChecks(counts: ReadonlyMap<string, number>): readonly Check[] {
  const count = counts.get('PodSecurityPolicy') ?? 0;
  if (count === 0) return [];
  const evidence = `${count} of them: after 1.25 nothing enforces them, and what they forbid is allowed; set labels of Pod Security Admission on the namespaces first`;
  return [{ id: 'pod-security-policies', verdict: 'warn', title: 'PodSecurityPolicies end', evidence }];
}
