import { expect, test } from 'vitest';
import { whyNotStarted, withRights } from '../../../../src/adapters/ssh/rights.ts';
import type { ExecOutcome } from '../../../../src/core/ports/kubernetes.ts';

function said(exitCode: number, stderr: string, stdout = ''): ExecOutcome {
  const encoder = new TextEncoder();
  return { exitCode, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
}

test('root needs no sudo, everybody else one that never asks', () => {
  expect(withRights(['systemctl', 'stop'], 'root').join(' ')).toBe('env LC_ALL=C systemctl stop');
  expect(withRights(['systemctl', 'stop'], 'drydock').join(' ')).toBe('env LC_ALL=C sudo -n -- systemctl stop');
});

test.each([
  'sudo: a password is required\n',
  'sudo: unable to resolve host m-1: Name or service not known\nsudo: a password is required\n',
  'sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required\n',
  'sudo: mv: command not found\n',
  'sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set\n',
  "sudo-rs: I'm sorry drydock. I'm afraid I can't do that\n",
  'sudo: interactive authentication is required\n',
  "Sorry, user drydock is not allowed to execute '/usr/bin/mv -T' as root on m-1.\n",
  'drydock is not in the sudoers file.\n',
])('nothing was started: %j', (words) => {
  expect(whyNotStarted(said(1, words))).toMatch(/\S/);
});

test('without sudo on the host nothing is started either', () => {
  expect(whyNotStarted(said(127, "env: 'sudo': No such file or directory\n"))).toBe(
    "env: 'sudo': No such file or directory",
  );
});

test.each([
  ['the program failed', said(1, "mv: cannot stat '/a': No such file or directory\n")],
  ['a warning of sudo, and the program failed', said(1, 'sudo: unable to resolve host m-1\ncat: /a: No such file\n')],
  ['it printed something', said(1, 'sudo: a password is required\n', 'text')],
  ['it went well', said(0, 'sudo: unable to resolve host m-1\n')],
  ['another exit code', said(75, '')],
])('the program ran: %s', (_name, outcome) => {
  expect(whyNotStarted(outcome)).toBeNull();
});
