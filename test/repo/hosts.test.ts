import { basename } from 'node:path';
import { expect, test } from 'vitest';
import {
  askFreeRoom,
  dataPaths,
  fileReplacement,
  lookAtData,
  lookAtPaths,
  moveAside,
  readFile,
  replaceFile,
} from '../../src/core/etcd/host-files.ts';
import {
  disableService,
  enableService,
  forgetFailures,
  serviceLog,
  showService,
  startService,
  stopService,
  tryDatabaseLock,
} from '../../src/core/etcd/host-service.ts';
import { textOf } from '../support/repository.ts';

const SERVICE = 'etcd.service';
const DATA = '/var/lib/etcd';
const FILE = '/etc/default/etcd';
const PATHS = dataPaths(DATA, 'replace-edge-7f3k');
const NAMES = fileReplacement(FILE, 'replace-edge-7f3k');

/** Everything that is run on a host of a bare ring. */
const PROGRAMS = [
  showService(SERVICE),
  stopService(SERVICE),
  startService(SERVICE),
  disableService(SERVICE),
  enableService(SERVICE),
  forgetFailures(SERVICE),
  serviceLog(SERVICE, 50),
  tryDatabaseLock(DATA),
  lookAtData(PATHS),
  lookAtPaths([`${DATA}/member/snap/db`]),
  lookAtPaths([NAMES.kept]),
  moveAside(PATHS),
  askFreeRoom(DATA),
  readFile(FILE),
  ...replaceFile(NAMES, '', false),
].map(({ argv }) => argv);

/** What a stolen key should not be good for. */
const OTHERS = [
  ['systemctl', 'stop', '--no-block', '--', 'ssh.service'],
  ['systemctl', 'edit', '--', SERVICE],
  ['systemctl', 'disable', '--', 'ssh.service'],
  ['cat', '--', '/etc/shadow'],
  ['install', '--mode=600', '-T', '--', '/dev/null', FILE],
  ['install', '--mode=600', '-T', '--', '/etc/shadow', `${FILE}.new-x`],
  ['tee', '--', FILE],
  ['tee', '--', `${FILE}.new-x`, '/etc/cron.d/x'],
  ['mv', '-T', '--', `${DATA}/member`, '/etc/x'],
  ['mv', '-T', '--', `${DATA}/old-replace-edge-7f3k`, `${DATA}/member`],
  ['ln', '-T', '--', FILE, '/etc/cron.d/x'],
  ['flock', '--nonblock', '--conflict-exit-code=75', `${DATA}/member/snap/db`, 'sh'],
  ['chown', 'drydock', '--', FILE],
  ['rm', '-rf', DATA],
];

/** The rules of the page as sudo reads them: a program, and a regular expression for its arguments. */
function rules(): readonly { readonly program: string; readonly words: RegExp }[] {
  const block = /```sudoers\n(.*?)```/s.exec(textOf('docs/hosts.md'))?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => /^ {2}\/usr\/bin\/([a-z]+) (\^.*\$),? ?\\?$/.exec(line))
    .flatMap((found) => {
      const [, program, words] = found ?? [];
      // Commas and equal signs are escaped for sudo, not for the expression.
      return program === undefined || words === undefined
        ? []
        : [{ program, words: new RegExp(words.replaceAll(/\\([,=])/g, '$1')) }];
    });
}

function isPermitted([program = '', ...args]: readonly string[]): boolean {
  return rules().some((rule) => rule.program === basename(program) && rule.words.test(args.join(' ')));
}

test('the rules for sudo permit what is run on hosts', () => {
  expect(rules().length).toBeGreaterThan(10);
  expect(PROGRAMS.filter((argv) => !isPermitted(argv))).toEqual([]);
});

test('each rule is needed', () => {
  const unused = rules().filter(
    ({ program, words }) => !PROGRAMS.some(([name, ...args]) => name === program && words.test(args.join(' '))),
  );

  expect(unused).toEqual([]);
});

test('they permit nothing else', () => {
  expect(OTHERS.filter(isPermitted)).toEqual([]);
});
