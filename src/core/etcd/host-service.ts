import type { ExecOutcome } from '../ports/kubernetes.ts';

/** One program on a host: what goes to `HostPort.run`, and what it reads. */
export interface HostProgram {
  readonly argv: readonly string[];
  readonly stdin?: Uint8Array;
}

/** What was read of a host, or why it cannot be told. */
export type HostReading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What systemd says of a service. Words are systemd's own. */
export interface ServiceState {
  /** `loaded`, `not-found`, `masked`, `error`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`, `maintenance`. */
  readonly active: string;
  /** `running`, `dead`, `auto-restart`, `stop-sigterm`, … */
  readonly sub: string;
  /** Process id of the service; `null`: none. */
  readonly mainPid: number | null;
  /** How often systemd started it again by itself; `null`: too old to count. */
  readonly restarts: number | null;
  /** How it ended last: `success`, `exit-code`, `signal`, `start-limit-hit`, `oom-kill`, … */
  readonly result: string;
  /** Exit code or signal number of its last process; `null`: not told. */
  readonly exitStatus: number | null;
  /** `enabled`, `disabled`, `static`, …: whether it starts with the machine. */
  readonly unitFile: string;
  /** The files of settings it reads, in their order. */
  readonly environmentFiles: readonly string[];
  /** The command as systemd prints it, words joined by blanks. */
  readonly command: string;
}

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'NRestarts',
  'Result',
  'ExecMainStatus',
  'UnitFileState',
  'EnvironmentFiles',
  'ExecStart',
] as const;

/** Asks systemd for the state of a service. The answer is read by {@link readServiceState}. */
export function showService(service: string): HostProgram {
  return { argv: ['systemctl', 'show', `--property=${PROPERTIES.join(',')}`, '--', service] };
}

/** Tells systemd to stop a service, without waiting for its end: look with {@link showService}. */
export function stopService(service: string): HostProgram {
  return { argv: ['systemctl', 'stop', '--no-block', '--', service] };
}

/**
 * Tells systemd to start a service, without waiting: etcd says that it is ready only when it has joined, and a call must not hang so long.
 */
export function startService(service: string): HostProgram {
  return { argv: ['systemctl', 'start', '--no-block', '--', service] };
}

/** Tells systemd not to start a service with the machine. One that runs goes on. */
export function disableService(service: string): HostProgram {
  return { argv: ['systemctl', 'disable', '--', service] };
}

/** Tells systemd to start a service with the machine. Nothing is started by it now. */
export function enableService(service: string): HostProgram {
  return { argv: ['systemctl', 'enable', '--', service] };
}

/** Lets systemd forget that a service failed too often; without it a start may be refused (`start-limit-hit`). */
export function forgetFailures(service: string): HostProgram {
  return { argv: ['systemctl', 'reset-failed', '--', service] };
}

/** The last lines that a service wrote, without times and names. They are text of others: escape it, and cut it with a file. */
export function serviceLog(service: string, lines: number): HostProgram {
  return {
    argv: ['journalctl', '--no-pager', '--output=cat', `--lines=${Math.trunc(lines)}`, `--unit=${service}`],
  };
}

/**
 * Reads the answer to {@link showService}. systemd answers with exit code 0 also for a service that it does not know: `load` says
 * `not-found` then.
 */
export function readServiceState(outcome: ExecOutcome): HostReading<ServiceState> {
  if (outcome.exitCode !== 0) return { ok: false, why: wordsOfFailure('systemctl show', outcome) };
  const lines = textOf(outcome.stdout).split('\n');
  const values = new Map<string, string>();
  const files: string[] = [];
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at === -1) continue;
    const [name, value] = [line.slice(0, at), line.slice(at + 1).trim()];
    // One line a file, all of the same name.
    if (name === 'EnvironmentFiles' && value !== '') files.push(value.replace(/ \(ignore_errors=(?:yes|no)\)$/, ''));
    else values.set(name, value);
  }
  const [load, active, sub] = ['LoadState', 'ActiveState', 'SubState'].map((name) => values.get(name) ?? '');
  if (load === undefined || active === undefined || sub === undefined || load === '' || active === '')
    return { ok: false, why: 'systemctl show told no state of the service' };
  const pid = numberOf(values.get('MainPID'));
  return {
    ok: true,
    value: {
      load,
      active,
      sub,
      mainPid: pid === 0 ? null : pid,
      restarts: numberOf(values.get('NRestarts')),
      result: values.get('Result') ?? '',
      exitStatus: numberOf(values.get('ExecMainStatus')),
      unitFile: values.get('UnitFileState') ?? '',
      environmentFiles: files,
      command: /argv\[\]=(.*?) ; /.exec(values.get('ExecStart') ?? '')?.[1] ?? '',
    },
  };
}

/**
 * Whether systemd has no process of the service and will not start one by itself. A service that waits for its next start
 * (`activating (auto-restart)`) has no process either and is not stopped.
 */
export function isStopped(state: ServiceState): boolean {
  return (state.active === 'inactive' || state.active === 'failed') && state.mainPid === null;
}

/** Whether a service starts with the machine. `unknown`: others start it (`static`, `generated`, …), so that disabling it would not help. */
export function startsWithMachine({ unitFile }: ServiceState): 'yes' | 'no' | 'unknown' {
  if (unitFile === 'enabled' || unitFile === 'enabled-runtime') return 'yes';
  return ['disabled', 'linked', 'linked-runtime', 'masked'].includes(unitFile) ? 'no' : 'unknown';
}

/** Whether its process runs. */
export function isRunning(state: ServiceState): boolean {
  return state.active === 'active' && state.mainPid !== null;
}

/**
 * Whether the service ends again and again: systemd waits to start it once more, gave up on it, or started it anew since an earlier look.
 *
 * @param before an earlier look; `null`: there was none
 */
export function isCrashLooping(state: ServiceState, before: ServiceState | null): boolean {
  if (state.load !== 'loaded') return false;
  if (state.sub === 'auto-restart' || state.active === 'failed') return true;
  return before !== null && state.restarts !== null && before.restarts !== null && state.restarts > before.restarts;
}

/** A state for people: `activating (auto-restart), last end exit-code 1, restarted 14 times by systemd`. */
export function serviceWords(state: ServiceState): string {
  if (state.load === 'not-found') return 'systemd knows no such service';
  if (state.load !== 'loaded') return `systemd has it as ${state.load}`;
  const parts = [`${state.active} (${state.sub})`];
  if (state.mainPid !== null) parts.push(`process ${state.mainPid}`);
  else if (state.result !== '' && state.result !== 'success')
    parts.push(`last end ${state.result} ${state.exitStatus ?? ''}`.trimEnd());
  if (state.restarts !== null && state.restarts > 0)
    parts.push(`restarted ${state.restarts} ${state.restarts === 1 ? 'time' : 'times'} by systemd`);
  return parts.join(', ');
}

/** Flags by which etcd's command would win over, or make it ignore, what the file of settings says of membership. */
const MEMBERSHIP_FLAGS = [
  'name',
  'data-dir',
  'wal-dir',
  'initial-cluster',
  'initial-cluster-state',
  'initial-advertise-peer-urls',
  'listen-peer-urls',
  'config-file',
  'force-new-cluster',
] as const;

/**
 * Why settings written to this file would not be what etcd starts with; empty: they would.
 *
 * @param environmentFile as configured
 */
export function unusableService(state: ServiceState, environmentFile: string): readonly string[] {
  if (state.load !== 'loaded') return [serviceWords(state)];
  const files = state.environmentFiles;
  const at = files.lastIndexOf(environmentFile);
  const read = files.length === 0 ? 'no file of settings' : files.join(', ');
  const later = at === -1 ? [] : files.slice(at + 1);
  const flags = MEMBERSHIP_FLAGS.filter((flag) => new RegExp(`(?:^|\\s)--?${flag}(?:[=\\s]|$)`).test(state.command));
  return [
    ...(at === -1 ? [`the service reads ${read}, not ${environmentFile}`] : []),
    ...(later.length === 0 ? [] : [`${later.join(', ')} is read after ${environmentFile} and may win over it`]),
    ...(flags.length === 0
      ? []
      : [`the command sets ${flags.map((flag) => `--${flag}`).join(', ')}, which wins over the file`]),
  ];
}

/** Exit code of {@link tryDatabaseLock} when somebody holds the lock. */
const LOCK_IS_HELD = 75;

/**
 * Tries the lock that every running etcd holds on its database, for no time at all: the proof that no process uses these data, whoever
 * started it. Only for a file that exists: `flock` would make it.
 */
export function tryDatabaseLock(dataDirectory: string): HostProgram {
  const database = `${dataDirectory}/member/snap/db`;
  return { argv: ['flock', '--nonblock', `--conflict-exit-code=${LOCK_IS_HELD}`, database, 'true'] };
}

/** Reads the answer to {@link tryDatabaseLock}: whether a process has the database open. */
export function readDatabaseLock(outcome: ExecOutcome): HostReading<'free' | 'held'> {
  if (outcome.exitCode === 0) return { ok: true, value: 'free' };
  if (outcome.exitCode === LOCK_IS_HELD) return { ok: true, value: 'held' };
  return { ok: false, why: wordsOfFailure('flock', outcome) };
}

/** Whether a program did what it was told; else what it said. */
export function readDone(program: string, outcome: ExecOutcome): HostReading<null> {
  return outcome.exitCode === 0 ? { ok: true, value: null } : { ok: false, why: wordsOfFailure(program, outcome) };
}

/** Longest that a program is quoted, characters. */
const MOST_QUOTED = 300;

/** A failed program for people: `mv ended with 1: mv: cannot move …`, cut with a mark. */
export function wordsOfFailure(program: string, outcome: ExecOutcome): string {
  const said = `${textOf(outcome.stderr)} ${textOf(outcome.stdout)}`.replace(/\s+/g, ' ').trim();
  const cut = said.length > MOST_QUOTED ? `${said.slice(0, MOST_QUOTED)} …` : said;
  return `${program} ended with ${outcome.exitCode}${cut === '' ? ' and said nothing' : `: ${cut}`}`;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}
