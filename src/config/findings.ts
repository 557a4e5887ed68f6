import { type ConfigProblem, formatPath } from './problem.ts';
import type { YamlSource } from './yaml-source.ts';

/** Collects problems and warnings of checks that go beyond the shape of single fields. */
export interface Findings {
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigProblem[];
  /** Something that must be corrected. */
  problem(path: readonly PropertyKey[], expected: string, found?: string): void;
  /** Something that works, but probably is not meant so. */
  warning(path: readonly PropertyKey[], expected: string, found?: string): void;
}

/** Empty findings about one file. */
export function createFindings(source: YamlSource): Findings {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  function make(path: readonly PropertyKey[], expected: string, found: string | undefined): ConfigProblem {
    return { file: source.file, line: source.lineOf(path), path: formatPath(path), found: found ?? null, expected };
  }
  return {
    problems,
    warnings,
    problem: (path, expected, found) => {
      problems.push(make(path, expected, found));
    },
    warning: (path, expected, found) => {
      warnings.push(make(path, expected, found));
    },
  };
}
