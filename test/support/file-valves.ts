import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValveWorld } from './valve-runbook.ts';

/** Valves kept in a folder, so that they outlive the processes that turn them. */
export interface FileValves extends ValveWorld {
  /** Every turn that was made, in order, by whichever process. */
  turns(): Promise<readonly string[]>;
  /** Whether the warning sign is up. */
  signUp(): Promise<boolean>;
}

/** Opens the valves of a folder. */
export function openFileValves(directory: string): FileValves {
  const log = join(directory, 'turns.log');
  const sign = join(directory, 'sign');
  const turns = async (): Promise<readonly string[]> => {
    const text = await readFile(log, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
  return {
    turn: async (valve) => await appendFile(log, `${valve}\n`),
    isTurned: async (valve) => (await turns()).includes(valve),
    sign: async (up) => (up ? await writeFile(sign, '') : await rm(sign, { force: true })),
    turns,
    signUp: async () =>
      await readFile(sign).then(
        () => true,
        () => false,
      ),
  };
}
