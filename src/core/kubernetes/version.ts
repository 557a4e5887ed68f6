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

/** Below zero: `a` is the older one. What providers append is not compared. */
export function compareVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/** How many minor versions `to` is above `from`; below zero: it is older. Only within one major version. */
export function minorsBetween(from: KubernetesVersion, to: KubernetesVersion): number {
  return to.minor - from.minor;
}

/** The same of two texts; `null`: one of them is no version. */
export function minorsUp(from: string, to: string): number | null {
  const [before, after] = [parseVersion(from), parseVersion(to)];
  return before === null || after === null ? null : minorsBetween(before, after);
}

/** `1.31`, as release notes and metrics name a minor version. */
export function minorText({ major, minor }: Pick<KubernetesVersion, 'major' | 'minor'>): string {
  return `${major}.${minor}`;
}

/** Reads `1.25` or `v1.25.0` down to its minor version; `null` for anything else. */
export function parseMinor(text: string): Pick<KubernetesVersion, 'major' | 'minor'> | null {
  const [, major, minor] = /^v?(\d{1,3})\.(\d{1,4})(?:\.\d+)?$/.exec(text) ?? [];
  return major === undefined || minor === undefined ? null : { major: Number(major), minor: Number(minor) };
}

/** Whether both texts name the same release: with or without `v`, and with the same appendix. What is no version equals only itself. */
export function isSameVersion(a: string, b: string): boolean {
  return a.replace(/^v/, '') === b.replace(/^v/, '');
}

/** A version that people typed, or what to type instead. Without a period. */
export type ExactVersion =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly why: string };

/**
 * Reads a version as people type it: `v1.31.4` or `1.31.4`, also with what a distribution appends (`v1.31.4+rke2r1`). Answers it with
 * its `v`. Ranges, minor versions alone and pre-releases are refused: which release they mean changes from day to day.
 */
export function exactVersion(typed: string): ExactVersion {
  const shown = typed.length > 40 ? `${typed.slice(0, 40)}…` : typed;
  if (/^v?\d{1,3}\.\d{1,4}$/.test(typed)) {
    return {
      ok: false,
      why: `${shown} names a minor version; write the whole version, for instance ${withV(typed)}.4`,
    };
  }
  const [, numbers, appendix = ''] =
    /^v?(\d{1,3}\.\d{1,4}\.\d{1,4})([-+][0-9A-Za-z][0-9A-Za-z.+-]{0,40})?$/.exec(typed) ?? [];
  if (numbers === undefined || /(?:^|\.)0\d/.test(numbers)) {
    return { ok: false, why: `${shown} is no version of Kubernetes; write it whole, for instance v1.31.4` };
  }
  if (/^-(?:alpha|beta|rc)\b/i.test(appendix)) {
    return { ok: false, why: `${shown} is a pre-release; write a released version, for instance v${numbers}` };
  }
  return { ok: true, version: `v${numbers}${appendix}` };
}

function withV(text: string): string {
  return text.startsWith('v') ? text : `v${text}`;
}

/** How far a kubelet may be behind its API server, in minor versions. Source: Kubernetes' version skew policy, from 1.28 on. */
const OLDEST_KUBELET = 3;
const OLDEST_BEFORE_1_28 = 2;

/**
 * How many minor versions a kubelet or kube-proxy may be behind this API server. That a kubelet before 1.25 may be two behind only follows
 * from it.
 */
export function allowedLag(server: KubernetesVersion): number {
  return server.minor < 28 ? OLDEST_BEFORE_1_28 : OLDEST_KUBELET;
}

/** What is wrong with a kubelet's version beside an API server's, in words; `null`: nothing, or it cannot be told. */
export function skewOf(kubelet: string, server: string): string | null {
  const node = parseVersion(kubelet);
  const api = parseVersion(server);
  if (node === null || api === null || node.major !== api.major) return null;
  const behind = api.minor - node.minor;
  const allowed = allowedLag(api);
  if (behind < 0) return `is newer than the API server (${kubelet}, ${server})`;
  return behind > allowed
    ? `is ${behind} minor versions behind the API server (${kubelet}, ${server}); ${allowed} are supported`
    : null;
}
