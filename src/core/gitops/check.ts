import type { Check } from '../plan.ts';
import { type GitopsFinding, standsAgainst } from './finding.ts';

/** What was decided about one who keeps an object. */
function lineOf(finding: GitopsFinding, suspend: boolean): string {
  const { object, who, words, stays, suspension } = finding;
  const what = `${object}: ${who}. ${words}`;
  if (!standsAgainst(finding)) return `${what}.`;
  if (suspend && suspension !== null) return `${what}. It is suspended for the run.`;
  return suspend && stays !== '' ? `${what}. It cannot be suspended: ${stays}.` : `${what}.`;
}

/**
 * The check `gitops`: who would take the changes of a plan back. Blocks unless all of them are suspended for the run.
 *
 * @param objects how many objects the plan changes
 * @param besides what else belongs into Git with the changes, each in one sentence
 */
export function gitopsCheck(
  findings: readonly GitopsFinding[],
  objects: number,
  suspend: boolean,
  besides: readonly string[] = [],
): Check {
  const open = findings.filter((each) => standsAgainst(each) && !(suspend && each.suspension !== null));
  const evidence = findings.map((each) => lineOf(each, suspend)).join(' ');
  if (open.length > 0)
    return {
      id: 'gitops',
      verdict: 'block',
      title: 'The change would be taken back',
      evidence: [evidence, wayOut(open, suspend), ...besides].join(' '),
    };
  if (findings.length === 0) {
    const told = objects === 1 ? 'the object that is changed' : `any of the ${objects} objects that are changed`;
    return {
      id: 'gitops',
      verdict: 'pass',
      title: 'Nobody takes the change back',
      evidence: `no GitOps tool keeps ${told}`,
    };
  }
  const suspended = findings.some(standsAgainst);
  const title = suspended ? 'Git is not followed until the end of the run' : 'The change has to be made in Git too';
  return { id: 'gitops', verdict: 'warn', title, evidence: [evidence, ...besides].join(' ') };
}

function wayOut(open: readonly GitopsFinding[], suspend: boolean): string {
  const git = 'Bring the change that is in the thread as a file into Git';
  if (suspend) return `${git}, or end by hand what cannot be suspended.`;
  return open.every(({ suspension }) => suspension !== null)
    ? `${git}, or ask again with --suspend-gitops.`
    : `${git}.`;
}
