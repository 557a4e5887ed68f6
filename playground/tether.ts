// Runs one program and ends it when the process that asked for it is gone.
//
//   node tether.ts '{"command":"redis-server","args":["--port","1"],"remove":["/tmp/x"]}'
//
// Standard input is the life line: when it closes (also because the starter was killed), the program's whole process
// group is killed and the directories in `remove` are deleted. File descriptor 3 reports, one JSON line each:
// {"pid":1} once, {"code":0,"signal":null} at the end. The program inherits stdout and stderr.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';

const Line = z.object({
  command: z.string(),
  args: z.array(z.string()),
  cwd: z.string().optional(),
  remove: z.array(z.string()),
});

const { command, args, cwd, remove } = Line.parse(JSON.parse(process.argv[2] ?? ''));
const report = createWriteStream('', { fd: 3 });
report.on('error', () => undefined);

function isThere(program: string): boolean {
  if (program.includes('/')) return existsSync(resolve(cwd ?? '.', program));
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

if (!isThere(command)) {
  report.write(`${JSON.stringify({ error: 'there is no such program' })}\n`, () => process.exit(0));
  await new Promise(() => undefined);
}

// On Linux the kernel also kills the program when this process dies first.
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
const child = spawn(setpriv ?? command, setpriv === undefined ? args : ['--pdeathsig', 'KILL', command, ...args], {
  cwd,
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
let ended = false;
let starterIsGone = false;

function killGroup(): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

function finish(lastWord: object): void {
  ended = true;
  killGroup();
  if (starterIsGone) for (const path of remove) removeDirectory(path);
  report.write(`${JSON.stringify(lastWord)}\n`, () => process.exit(0));
}

function removeDirectory(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // Another member of the same directory still writes: its own tether removes the rest.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
child.on('error', (error) => finish({ error: error.message }));
child.on('spawn', () => report.write(`${JSON.stringify({ pid: child.pid })}\n`));
child.on('exit', (code, signal) => finish({ code, signal }));
process.stdin.on('error', () => undefined);
process.stdin.on('end', () => {
  starterIsGone = true;
  if (!ended) killGroup();
});
process.stdin.resume();
