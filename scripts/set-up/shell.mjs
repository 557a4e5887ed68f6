import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, without a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Set-up cannot go on; the message says what the person has to do. */
export class StopError extends Error {}

/**
 * Says one thing on stderr. stdout belongs to the command that follows.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/**
 * Whether a program of this name stands in PATH. Looks at files only: starting each would cost more than the rest of
 * a set-up that has nothing to do.
 * @param {string} program
 */
export function onPath(program) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)));
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program and waits. Its stdout goes to our stderr.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] quiet: keep the output, show it only
 * when the program fails
 * @returns {{ ok: boolean, output: string }} output is empty unless quiet
 */
export function run(program, args, { cwd, env, quiet = false } = {}) {
  const result = spawnSync(program, args, {
    cwd: cwd ?? root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = quiet ? `${result.stdout ?? ''}${result.stderr ?? ''}` : '';
  return { ok: result.status === 0, output: result.error === undefined ? output : String(result.error) };
}
