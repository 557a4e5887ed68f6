import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { allCards } from '../playground/demo/sightings.ts';
import { startPlayground } from '../playground/playground.ts';
import { freePort } from '../playground/ports.ts';
import { startProcess } from '../playground/processes.ts';
import { waitFor } from '../playground/waiting.ts';
import { CHANNELS } from '../playground/workspace/seed.ts';
import type { Workspace } from '../playground/workspace/workspace.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { printSides } from './figures.ts';
import { keepBudgetFull } from './full-budget.ts';

const EVERY_MS = 10;
const ROUNDS = 3;
const WARM_UP = 100;

/** What is sent, and how often in a round. */
interface Load {
  readonly title: string;
  readonly line: string;
  readonly commands: number;
}

const LOADS: readonly Load[] = [
  { title: 'Acknowledgement of /kube clusters, 100 a second', line: '/kube clusters', commands: 500 },
  {
    title: 'Acknowledgement of /kube status prod (each starts a run), 100 a second',
    line: '/kube status prod',
    commands: 100,
  },
];

/** Sends signed slash commands, 100 a second, whatever comes back. Answers the times from when each was due, in ms. */
async function send(workspace: Workspace, line: string, count: number, to: string): Promise<readonly number[]> {
  const person = workspace.person('operator');
  const began = performance.now();
  const pending: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = began + index * EVERY_MS;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await systemClock.sleep(waitMs);
    pending.push(acknowledged(workspace, person.commandRequest(line), dueMs, to));
  }
  return await Promise.all(pending);
}

async function acknowledged(
  workspace: Workspace,
  request: Parameters<Workspace['bot']['send']>[0],
  dueMs: number,
  to: string,
): Promise<number> {
  const { status, failure } = await workspace.bot.send(request, { to });
  if (status !== 200) throw new Error(`no acknowledgement: ${failure ?? status}`);
  return performance.now() - dueMs;
}

async function startBareBolt(signingSecret: string): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const port = await freePort();
  const bare = await startProcess({
    name: 'bare Bolt',
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-bolt.ts', import.meta.url))],
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), SLACK_SIGNING_SECRET: signingSecret },
  });
  await waitFor('the bare Bolt app', () => bare.output().includes('listening'));
  return { address: `http://127.0.0.1:${port}`, stop: async () => void (await bare.stop()) };
}

/** Time to acknowledge signed slash commands over HTTP, beside a bare Bolt handler in a process of its own, in turn. */
export async function benchAcknowledgement(): Promise<void> {
  const playground = await startPlayground({
    prod: 'ring',
    fill: false,
    workspace: { enforceLimits: false },
    env: { LOG_LEVEL: 'warn' },
  });
  const { workspace, bot } = playground;
  const bare = await startBareBolt(workspace.signingSecret);
  const stopFilling = await keepBudgetFull(playground.redis.url, [CHANNELS.ops]);
  try {
    for (const to of [bare.address, bot.address]) await send(workspace, '/kube clusters', WARM_UP, to);
    for (const { title, line, commands } of LOADS) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        theirs.push(...(await send(workspace, line, commands, bare.address)));
        ours.push(...(await send(workspace, line, commands, bot.address)));
        await drained(workspace);
      }
      printSides(title, { name: 'Drydock', samples: ours }, { name: 'bare Bolt handler', samples: theirs });
    }
  } finally {
    await stopFilling();
    await bare.stop();
    await playground.stop();
  }
}

/** What Drydock still does for its own commands must not slow down the other side's next round. */
async function drained(workspace: Workspace): Promise<void> {
  let known = -1;
  await waitFor(
    'every run to end',
    () => {
      const cards = allCards(workspace);
      const quiet = workspace.feed.events().length === known && cards.every((card) => card.state === 'ended');
      known = workspace.feed.events().length;
      return quiet;
    },
    { timeoutMs: 300_000, everyMs: 1000 },
  );
}
