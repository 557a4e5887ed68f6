import { readCard } from '../playground/demo/sightings.ts';
import { waitFor } from '../playground/waiting.ts';
import { METHOD_LIMITS } from '../playground/workspace/limits.ts';
import { startWorkspace, type Workspace } from '../playground/workspace/workspace.ts';
import { createDirectEtcd } from '../src/adapters/etcd/direct.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { CALL_LIMITS } from '../src/adapters/slack/call-limits.ts';
import { type BotProjector, startBotProjector } from './bot-projector.ts';
import { BUSY_STEPS, busyRunbook } from './busy-runbook.ts';
import { addChannels } from './channels.ts';
import { type BenchEngine, startEngine } from './engine-on-redis.ts';
import { type BenchOptions, percentile, reportFailure } from './figures.ts';
import { createRunHistory, type Staleness } from './staleness.ts';

/** `turns` in each step, one every `everyMs`: a run lives for `3 × turns × everyMs`. */
const FULL = { runs: 50, channels: 10, turns: 28, everyMs: 3000 };
const SHORT = { runs: 10, channels: 5, turns: 6, everyMs: 3000 };
const MINUTE_MS = 60_000;

/** Runs whose card shows the end. */
function endsShown(workspace: Workspace): ReadonlySet<string> {
  const cards = [...workspace.state.channels.keys()].flatMap((channel) => workspace.messages(channel).map(readCard));
  return new Set(cards.flatMap((card) => (card?.state === 'ended' ? [card.run] : [])));
}

/** Most calls of a method in any minute. */
function busiestMinute(times: readonly number[]): number {
  let first = 0;
  return times.reduce((most, at, index) => {
    while ((times[first] ?? at) <= at - MINUTE_MS) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

function printCalls(workspace: Workspace): void {
  const header = ['method', 'calls', 'busiest minute', 'limit', '429'];
  console.log(row(header));
  for (const method of new Set(workspace.calls.map((call) => call.method))) {
    const calls = workspace.calls.filter((call) => call.method === method);
    const refused = calls.filter((call) => call.fault?.kind === 'rate-limited').length;
    const busiest = busiestMinute(calls.map((call) => call.at));
    console.log(row([method, calls.length, busiest, METHOD_LIMITS.get(method)?.calls ?? 'none', refused]));
  }
}

function printStaleness(staleness: Staleness): void {
  console.log(row(['from a change to a card that shows it, s', 'changes', 'p50', 'p99', 'worst']));
  const rows = [
    { name: 'a new run', samples: staleness.first },
    { name: 'progress', samples: staleness.progress },
    { name: 'progress, overtaken by the ending', samples: staleness.overtaken },
    { name: 'an ending', samples: staleness.end },
  ];
  for (const { name, samples } of rows) {
    const figures = [0.5, 0.99, 1].map((share) => (percentile(samples, share) / 1000).toFixed(1));
    console.log(row([name, samples.length, ...figures]));
  }
  console.log(`changes that no card showed: ${staleness.neverShown}`);
}

/** What the interval between updates of one card allows, and what the budget's rate does when every card changes. */
function printBounds(runs: number): void {
  const { perMinute } = CALL_LIMITS['chat.update'].workspace;
  console.log(`bound of the update interval, max(3 s, runs × 1.2 s): ${Math.max(3, runs * 1.2).toFixed(1)} s`);
  console.log(`bound of the budget, runs × 60 s / ${perMinute}: ${((runs * 60) / perMinute).toFixed(1)} s`);
  console.log(
    'The bounds leave out what goes before progress (gates, endings, new cards), the change of the bot, and the way.',
  );
}

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => (index === 0 ? String(cell).padEnd(42) : String(cell).padStart(16))).join('');
}

async function runAll(
  engine: BenchEngine,
  workspace: Workspace,
  bots: readonly BotProjector[],
  { runs, channels, turns, everyMs }: typeof FULL,
): Promise<readonly string[]> {
  const places = addChannels(workspace, channels);
  const ids: string[] = [];
  for (let index = 0; index < runs; index += 1) {
    ids.push(await engine.ask('look', 'busy', { turns, everyMs }, places[index % channels]));
  }
  const livesMs = BUSY_STEPS * turns * everyMs;
  await systemClock.sleep(livesMs / 2);
  // The other bot takes over in the middle: what was spent stands in Redis.
  await bots[0]?.stop();
  await waitFor('every run to end', async () => (await engine.store.unfinished()).length === 0, {
    timeoutMs: livesMs * 3,
    everyMs: 500,
  });
  await waitFor('every card to show the end', () => endsShown(workspace).size === runs, {
    timeoutMs: 600_000,
    everyMs: 500,
  }).catch((error: unknown) => console.log(String(error)));
  return ids;
}

/**
 * 50 runs at once whose cards would change every 3 s, two bots of which one is elected, and a workspace that enforces
 * Slack's limits over HTTP: calls and refusals by method, endings delivered, and how late cards are beside the bound.
 */
export async function benchSlackAtScale({ short }: BenchOptions): Promise<void> {
  const load = short ? SHORT : FULL;
  const history = createRunHistory();
  const workspace = await startWorkspace({ enforceLimits: true });
  const etcd = createDirectEtcd({ endpoints: ['http://127.0.0.1:1'] });
  const engine = await startEngine([busyRunbook], etcd, { concurrency: 8, wrap: (store) => history.listen(store) });
  const place = { redisUrl: engine.redisUrl, apiUrl: workspace.apiUrl, botToken: workspace.botToken };
  const bots = [await startBotProjector('bot-1', place), await startBotProjector('bot-2', place)];
  try {
    const ids = await runAll(engine, workspace, bots, load);
    console.log(`\n${load.runs} runs at once in ${load.channels} channels; the bot changes in the middle`);
    printCalls(workspace);
    const limited = workspace.calls.filter((call) => call.fault?.kind === 'rate-limited').length;
    if (limited > 0) reportFailure(`the workspace refused ${limited} calls as too many`);
    printStaleness(history.compare(workspace));
    const shown = endsShown(workspace);
    const there = ids.filter((id) => shown.has(id)).length;
    console.log(`endings on cards: ${there} of ${ids.length}`);
    if (there < ids.length) reportFailure(`${ids.length - there} cards do not show the end of their run`);
    printBounds(load.runs);
  } finally {
    await bots[1]?.stop();
    await engine.close();
    await etcd.close();
    await workspace.stop();
  }
}
