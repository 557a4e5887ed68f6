/** A version of Kubernetes. */
export interface KubernetesVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Reads `v1.31.4`, also with what providers append (`-eks-…`, `-gke.…`, `+…`); `null` for anything else. */
export function parseVersion(text: string): KubernetesVersion | null {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

/** How far a kubelet may be behind its API server, in minor versions. Source: Kubernetes' version skew policy, from 1.28 on. */
const OLDEST_KUBELET = 3;
const OLDEST_BEFORE_1_28 = 2;

/** What is wrong with a kubelet's version beside an API server's, in words; `null`: nothing, or it cannot be told. */
export function skewOf(kubelet: string, server: string): string | null {
  const node = parseVersion(kubelet);
  const api = parseVersion(server);
  if (node === null || api === null || node.major !== api.major) return null;
  const behind = api.minor - node.minor;
  const allowed = api.minor < 28 ? OLDEST_BEFORE_1_28 : OLDEST_KUBELET;
  if (behind < 0) return `is newer than the API server (${kubelet}, ${server})`;
  return behind > allowed
    ? `is ${behind} minor versions behind the API server (${kubelet}, ${server}); ${allowed} are supported`
    : null;
}
