// A process of its own that runs one program and says what it took: the server that the program asks runs in the parent, whose
// clock would be late. Argument: JSON as `Order` has it. Writes one JSON line for each mark, and one at the end.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const Order = z.object({
  command: z.string(),
  args: z.array(z.string()),
  /** Counts of lines of output that are told of; the program is ended after the last. Empty: its output is not read. */
  marks: z.array(z.number()),
});

const LOOK_EVERY_MS = 2;
/** Ticks of processor time a second, on Linux. */
const TICKS = 100;

/** Most memory so far and processor time, of the program alone: `ru_maxrss` would begin with the memory of who forked it. */
function look(pid: number): { readonly peakKib: number; readonly cpuMs: number } | null {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
    return peak === undefined ? null : { peakKib: Number(peak), cpuMs };
  } catch {
    return null;
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const order = Order.parse(JSON.parse(process.argv[2] ?? ''));
const beganMs = nowMs();
const child = spawn(order.command, order.args, {
  stdio: ['ignore', order.marks.length === 0 ? 'ignore' : 'pipe', 'inherit'],
});
let seen = { peakKib: 0, cpuMs: 0 };
function note(): void {
  seen = look(child.pid ?? 0) ?? seen;
}
const looking = setInterval(note, LOOK_EVERY_MS);
if (child.stdout !== null) {
  let lines = 0;
  createInterface({ input: child.stdout }).on('line', () => {
    lines += 1;
    if (!order.marks.includes(lines)) return;
    note();
    say({ mark: lines, atMs: nowMs(), ...seen });
    if (lines === order.marks.at(-1)) child.kill('SIGKILL');
  });
}
child.once('close', (code, signal) => {
  clearInterval(looking);
  say({ code, signal, tookMs: nowMs() - beganMs, ...seen });
});
