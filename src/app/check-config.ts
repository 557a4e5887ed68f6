import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';

/** Where lines go. */
export interface Output {
  write(text: string): unknown;
}

/**
 * Says whether configuration and environment are in order: a summary on `out`, problems and warnings on `err`. Answers
 * whether they are.
 */
export function reportCheck(result: LoadResult, out: Output, err: Output): boolean {
  for (const warning of result.warnings) err.write(`warning: ${formatProblem(warning)}\n`);
  if (!result.ok) {
    for (const problem of result.problems) err.write(`${formatProblem(problem)}\n`);
    err.write(
      `${result.problems.length === 1 ? '1 problem' : `${result.problems.length} problems`}. Nothing was started.\n`,
    );
    return false;
  }
  out.write(`ok: ${summary(result.config)}\n`);
  return true;
}

function summary(config: Config): string {
  const clusters = config.clusters.map((cluster) => `${cluster.name} (${cluster.platform})`).join(', ');
  const roles = config.roles.map((role) => `${role.name} (${peopleIn(role)})`).join(', ');
  const rules = `${config.rules.length} ${config.rules.length === 1 ? 'rule' : 'rules'}`;
  return `${config.file}: clusters ${clusters}; roles ${roles === '' ? 'none' : roles}; ${rules}`;
}

/** `2`, `2 and 1 group`: members of groups are known to Slack only. */
function peopleIn({ users, groups }: Config['roles'][number]): string {
  if (groups.length === 0) return String(users.length);
  const named = `${groups.length} ${groups.length === 1 ? 'group' : 'groups'}`;
  return users.length === 0 ? named : `${users.length} and ${named}`;
}
