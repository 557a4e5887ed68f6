import type { HostFacts } from '../../src/core/ports/hosts.ts';

/** What a path is. Two names of one file share the same object. */
export interface FakeFile {
  text: string;
}

/** A file, or a directory on a filesystem. */
export type FakeEntry = { readonly file: FakeFile } | { readonly directory: true };

/** How the service's process goes on after a start. */
export type FakeFate =
  /** It runs. */
  | 'runs'
  /** It ends at once; systemd starts it again and again. */
  | 'crashes'
  /** systemd gives it up. */
  | 'fails';

/** The service of a machine. */
export interface FakeService {
  load: string;
  /** `enabled`, `disabled`, `static`: whether it starts with the machine. */
  unitFile: string;
  active: string;
  sub: string;
  pid: number | null;
  restarts: number;
  result: string;
  exitStatus: number;
  command: string;
  environmentFiles: string[];
  log: string[];
  /** What a start leads to; default `runs`. */
  fate: FakeFate;
  /** It ignores a stop: its process stays. */
  ignoresStop: boolean;
}

/** One machine in memory. Its fields may be changed at will. */
export interface FakeMachine {
  readonly facts: HostFacts;
  isOn: boolean;
  /** By absolute path. */
  readonly entries: Map<string, FakeEntry>;
  /** Directories that are filesystems of their own, by path. */
  readonly mounts: Map<string, string>;
  readonly service: FakeService;
  /** A process that systemd does not know holds the database. */
  strangerHasDatabase: boolean;
  freeBytes: number;
  /** Called after the service began to run, with the settings it read: where a fake ring lets its member join. */
  onStart: (settings: ReadonlyMap<string, string>) => void;
  /** Called after its process ended. */
  onStop: () => void;
  /** Text of a file; `null`: there is none. */
  read(path: string): string | null;
  write(path: string, text: string): void;
  /** Whether a file or directory is there. */
  has(path: string): boolean;
  /** Starts the service as systemd does. */
  start(): void;
  /** Stops it as systemd does. */
  stop(): void;
  /** Its process ends, and systemd starts it again. */
  crash(): void;
  /** As {@link FakeMachine.isOn} set to false: the process ends with it. */
  powerOff(): void;
}

/** Makes a machine that is on: an empty data directory, a file of settings, a service that is stopped. */
export function createFakeMachine(facts: HostFacts, settings: Readonly<Record<string, string>>): FakeMachine {
  const service: FakeService = {
    load: 'loaded',
    unitFile: 'enabled',
    active: 'inactive',
    sub: 'dead',
    pid: null,
    restarts: 0,
    result: 'success',
    exitStatus: 0,
    command: '/usr/bin/etcd',
    environmentFiles: [facts.environmentFile],
    log: [],
    fate: 'runs',
    ignoresStop: false,
  };
  let lastPid = 100;
  const entries = new Map<string, FakeEntry>([[facts.dataDirectory, { directory: true }]]);
  const machine: FakeMachine = {
    facts,
    isOn: true,
    entries,
    mounts: new Map(),
    service,
    strangerHasDatabase: false,
    freeBytes: 10 * 2 ** 30,
    onStart: () => undefined,
    onStop: () => undefined,
    read(path) {
      const entry = entries.get(path);
      return entry !== undefined && 'file' in entry ? entry.file.text : null;
    },
    write(path, text) {
      const entry = entries.get(path);
      if (entry !== undefined && 'file' in entry) entry.file.text = text;
      else entries.set(path, { file: { text } });
    },
    has: (path) => entries.has(path),
    start() {
      if (service.pid !== null) return;
      lastPid += 1;
      startService(machine, lastPid);
    },
    stop() {
      if (service.ignoresStop) return setState(service, 'deactivating', 'stop-sigterm');
      const hadProcess = service.pid !== null;
      service.pid = null;
      setState(service, 'inactive', 'dead');
      if (hadProcess) machine.onStop();
    },
    crash() {
      service.pid = null;
      service.restarts += 1;
      machine.onStop();
      machine.start();
    },
    powerOff() {
      machine.isOn = false;
      const hadProcess = service.pid !== null;
      service.pid = null;
      setState(service, 'inactive', 'dead');
      if (hadProcess) machine.onStop();
    },
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  machine.write(facts.environmentFile, `${['# Settings of etcd.', ...lines].join('\n')}\n`);
  return machine;
}

function startService(machine: FakeMachine, pid: number): void {
  const { service, facts } = machine;
  if (service.fate !== 'runs') {
    service.result = 'exit-code';
    service.exitStatus = 1;
    if (service.fate === 'crashes') service.restarts += 1;
    return service.fate === 'crashes'
      ? setState(service, 'activating', 'auto-restart')
      : setState(service, 'failed', 'failed');
  }
  service.pid = pid;
  setState(service, 'active', 'running');
  const member = `${facts.dataDirectory}/member`;
  machine.entries.set(member, { directory: true });
  if (!machine.has(`${member}/snap/db`)) machine.write(`${member}/snap/db`, 'data');
  machine.onStart(settingsOf(machine.read(facts.environmentFile) ?? ''));
}

function setState(service: FakeService, active: string, sub: string): void {
  service.active = active;
  service.sub = sub;
}

function settingsOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return new Map(pairs);
}
