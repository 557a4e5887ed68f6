import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NodePlace, rootOf } from './place.ts';
import { runtimeSocketOf } from './runtime-socket.ts';

/** Programs that would act on this machine instead of the node: a node shell gets one that says so and ends with 127. */
const REFUSED = [
  'systemctl',
  'service',
  'journalctl',
  'kubeadm',
  'kubelet',
  'reboot',
  'shutdown',
  'poweroff',
  'halt',
  'init',
  'telinit',
  'mount',
  'umount',
  'swapoff',
  'iptables',
  'nft',
  'docker',
  'podman',
  'ctr',
  'nerdctl',
] as const;

const CRICTL = fileURLToPath(new URL('./crictl.ts', import.meta.url));

/** The node's own programs, for its shells. */
export function standInsOf(place: Pick<NodePlace, 'directory'>): string {
  return join(rootOf(place), 'usr/local/bin');
}

/** Puts the node's own programs into its `/usr/local/bin`; what is there stays. */
export function writeStandIns(place: Pick<NodePlace, 'directory'>): void {
  const folder = standInsOf(place);
  mkdirSync(folder, { recursive: true });
  const ask = `exec ${quoted(process.execPath)} ${quoted(CRICTL)} ${quoted(runtimeSocketOf(place))} "$@"`;
  writeProgram(join(folder, 'crictl'), ask);
  for (const name of REFUSED)
    writeProgram(join(folder, name), `echo "${name}: not on this node of the playground" >&2\nexit 127`);
}

function writeProgram(path: string, body: string): void {
  if (existsSync(path)) return;
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The program that a node shell runs for a name or path: the node's own, where it has one of that name. */
export function shellProgram(place: Pick<NodePlace, 'directory'>, command: string): string {
  const own = join(standInsOf(place), basename(command));
  return existsSync(own) ? own : command;
}
