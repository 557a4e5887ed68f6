import { parseVersion } from '../kubernetes/version.ts';
import type { Check } from '../plan.ts';
import type { AddOn } from './add-ons.ts';
import { some } from './seen.ts';

/** Minor versions of Kubernetes 1 that the makers of a program test one of its minor versions with. */
interface TestedRange {
  readonly program: string;
  readonly major: number;
  readonly minor: number;
  readonly from: number;
  readonly to: number;
}

/**
 * What makers publish. A version that is not listed is not tested; that it does not work nobody says.
 *
 * Source: the requirements page of each version of Calico (docs.tigera.io); `Documentation/network/kubernetes/compatibility.rst` of Cilium.
 */
const TESTED: readonly TestedRange[] = [
  { program: 'Calico', major: 3, minor: 25, from: 23, to: 26 },
  { program: 'Calico', major: 3, minor: 29, from: 29, to: 32 },
  { program: 'Calico', major: 3, minor: 31, from: 32, to: 35 },
  { program: 'Cilium', major: 1, minor: 18, from: 30, to: 33 },
];

function rangeOf({ program, version }: AddOn): TestedRange | null {
  const own = parseVersion(version);
  if (own === null) return null;
  return (
    TESTED.find((each) => each.program === program && each.major === own.major && each.minor === own.minor) ?? null
  );
}

/** Whether it is known what the makers test this version with. */
export function isKnownRange(addOn: AddOn): boolean {
  return rangeOf(addOn) !== null;
}

/** Whether programs of the cluster are tested with the target by their makers; `null`: of none of them is it known. */
export function testedCheck(addOns: readonly AddOn[], to: string): Check | null {
  const minor = parseVersion(to)?.minor ?? null;
  const known = addOns.flatMap((addOn) => {
    const range = rangeOf(addOn);
    return range === null || minor === null
      ? []
      : [{ addOn, range, isTested: minor >= range.from && minor <= range.to }];
  });
  if (known.length === 0) return null;
  const words = known.map(
    ({ addOn, range }) => `${addOn.program} ${addOn.version} is tested with 1.${range.from} to 1.${range.to}`,
  );
  const isFine = known.every(({ isTested }) => isTested);
  return {
    id: 'add-ons',
    verdict: isFine ? 'pass' : 'warn',
    title: isFine ? 'Add-ons are tested with the target' : 'An add-on is not tested with the target',
    evidence: isFine ? some(words) : `${some(words)}, by its makers; upgrade it first where the target is beyond that`,
  };
}
