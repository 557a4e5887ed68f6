import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The name under which the playground mounts disks in memory. */
export const DISK_NAME = 'drydock-playground';

/** Takes away the disks in memory at and below a directory, so that it can be emptied. Whoever still has a file of one open keeps it. */
export async function unmountBelow(directory: string): Promise<void> {
  // Only Linux has the file, and only there is anything mounted.
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  for (const path of disksBelow(mounts, directory)) await run('umount', ['-l', path]);
}

/** Where the playground's own disks are mounted at and below a directory, the deepest first. `mounts`: text of `/proc/self/mounts`. */
export function disksBelow(mounts: string, directory: string): readonly string[] {
  return mounts
    .split('\n')
    .flatMap((line) => {
      const [name, path = ''] = line.split(' ').map(plain);
      return name === DISK_NAME && `${path}/`.startsWith(`${directory}/`) ? [path] : [];
    })
    .toSorted((a, b) => b.length - a.length);
}

/** The kernel writes blanks and the like as `\040`. */
function plain(word: string): string {
  return word.replaceAll(/\\(\d{3})/g, (_all, code: string) => String.fromCodePoint(Number.parseInt(code, 8)));
}
