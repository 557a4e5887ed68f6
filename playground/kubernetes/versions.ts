/** A version of Kubernetes in numbers. */
export interface VersionNumbers {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Reads `v1.30.6` or `1.30.6`; `null`: it is none. What follows the patch (`-rc.1`, `+vendor`) is left out. */
export function numbersOf(version: string): VersionNumbers | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(version);
  if (match === null) return null;
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number);
  return { major, minor, patch };
}

/** The older first. What is no version comes before all that are. */
export function byVersion(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}
