import { readFile } from 'node:fs/promises';

/** Whether a process is stopped by a signal, as the kernel says. */
export async function isFrozen(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return /^State:\s+T/m.test(status);
}
