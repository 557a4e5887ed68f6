import type { Supervisor } from './supervisor.ts';

/** What a program printed, and how it ended. */
export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The one service that a host has. */
export interface KnownService {
  /** `etcd.service`. */
  readonly unit: string;
  readonly environmentFile: string;
  readonly command: string;
  readonly supervisor: Supervisor;
}

/**
 * `systemctl` with the verbs start, stop, restart, enable, disable, status, show, is-active, reset-failed for one service. It has nothing to do with the
 * systemd of this machine.
 */
export async function systemctl(service: KnownService, args: readonly string[]): Promise<ProgramEnd> {
  const words = args.filter((each) => !each.startsWith('-'));
  const [verb = '', unit = ''] = words;
  const isKnown = unit === service.unit || `${unit}.service` === service.unit;
  if (verb === 'show') return printed(show(isKnown ? service : null, propertiesOf(args)));
  if (verb === 'is-active') {
    const active = isKnown ? service.supervisor.status().active : 'inactive';
    return { code: active === 'active' ? 0 : 3, stdout: `${active}\n`, stderr: '' };
  }
  if (!isKnown) return wrong(5, `Failed to ${verb} ${unit}: Unit ${unit} not found.`);
  return change(service.supervisor, verb, args.includes('--no-block'));
}

async function change(supervisor: Supervisor, verb: string, noBlock: boolean): Promise<ProgramEnd> {
  const boot = (starts: boolean): Promise<void> => {
    supervisor.startsWithMachine = starts;
    return Promise.resolve();
  };
  const work = {
    enable: () => boot(true),
    disable: () => boot(false),
    start: () => supervisor.start(),
    stop: () => supervisor.stop(),
    async restart() {
      await supervisor.stop();
      await supervisor.start();
    },
    'reset-failed': () => Promise.resolve(),
  }[verb];
  if (work === undefined) return wrong(1, `Unknown command verb '${verb}' for the playground's systemctl.`);
  const done = work();
  if (!noBlock) await done;
  return printed('');
}

function propertiesOf(args: readonly string[]): ReadonlySet<string> | null {
  const named = args.filter((each) => each.startsWith('--property=')).flatMap((each) => each.slice(11).split(','));
  return named.length === 0 ? null : new Set(named);
}

/** `KEY=value` lines, in no order that a reader may rely on: as systemd, by its own and not by the one asked for. */
function show(service: KnownService | null, wanted: ReadonlySet<string> | null): string {
  const status = service?.supervisor.status();
  const pid = status?.pid ?? 0;
  const lines: readonly (readonly [string, string])[] = [
    ['Type', 'exec'],
    ['Restart', 'always'],
    ['MainPID', String(pid)],
    ['Result', status?.result ?? 'success'],
    ['NRestarts', String(status?.restarts ?? 0)],
    ['ExecMainStatus', String(status?.exitStatus ?? 0)],
    ...(service === null
      ? []
      : ([
          [
            'ExecStart',
            `{ path=${service.command} ; argv[]=${service.command} ; ignore_errors=no ; pid=${pid} ; status=0/0 }`,
          ],
          ['EnvironmentFiles', `${service.environmentFile} (ignore_errors=yes)`],
          ['FragmentPath', `/etc/systemd/system/${service.unit}`],
        ] as const)),
    ['LoadState', service === null ? 'not-found' : 'loaded'],
    ['ActiveState', status?.active ?? 'inactive'],
    ['SubState', status?.sub ?? 'dead'],
    ['UnitFileState', service === null ? '' : service.supervisor.startsWithMachine ? 'enabled' : 'disabled'],
  ];
  return lines
    .filter(([name]) => wanted === null || wanted.has(name))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** `journalctl --unit=… --lines=N`. */
export function journalctl({ unit, supervisor }: KnownService, args: readonly string[]): ProgramEnd {
  const text = args.join(' ');
  const asked = /--unit[= ](\S+)/.exec(text)?.[1] ?? unit;
  const most = Number(/--lines[= ](\d+)/.exec(text)?.[1] ?? '10');
  const lines = asked === unit ? supervisor.log().slice(-most) : [];
  return printed(lines.map((line) => `${line}\n`).join(''));
}

function printed(stdout: string): ProgramEnd {
  return { code: 0, stdout, stderr: '' };
}

function wrong(code: number, words: string): ProgramEnd {
  return { code, stdout: '', stderr: `${words}\n` };
}
