import { readdir, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';

/** A process, told apart from any other that had or gets its number. */
export const Owner = z.strictObject({
  host: z.string(),
  pid: z.int().min(1),
  /** Of its boot and its namespace of process numbers; empty where the system tells neither. */
  world: z.string(),
  /** When it began, in the system's own ticks; empty where the system does not tell. */
  began: z.string(),
});
export type Owner = z.infer<typeof Owner>;

/** This process. */
export async function thisProcess(): Promise<Owner> {
  return { host: hostname(), pid: process.pid, world: await worldOf(), began: await beganAt(process.pid) };
}

/**
 * Whether a process still lives. `null`: of another machine, so that it cannot be told. The same host name with other process numbers is
 * a container that was started again.
 */
export async function lives(owner: Owner): Promise<boolean | null> {
  if (owner.host !== hostname()) return null;
  if (owner.world !== (await worldOf())) return false;
  return isThere(owner.pid) && owner.began === (await beganAt(owner.pid));
}

/** Kills every process that works in that folder, which only programs of a drill do. Where the system does not tell, none. */
export async function killThoseIn(folder: string): Promise<void> {
  const numbers = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of numbers) {
    const place = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (place !== folder && !place.startsWith(`${folder}/`)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function worldOf(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return [boot.trim(), await readlink('/proc/self/ns/pid').catch(() => '')].join(' ').trim();
}

/** Field 22 of the status line; the name before it may hold spaces and brackets. */
async function beganAt(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
