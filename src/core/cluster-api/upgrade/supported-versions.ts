import { minorsBetween, minorText, parseVersion } from '../../kubernetes/version.ts';
import type { Check } from '../../plan.ts';
import type { CapiRelease } from './release.ts';

/** Minor versions of Kubernetes 1, both included. */
interface Range {
  readonly oldest: number;
  readonly newest: number;
}

/**
 * What a minor version of Cluster API 1 supports in workload clusters, in its newest patches. What is not in it is not known. Source: release
 * notes of kubernetes-sigs/cluster-api, "Kubernetes version support"; of 1.5 and 1.7 the page "versions" of its book.
 */
const SUPPORTED: ReadonlyMap<number, Range> = new Map([
  [3, { oldest: 18, newest: 26 }],
  [5, { oldest: 22, newest: 28 }],
  [6, { oldest: 23, newest: 29 }],
  [7, { oldest: 24, newest: 30 }],
  [8, { oldest: 25, newest: 31 }],
  [9, { oldest: 26, newest: 32 }],
  [10, { oldest: 26, newest: 33 }],
  [11, { oldest: 28, newest: 34 }],
  [12, { oldest: 29, newest: 35 }],
  [13, { oldest: 30, newest: 37 }],
  [14, { oldest: 31, newest: 37 }],
]);

/** What goes where. */
export interface VersionMove {
  readonly from: string;
  readonly to: string;
  readonly isPlane: boolean;
}

const ID = 'capi-release';

/** Whether the controllers know how to make machines of a version. Only a control plane that goes where they never were is held up by it. */
export function releaseCheck(release: CapiRelease, { from, to, isPlane }: VersionMove): Check {
  const target = parseVersion(to);
  if (!release.ok || target === null) return unknown(release.ok ? `${to} is no version` : release.why);
  const is = parseVersion(release.version);
  const range = is?.major === 1 ? SUPPORTED.get(is.minor) : undefined;
  const source = `(version: ${release.source})`;
  if (range === undefined) return unknown(`what Cluster API ${release.version} supports is not known here ${source}`);
  const { oldest, newest } = range;
  const words = `Cluster API ${release.version} supports Kubernetes ${minorText({ major: 1, minor: oldest })} to ${minorText({ major: 1, minor: newest })} in workload clusters, in its newest patches`;
  const isSupported = target.major === 1 && target.minor >= oldest && target.minor <= newest;
  if (isSupported && release.isRolling === true)
    return { id: ID, verdict: 'warn', title: 'Cluster API is being upgraded itself', evidence: `${words} ${source}` };
  if (isSupported)
    return { id: ID, verdict: 'pass', title: 'Cluster API supports the version', evidence: `${words} ${source}` };
  const now = parseVersion(from);
  const isOver = target.major > 1 || target.minor > newest;
  const isNew = isPlane && (now === null || minorsBetween(now, target) > 0);
  const evidence = isOver
    ? `${words}, and ${to} is newer: upgrade Cluster API first ${source}`
    : `${words}, and ${to} is older: nobody tests it any more ${source}`;
  const verdict = isOver && isNew ? 'block' : 'warn';
  return { id: ID, verdict, title: 'Cluster API does not support the version', evidence };
}

function unknown(why: string): Check {
  const evidence = `${why}: compare its release notes ("Kubernetes version support") with the version`;
  return { id: ID, verdict: 'warn', title: 'It cannot be told whether Cluster API supports the version', evidence };
}
