import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What a finished program left: exit status (null when a signal ended it) and both streams. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Every file of the repository that git does not ignore, committed or not, as paths from its top; sorted. */
export function repositoryFiles(): readonly string[] {
  const list = runProgram('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  if (list.status !== 0) throw new Error(`git ls-files: ${list.stderr}`);
  const paths = list.stdout.split('\0').filter((path) => path !== '');
  return [...new Set(paths)].filter((path) => existsSync(join(ROOT, path))).toSorted();
}

/** Files of the repository written by hand as code. */
export function codeFiles(): readonly string[] {
  return repositoryFiles().filter((path) => /\.(ts|tsx|mts|mjs|js)$/.test(path));
}

/** The text of a file of the repository; the path is from its top. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/**
 * Runs a program to its end; never throws for a bad exit status. The repository's own tools stand first in PATH, unless
 * `env` brings a PATH.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> },
): Finished {
  const path = [join(ROOT, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: options.cwd,
    env: { ...process.env, PATH: path, ...options.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}
