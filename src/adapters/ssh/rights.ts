import type { ExecOutcome } from '../../core/ports/kubernetes.ts';

/** The user that needs nobody's leave. */
const ROOT = 'root';

/**
 * The arguments with what they need for root's rights before them: `sudo -n`, which never asks, unless the user is root. Programs speak
 * English, because their answers are read.
 */
export function withRights(argv: readonly string[], user: string): readonly string[] {
  return user === ROOT ? ['env', 'LC_ALL=C', ...argv] : ['env', 'LC_ALL=C', 'sudo', '-n', '--', ...argv];
}

/** What sudo and env say when they start nothing. Other words of sudo are warnings, and the program runs. */
const NOT_STARTED = [
  /^sudo(?:-rs)?: (?:a password is required|a terminal is required|no tty present|you must have a tty|interactive authentication is required)/,
  /^sudo(?:-rs)?: (?:account validation failure|unknown user|PAM |effective uid is not 0|\S+ must be owned by uid 0|no valid sudoers sources)/,
  /^sudo(?:-rs)?: .*: command not found$/,
  /^sudo(?:-rs)?: .* I.m afraid I can.t do that/,
  /^\w+, user \S+ (?:is not allowed|may not run)/,
  /^\S+ is not (?:in the sudoers file|allowed to run sudo)/,
  /^env: .*: No such file or directory$/,
];

/**
 * Why nothing was started, in the words of sudo or env; `null`: the program ran, and the exit code is its own. Both use exit codes that
 * programs use, too, so their words decide.
 */
export function whyNotStarted(outcome: ExecOutcome): string | null {
  if ((outcome.exitCode !== 1 && outcome.exitCode !== 127) || outcome.stdout.length > 0) return null;
  const lines = new TextDecoder()
    .decode(outcome.stderr)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.find((line) => NOT_STARTED.some((words) => words.test(line))) ?? null;
}
