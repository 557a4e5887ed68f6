import { describe, expect, test } from 'vitest';
import {
  disableService,
  enableService,
  forgetFailures,
  isCrashLooping,
  isRunning,
  isStopped,
  readDatabaseLock,
  readDone,
  readServiceState,
  type ServiceState,
  serviceLog,
  serviceWords,
  showService,
  startService,
  startsWithMachine,
  stopService,
  tryDatabaseLock,
  unusableService,
} from '../../../../src/core/etcd/host-service.ts';
import type { ExecOutcome } from '../../../../src/core/ports/kubernetes.ts';

/** As systemd 252 prints it. */
const RUNNING = `Result=success
NRestarts=2
MainPID=812
ExecMainStatus=0
ExecStart={ path=/usr/bin/etcd ; argv[]=/usr/bin/etcd $DAEMON_ARGS ; ignore_errors=no ; start_time=[Sun 2026-11-22 09:00:00 UTC] ; stop_time=[n/a] ; pid=812 ; code=(null) ; status=0/0 }
EnvironmentFiles=/etc/default/etcd (ignore_errors=yes)
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
`;
const WAITING = `Result=exit-code
NRestarts=14
MainPID=0
ExecMainStatus=2
LoadState=loaded
ActiveState=activating
SubState=auto-restart
UnitFileState=enabled
`;
/** For a unit that nobody has, `show` succeeds. */
const UNKNOWN = `Result=success
NRestarts=0
MainPID=0
ExecMainStatus=0
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
`;

function said(stdout: string, exitCode = 0, stderr = ''): ExecOutcome {
  const encoder = new TextEncoder();
  return { exitCode, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
}

function stateOf(text: string): ServiceState {
  const read = readServiceState(said(text));
  if (!read.ok) throw new Error(read.why);
  return read.value;
}

test('the programs, word by word', () => {
  const programs = [showService, stopService, startService, forgetFailures, disableService, enableService].map(
    (make) => make('etcd.service').argv,
  );

  expect(programs.map((argv) => argv.join(' '))).toEqual([
    'systemctl show --property=LoadState,ActiveState,SubState,MainPID,NRestarts,Result,ExecMainStatus,UnitFileState,EnvironmentFiles,ExecStart -- etcd.service',
    'systemctl stop --no-block -- etcd.service',
    'systemctl start --no-block -- etcd.service',
    'systemctl reset-failed -- etcd.service',
    'systemctl disable -- etcd.service',
    'systemctl enable -- etcd.service',
  ]);
  expect(serviceLog('etcd.service', 50).argv.join(' ')).toBe(
    'journalctl --no-pager --output=cat --lines=50 --unit=etcd.service',
  );
  expect(tryDatabaseLock('/var/lib/etcd').argv.join(' ')).toBe(
    'flock --nonblock --conflict-exit-code=75 /var/lib/etcd/member/snap/db true',
  );
});

test('whether a service starts with the machine; one that others start cannot be disabled', () => {
  const files = ['enabled', 'enabled-runtime', 'disabled', 'linked', 'static', 'generated', ''];
  const told = files.map((unitFile) => startsWithMachine({ ...stateOf(RUNNING), unitFile }));

  expect(told).toEqual(['yes', 'yes', 'no', 'no', 'unknown', 'unknown', 'unknown']);
});

describe('the state of a service', () => {
  test('running', () => {
    const state = stateOf(RUNNING);

    expect(state).toEqual({
      load: 'loaded',
      active: 'active',
      sub: 'running',
      mainPid: 812,
      restarts: 2,
      result: 'success',
      exitStatus: 0,
      unitFile: 'enabled',
      environmentFiles: ['/etc/default/etcd'],
      command: '/usr/bin/etcd $DAEMON_ARGS',
    });
    expect([isRunning(state), isStopped(state), isCrashLooping(state, null)]).toEqual([true, false, false]);
    expect(serviceWords(state)).toBe('active (running), process 812, restarted 2 times by systemd');
  });

  test('between two starts it has no process and is not stopped', () => {
    const state = stateOf(WAITING);

    expect([isRunning(state), isStopped(state), isCrashLooping(state, null)]).toEqual([false, false, true]);
    expect(serviceWords(state)).toBe('activating (auto-restart), last end exit-code 2, restarted 14 times by systemd');
  });

  test.each([
    ['inactive', 'dead', 0, true],
    ['failed', 'failed', 0, true],
    ['inactive', 'dead', 812, false],
    ['deactivating', 'stop-sigterm', 812, false],
    ['deactivating', 'final-sigkill', 0, false],
    ['activating', 'start', 812, false],
    ['reloading', 'reload', 812, false],
    ['maintenance', 'cleaning', 0, false],
  ])('%s (%s) with process %i is stopped: %s', (active, sub, pid, expected) => {
    const text = `LoadState=loaded\nActiveState=${active}\nSubState=${sub}\nMainPID=${pid}\n`;

    expect(isStopped(stateOf(text))).toBe(expected);
  });

  test('restarts that grow between two looks are a crash loop, also while it runs', () => {
    const before = stateOf(RUNNING);
    const after = stateOf(RUNNING.replace('NRestarts=2', 'NRestarts=3'));

    expect(isCrashLooping(after, before)).toBe(true);
    expect(isCrashLooping(after, after)).toBe(false);
    expect(isCrashLooping(stateOf(UNKNOWN), null)).toBe(false);
  });

  test('a service that nobody has is told, although systemd answers with 0', () => {
    const state = stateOf(UNKNOWN);

    expect(state.load).toBe('not-found');
    expect(serviceWords(state)).toBe('systemd knows no such service');
    expect(unusableService(state, '/etc/default/etcd')).toEqual(['systemd knows no such service']);
  });

  test('what is no answer is none', () => {
    expect(readServiceState(said('', 1, 'System has not been booted with systemd\n'))).toEqual({
      ok: false,
      why: 'systemctl show ended with 1: System has not been booted with systemd',
    });
    expect(readServiceState(said('welcome to this host\n')).ok).toBe(false);
  });

  test('lines of a greeting before the answer do no harm', () => {
    expect(stateOf(`Welcome!\n\n${RUNNING}`).mainPid).toBe(812);
  });
});

describe('whether the file of settings is what etcd starts with', () => {
  test.each([
    ['it reads the file', RUNNING, []],
    [
      'it reads another',
      RUNNING.replace('/etc/default/etcd ', '/etc/etcd.conf '),
      ['the service reads /etc/etcd.conf, not /etc/default/etcd'],
    ],
    [
      'it reads none',
      RUNNING.replace(/EnvironmentFiles=.*\n/, ''),
      ['the service reads no file of settings, not /etc/default/etcd'],
    ],
    [
      'another is read later',
      RUNNING.replace('LoadState', 'EnvironmentFiles=/etc/etcd/late (ignore_errors=no)\nLoadState'),
      ['/etc/etcd/late is read after /etc/default/etcd and may win over it'],
    ],
    [
      'flags win',
      RUNNING.replace('$DAEMON_ARGS', '--name=m-1 --initial-cluster m-1=https://10.0.0.1:2380 --snapshot-count=5'),
      ['the command sets --name, --initial-cluster, which wins over the file'],
    ],
    [
      'a file of configuration wins',
      RUNNING.replace('$DAEMON_ARGS', '-config-file /etc/etcd.yaml'),
      ['the command sets --config-file, which wins over the file'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(unusableService(stateOf(text), '/etc/default/etcd')).toEqual(expected);
  });
});

test('the lock of a database: free, held, not to be told', () => {
  expect(readDatabaseLock(said(''))).toEqual({ ok: true, value: 'free' });
  expect(readDatabaseLock(said('', 75))).toEqual({ ok: true, value: 'held' });
  expect(readDatabaseLock(said('', 66, 'flock: cannot open lock file\n'))).toEqual({
    ok: false,
    why: 'flock ended with 66: flock: cannot open lock file',
  });
});

test('a program that failed is quoted, and not whole', () => {
  expect(readDone('mv', said('', 0))).toEqual({ ok: true, value: null });
  expect(readDone('mv', said('', 1))).toEqual({ ok: false, why: 'mv ended with 1 and said nothing' });
  const long = readDone('mv', said('', 1, 'x'.repeat(1000)));

  expect(long.ok ? '' : long.why).toHaveLength('mv ended with 1: '.length + 300 + ' …'.length);
});
