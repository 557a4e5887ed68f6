import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ROOT } from './repository.ts';

/** What a program said and how it ended; `null`: by a signal. */
export interface SaidBeside {
  readonly status: number | null;
  readonly said: string;
}

/** Runs Node with these words in the repository, while this process goes on: for programs that talk to a server in it. */
export async function runBeside(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<SaidBeside> {
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, said: `${out}${err}` };
}
