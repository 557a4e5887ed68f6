import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeDirectory } from '../directories.ts';
import { commandWords } from './command-words.ts';
import { runOnHost } from './programs.ts';
import { realSettings, settingsOf, settingsText } from './settings-file.ts';
import { type HostKey, makeHostKey, type SshServer, startSshServer } from './ssh-server.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

/** Where things are on every host. */
export const HOST_FACTS = {
  service: 'etcd.service',
  dataDirectory: '/var/lib/etcd',
  environmentFile: '/etc/default/etcd',
} as const;

const KNOWN = { unit: HOST_FACTS.service, environmentFile: HOST_FACTS.environmentFile, command: '/usr/bin/etcd' };

/** What a host is made of. */
export interface HostOptions {
  /** `m-1`: also the name of its member. */
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  /** Everything of the host; `rootfs` in it is its root directory. */
  readonly directory: string;
  /** The program of its service. */
  readonly etcd: string;
  /** OpenSSH's line of the public key that may log in. */
  readonly authorizedKey: string;
  readonly user: string;
  /** Pause before systemd starts the service again, ms. */
  readonly restartMs: number;
  readonly removeWhenOrphaned: readonly string[];
}

/** A machine of a bare ring: a root directory, one service under a stand-in of systemd, and an ssh server at its own address. */
export interface PlaygroundHost {
  readonly name: string;
  readonly address: string;
  /** The directory of this machine that is `/` for the host. */
  readonly root: string;
  readonly service: Supervisor;
  /** Public part of the key that its ssh server shows now, as in a file of known hosts: `ssh-ed25519 AAAA…`. */
  hostKey(): string;
  isOn(): boolean;
  /** The machine loses its power: no process, no connection. Its disk stays. */
  powerOff(): Promise<void>;
  /** It starts, and its service with it. */
  powerOn(): Promise<void>;
  /** Empties its disk and gives it a new host key, as a machine set up anew has. Only while it is off. */
  reinstall(settings: Readonly<Record<string, string>>, certificates: Readonly<Record<string, Buffer>>): Promise<void>;
  /** Whether `sudo -n` works for who logs in; default: it does. */
  allowSudo(allowed: boolean): void;
  /** What its service is started through, for instance `prlimit --fsize=…`; empty: nothing. Counts from the next start. */
  startThrough(prefix: readonly string[]): void;
  /** Path of this machine for a path of the host. */
  path(inside: string): string;
}

/** Makes a host that is off and whose disk is empty. */
export function createHost(options: HostOptions): PlaygroundHost {
  const { name, address, sshPort: port, user, authorizedKey } = options;
  const root = join(options.directory, 'rootfs');
  let key: HostKey = makeHostKey();
  let server: SshServer | undefined;
  let off = new AbortController();
  let maySudo = true;
  let prefix: readonly string[] = [];
  const service = createSupervisor({
    name: 'etcd',
    restartMs: options.restartMs,
    cwd: options.directory,
    removeWhenOrphaned: options.removeWhenOrphaned,
    order() {
      const settings = settingsOf(readFileSync(join(root, HOST_FACTS.environmentFile), 'utf8'));
      const [first, ...rest] = prefix;
      const [command, args] = first === undefined ? [options.etcd, []] : [first, [...rest, options.etcd]];
      return { command, args, env: { ...machineEnvironment(), ...realSettings(settings, root) } };
    },
  });
  async function run(line: string, stdin: Buffer): Promise<{ code: number; stdout: string; stderr: string }> {
    const words = commandWords(line);
    if (words === null || words.length === 0)
      return { code: 2, stdout: '', stderr: "sh: the playground's hosts take one program and its arguments\n" };
    const host = { name, root, service: { ...KNOWN, supervisor: service }, maySudo: () => maySudo, off: off.signal };
    return await runOnHost(host, words, stdin);
  }
  return {
    name,
    address,
    root,
    service,
    hostKey: () => key.line,
    isOn: () => server !== undefined,
    async powerOff() {
      off.abort();
      await Promise.all([server?.stop(), service.cut()]);
      server = undefined;
    },
    async powerOn() {
      if (server !== undefined) return;
      off = new AbortController();
      server = await startSshServer({ address, port, user, authorizedKey, hostKey: key.secret, run });
      if (service.startsWithMachine) await service.start();
    },
    async reinstall(settings, certificates) {
      if (server !== undefined) throw new Error(`${name} is on`);
      await installDisk(root, { ...certificates, [HOST_FACTS.environmentFile]: Buffer.from(settingsText(settings)) });
      key = makeHostKey();
      service.startsWithMachine = true;
    },
    allowSudo(allowed) {
      maySudo = allowed;
    },
    startThrough(words) {
      prefix = words;
    },
    path: (inside) => join(root, inside),
  };
}

/** Empties the disk of a host and puts these files on it. */
async function installDisk(root: string, files: Readonly<Record<string, Buffer>>): Promise<void> {
  await removeDirectory(root);
  await mkdir(join(root, HOST_FACTS.dataDirectory), { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content, { mode: 0o640 });
  }
}

/** What a program of the host gets of this machine's environment: nothing of etcd's settings. */
function machineEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    ['PATH', 'LANG', 'ETCD_UNSUPPORTED_ARCH'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
