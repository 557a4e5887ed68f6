import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the programs of a scripted etcd do, as shell. They run in the folder of the drill. */
export interface Scripts {
  readonly etcd: string;
  readonly restore: string;
}

/** Programs that tell version 3.5.1 and do what a test wants. */
export async function installScripts(folder: string, { etcd, restore }: Scripts): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'etcd'), script('--version', 'etcd Version: 3.5.1', etcd), { mode: 0o755 });
  await writeFile(join(folder, 'etcdutl'), script('version', 'etcdutl version: 3.5.1', restore), { mode: 0o755 });
}

function script(asked: string, version: string, does: string): string {
  return `#!/bin/sh\nif [ "$1" = ${asked} ]; then echo "${version}"; exit 0; fi\n${does}\n`;
}
