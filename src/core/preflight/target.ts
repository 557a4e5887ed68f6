import {
  compareVersions,
  exactVersion,
  isSameVersion,
  type KubernetesVersion,
  minorsBetween,
  minorText,
  parseVersion,
} from '../kubernetes/version.ts';
import type { Check } from '../plan.ts';

/** Id of the check that says whether the target may be asked for. */
export const TARGET_CHECK = 'target-version';

/** What is to go to which version. */
export interface TargetOrder {
  readonly kind: 'control-plane' | 'node-group';
  /** What it is called in sentences: `the control plane`, `nodegroup/md-0`. */
  readonly name: string;
  /** What it has; `null`: nobody can tell. */
  readonly from: string | null;
  /** As typed. */
  readonly to: string;
  /** What the control plane has when it is the turn of a node group; `null`: nobody can tell. Not looked at for a control plane. */
  readonly controlPlane: string | null;
}

/** Words without a period. `version`: the target with its `v`. */
export type JudgedTarget =
  | { readonly kind: 'go'; readonly version: string; readonly words: string }
  | { readonly kind: 'same'; readonly version: string; readonly words: string }
  | { readonly kind: 'refused'; readonly words: string };

/**
 * Whether a version may be asked for. A control plane goes one minor version at a time, a node group up to its control plane, and nothing goes
 * back. Source: Kubernetes' version skew policy; Cluster API does not refuse an older version of a control plane by itself.
 */
export function judgeTarget(order: TargetOrder): JudgedTarget {
  const typed = exactVersion(order.to);
  if (!typed.ok) return refused(typed.why);
  const { version } = typed;
  const target = parseVersion(version);
  if (target === null) return refused(`${version} is no version of Kubernetes`);
  if (order.from === null)
    return refused(`it cannot be told which version ${order.name} has, so not whether ${version} is the next one`);
  if (isSameVersion(order.from, version))
    return { kind: 'same', version, words: `${order.name} is at ${version} already` };
  const now = parseVersion(order.from);
  if (now === null) return refused(`${order.name} says it is at ${order.from}, which is no version of Kubernetes`);
  const speaks = speaksAgainst(order, now, target, version);
  return speaks === null ? { kind: 'go', version, words: stepWords(order, now, target, version) } : refused(speaks);
}

function speaksAgainst(
  order: TargetOrder,
  now: KubernetesVersion,
  target: KubernetesVersion,
  version: string,
): string | null {
  const is = `${order.name} is at ${order.from ?? ''}`;
  if (target.major !== now.major)
    return `${is}; ${version} is another major version, and no release of Kubernetes is known by it`;
  if (compareVersions(target, now) < 0) return `${is}, and ${version} is older: nothing is taken back by an upgrade`;
  const minors = minorsBetween(now, target);
  if (order.kind === 'control-plane') {
    const next = minorText({ major: now.major, minor: now.minor + 1 });
    return minors > 1
      ? `${is}, and ${version} is ${minors} minor versions further: go one at a time, first to a version of ${next}, for instance v${next}.0`
      : null;
  }
  return aboveControlPlane(order, target, version);
}

function aboveControlPlane(
  { name, controlPlane }: TargetOrder,
  target: KubernetesVersion,
  version: string,
): string | null {
  const server = controlPlane === null ? null : parseVersion(controlPlane);
  if (server === null)
    return `it cannot be told which version the control plane has, so not whether ${name} may go to ${version}`;
  if (compareVersions(target, server) <= 0) return null;
  return `the control plane is at ${controlPlane ?? ''}, and ${name} must not be above it: upgrade the control plane to ${version} first`;
}

function stepWords(
  { name, from }: TargetOrder,
  now: KubernetesVersion,
  target: KubernetesVersion,
  version: string,
): string {
  const minors = minorsBetween(now, target);
  const far =
    minors === 0
      ? 'a patch of the same minor version'
      : minors === 1
        ? 'the next minor version'
        : `${minors} minor versions further`;
  return `${name} goes from ${from ?? ''} to ${version}, ${far}`;
}

/** The judgement as a check. `same` passes: whether there is nothing to do the runbook says. */
export function targetCheck(judged: JudgedTarget): Check {
  return judged.kind === 'refused'
    ? { id: TARGET_CHECK, verdict: 'block', title: 'The target cannot be asked for', evidence: judged.words }
    : { id: TARGET_CHECK, verdict: 'pass', title: 'The target may be asked for', evidence: judged.words };
}

function refused(words: string): JudgedTarget {
  return { kind: 'refused', words };
}
