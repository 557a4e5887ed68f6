import { z } from 'zod';
import { readCard } from '../playground/demo/sightings.ts';
import { type Playground, startPlayground } from '../playground/playground.ts';
import type { Service } from '../playground/service.ts';
import { waitFor } from '../playground/waiting.ts';
import type { Workspace } from '../playground/workspace/workspace.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { addChannels } from './channels.ts';
import { type BenchOptions, reportFailure } from './figures.ts';
import { keepBudgetFull } from './full-budget.ts';

const FULL = { runs: 1000, every: 100 };
const SHORT = { runs: 200, every: 25 };
/** Runs that are asked for and have not ended. */
const AT_ONCE = 16;
/** Live memory that counts as flat, bytes a run: a run whose record stayed would take several times that. */
const FLAT = 2048;
const CHANNELS = 20;
const COMMANDS = ['/kube alarms prod', '/kube status prod', '/kube members prod'] as const;
const HOOK = new URL('heap-hook.ts', import.meta.url);

/** Memory of one process right after collecting garbage, bytes. */
interface Memory {
  readonly rss: number;
  /** Live JavaScript objects and buffers outside the heap. */
  readonly live: number;
}

/** Memory of both processes after so many runs. */
interface Sample {
  readonly runs: number;
  readonly bot: Memory;
  readonly worker: Memory;
}

const Line = z.object({ memory: z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() }) });

/** Tells of each line of a process; the hook writes its figures as one. */
function listenForMemory(): {
  onLine(role: string, line: string): void;
  ask(service: Service): Promise<Memory>;
} {
  const waiting = new Map<string, (memory: Memory) => void>();
  return {
    onLine(role, line) {
      const read = line.startsWith('{"memory"') ? Line.parse(JSON.parse(line)).memory : undefined;
      if (read !== undefined) waiting.get(role)?.({ rss: read.rss, live: read.heapUsed + read.external });
    },
    async ask(service) {
      const answer = Promise.withResolvers<Memory>();
      waiting.set(service.role, answer.resolve);
      process.kill(service.pid() ?? 0, 'SIGUSR2');
      return await answer.promise;
    },
  };
}

/** Counts runs whose card shows the end. */
function countEnds(workspace: Workspace): { ended(): number } {
  const ended = new Set<string>();
  workspace.feed.subscribe(({ what }) => {
    if (what.kind !== 'posted' && what.kind !== 'updated') return;
    const card = readCard(what.message);
    if (card?.state === 'ended') ended.add(card.run);
  });
  return { ended: () => ended.size };
}

/** Asks for runs, {@link AT_ONCE} at a time, until `until` have ended. */
async function runUntil(
  workspace: Workspace,
  channels: readonly string[],
  asked: { count: number },
  ends: { ended(): number },
  until: number,
): Promise<void> {
  const person = workspace.person('operator');
  await waitFor(
    `${until} runs to end`,
    async () => {
      while (asked.count < until && asked.count - ends.ended() < AT_ONCE) {
        const line = COMMANDS[asked.count % COMMANDS.length] ?? COMMANDS[0];
        const { status } = await person.command(line, { channel: channels[asked.count % CHANNELS] ?? '' });
        if (status !== 200) throw new Error(`no acknowledgement of ${line}: ${status}`);
        asked.count += 1;
      }
      return ends.ended() >= until;
    },
    { timeoutMs: 600_000, everyMs: 10 },
  );
  let known = -1;
  await waitFor(
    'the threads to be told',
    () => {
      const quiet = workspace.feed.events().length === known;
      known = workspace.feed.events().length;
      return quiet;
    },
    { timeoutMs: 60_000, everyMs: 1500 },
  );
}

/** Growth per run, as the least-squares line through the samples has it, bytes. */
function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const meanX = samples.reduce((sum, one) => sum + one.runs, 0) / samples.length;
  const meanY = samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const over = samples.reduce((sum, one) => sum + (one.runs - meanX) * (of(one) - meanY), 0);
  return over / samples.reduce((sum, one) => sum + (one.runs - meanX) ** 2, 0);
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(2).padStart(12);
}

function print(samples: readonly Sample[], seconds: number, judged: boolean): void {
  const last = samples.at(-1)?.runs ?? 0;
  const half = samples.filter((sample) => sample.runs >= last / 2);
  console.log(`\nMemory of bot and worker over ${last} runs in ${seconds.toFixed(0)} s, after collecting garbage, MiB`);
  console.log(['runs', 'bot live', 'bot rss', 'worker live', 'worker rss'].map((text) => text.padStart(12)).join(''));
  for (const { runs, bot, worker } of samples) {
    console.log(String(runs).padStart(12) + [bot.live, bot.rss, worker.live, worker.rss].map(mib).join(''));
  }
  const lines = { bot: growth(half, ({ bot }) => bot.live), worker: growth(half, ({ worker }) => worker.live) };
  for (const [role, bytes] of Object.entries(lines)) {
    console.log(`growth of the ${role}'s live memory over the last ${last / 2} runs: ${bytes.toFixed(0)} bytes a run`);
  }
  const most = Math.max(lines.bot, lines.worker);
  const flat = most <= FLAT;
  const verdict = `${most.toFixed(0)} bytes a run; up to ${FLAT} is flat`;
  if (!judged) console.log(`verdict: too short to judge (${verdict})`);
  else if (flat) console.log(`verdict: flat (${verdict})`);
  else reportFailure(`memory grows: ${verdict}`);
}

async function measure(playground: Playground, memory: ReturnType<typeof listenForMemory>, load: typeof FULL) {
  const { workspace, bot, worker } = playground;
  const channels = addChannels(workspace, CHANNELS);
  const ends = countEnds(workspace);
  const asked = { count: 0 };
  const samples: Sample[] = [];
  const stopFilling = await keepBudgetFull(playground.redis.url, channels);
  for (let runs = 0; runs <= load.runs; runs += load.every) {
    await runUntil(workspace, channels, asked, ends, runs);
    samples.push({ runs, bot: await memory.ask(bot), worker: await memory.ask(worker) });
  }
  await stopFilling();
  return samples;
}

/**
 * Memory of a bot and a worker, as processes of their own on a real ring and Redis, over 1,000 runs that read: live
 * objects after a forced collection, every 100 runs. The workspace has no rate limits here, and the budget is kept full.
 */
export async function benchMemory({ short }: BenchOptions): Promise<void> {
  const memory = listenForMemory();
  const playground = await startPlayground({
    prod: 'ring',
    ring: { size: 1 },
    fill: false,
    workspace: { enforceLimits: false },
    env: { LOG_LEVEL: 'warn', NODE_OPTIONS: `--expose-gc --import=${HOOK.href}` },
    onLine: (role, line) => memory.onLine(role, line),
  });
  try {
    const began = systemClock.nowMs();
    const samples = await measure(playground, memory, short ? SHORT : FULL);
    print(samples, (systemClock.nowMs() - began) / 1000, !short);
  } finally {
    await playground.stop();
  }
}
