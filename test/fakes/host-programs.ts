import type { ExecOutcome } from '../../src/core/ports/kubernetes.ts';
import type { FakeEntry, FakeMachine } from './host-machine.ts';

type Program = (machine: FakeMachine, args: readonly string[], stdin: string) => ExecOutcome;

/** Runs a program of a machine in memory; `null`: it has none of this name. */
export function runProgram(
  machine: FakeMachine,
  [name = '', ...args]: readonly string[],
  stdin: Uint8Array | undefined,
): ExecOutcome | null {
  const program = PROGRAMS[name];
  return program === undefined ? null : program(machine, args, new TextDecoder().decode(stdin ?? new Uint8Array()));
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  systemctl: (machine, [verb = '', ...rest]) => systemctl(machine, verb, rest.at(-1) ?? ''),
  journalctl: (machine, args) => {
    const most = Number(/--lines=(\d+)/.exec(args.join(' '))?.[1] ?? '10');
    return printed(
      machine.service.log
        .slice(-most)
        .map((line) => `${line}\n`)
        .join(''),
    );
  },
  stat: (machine, args) => stat(machine, words(args)),
  cat: (machine, args) => {
    const [path = ''] = words(args);
    const text = machine.read(path);
    return text === null ? wrong(1, `cat: ${path}: No such file or directory`) : printed(text);
  },
  install: (machine, args) => {
    const [from = '', to = ''] = words(args);
    if (from !== '/dev/null') return wrong(1, 'install: nothing is copied here');
    machine.entries.set(to, { file: { text: '' } });
    return printed('');
  },
  tee: (machine, args, stdin) => {
    machine.write(words(args)[0] ?? '', stdin);
    return printed(stdin);
  },
  chmod: (machine, args) => onlyIfThere(machine, args, 'chmod'),
  chown: (machine, args) => onlyIfThere(machine, args, 'chown'),
  ln: (machine, args) => {
    const [from = '', to = ''] = words(args);
    const entry = machine.entries.get(from);
    if (entry === undefined) return wrong(1, `ln: failed to access '${from}': No such file or directory`);
    if (machine.has(to)) return wrong(1, `ln: failed to create hard link '${to}': File exists`);
    machine.entries.set(to, entry);
    return printed('');
  },
  mv: (machine, args) => move(machine, words(args)),
  df: (machine, args) => {
    const [path = ''] = words(args);
    if (!machine.has(path)) return wrong(1, `df: ${path}: No such file or directory`);
    const free = Math.floor(machine.freeBytes / 1024);
    return printed(
      `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 ${free + 1000} 1000 ${free} 10% /\n`,
    );
  },
  flock: (machine, args) => {
    const database = args.find((each) => each.startsWith('/')) ?? '';
    const code = Number(/--conflict-exit-code=(\d+)/.exec(args.join(' '))?.[1] ?? '1');
    if (!machine.has(database)) return wrong(66, `flock: cannot open lock file ${database}: No such file or directory`);
    return machine.service.pid !== null || machine.strangerHasDatabase ? wrong(code, '') : printed('');
  },
};

function systemctl(machine: FakeMachine, verb: string, unit: string): ExecOutcome {
  const { service, facts } = machine;
  const isKnown = unit === facts.service && service.load === 'loaded';
  if (verb === 'show') return printed(isKnown ? shown(machine) : UNKNOWN);
  if (!isKnown) return wrong(5, `Failed to ${verb} ${unit}: Unit ${unit} not loaded.`);
  if (verb === 'stop') machine.stop();
  if (verb === 'start') machine.start();
  if (verb === 'enable' || verb === 'disable') service.unitFile = `${verb}d`;
  if (verb === 'reset-failed' && service.active === 'failed')
    Object.assign(service, { active: 'inactive', sub: 'dead' });
  return printed('');
}

const UNKNOWN = 'LoadState=not-found\nActiveState=inactive\nSubState=dead\nMainPID=0\nNRestarts=0\nResult=success\n';

function shown({ service }: FakeMachine): string {
  return [
    `Result=${service.result}`,
    `NRestarts=${service.restarts}`,
    `MainPID=${service.pid ?? 0}`,
    `ExecMainStatus=${service.exitStatus}`,
    `ExecStart={ path=${service.command.split(' ')[0]} ; argv[]=${service.command} ; ignore_errors=no ; pid=0 ; status=0/0 }`,
    ...service.environmentFiles.map((file) => `EnvironmentFiles=${file} (ignore_errors=yes)`),
    `LoadState=${service.load}`,
    `ActiveState=${service.active}`,
    `SubState=${service.sub}`,
    `UnitFileState=${service.unitFile}`,
    '',
  ].join('\n');
}

function stat(machine: FakeMachine, paths: readonly string[]): ExecOutcome {
  const found = paths.filter((path) => machine.has(path));
  const missing = paths.filter((path) => !machine.has(path));
  const stdout = found.map((path) => {
    const entry = machine.entries.get(path);
    const text = entry !== undefined && 'file' in entry ? entry.file.text : null;
    const type = text === null ? 'directory' : text === '' ? 'regular empty file' : 'regular file';
    return `${deviceOf(machine, path)}|${text?.length ?? 4096}|${type}|${path}\n`;
  });
  const stderr = missing.map((path) => `stat: cannot statx '${path}': No such file or directory\n`);
  return { exitCode: missing.length === 0 ? 0 : 1, stdout: bytes(stdout.join('')), stderr: bytes(stderr.join('')) };
}

function deviceOf(machine: FakeMachine, path: string): string {
  const mounts = [...machine.mounts.keys()].filter((each) => path === each || path.startsWith(`${each}/`));
  const nearest = mounts.toSorted((one, other) => other.length - one.length)[0];
  return nearest === undefined ? '1' : (machine.mounts.get(nearest) ?? '1');
}

function move(machine: FakeMachine, [from = '', to = '']: readonly string[]): ExecOutcome {
  if (!machine.has(from)) return wrong(1, `mv: cannot stat '${from}': No such file or directory`);
  const target = machine.entries.get(to);
  const isFull = [...machine.entries.keys()].some((path) => path.startsWith(`${to}/`));
  if (target !== undefined && 'directory' in target && isFull)
    return wrong(1, `mv: cannot move '${from}' to '${to}': Directory not empty`);
  const moved: [string, FakeEntry][] = [];
  for (const [path, entry] of machine.entries) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    moved.push([`${to}${path.slice(from.length)}`, entry]);
    machine.entries.delete(path);
  }
  for (const [path, entry] of moved) machine.entries.set(path, entry);
  return printed('');
}

function onlyIfThere(machine: FakeMachine, args: readonly string[], name: string): ExecOutcome {
  const reference = /--reference=(.*)$/.exec(args.find((each) => each.startsWith('--reference=')) ?? '')?.[1];
  const missing = [reference, ...words(args)].find((path) => path !== undefined && !machine.has(path));
  return missing === undefined
    ? printed('')
    : wrong(1, `${name}: cannot access '${missing}': No such file or directory`);
}

/** The arguments after `--`. */
function words(args: readonly string[]): readonly string[] {
  return args.slice(args.indexOf('--') + 1);
}

function printed(text: string): ExecOutcome {
  return { exitCode: 0, stdout: bytes(text), stderr: bytes('') };
}

function wrong(exitCode: number, text: string): ExecOutcome {
  return { exitCode, stdout: bytes(''), stderr: bytes(text === '' ? '' : `${text}\n`) };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
