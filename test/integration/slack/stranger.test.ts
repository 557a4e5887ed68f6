import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../../commands/index.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { startTestBot, type TestBot } from './bot.ts';

let bot: TestBot;
let runs: readonly string[];

beforeAll(async () => {
  bot = await startTestBot({ projector: false });
  await bot.workspace.person('operator').command('/kube status prod');
  runs = await waitFor('the run', async () => {
    const ids = await bot.runIds();
    return ids.length === 1 ? ids : undefined;
  });
});

afterAll(async () => {
  await bot.stop();
});

/** What is open to everybody says nothing of any cluster. */
const OPEN: Readonly<Record<string, RegExp>> = {
  help: /Commands of Drydock|defrag: Give free space/,
  clusters: /There is no cluster that you may see/,
  runs: /There are no runs yet/,
  locks: /Nothing is locked or frozen/,
  schedules: /Nothing is scheduled/,
};
const REFUSED = /No policy rule permits this|or you may not see it|You may not /;

const LINES = commands.flatMap(({ name, examples }) => examples.map((line) => [line, name] as const));

test.each(LINES)('somebody without a role: %s', async (line, name) => {
  const before = bot.workspace.messages('C0OPS').length;
  await bot.workspace.person('stranger').command(line);
  const said = async (): Promise<string> => {
    const messages = bot.workspace.messages('C0OPS').slice(before);
    return await Promise.resolve(messages.map(({ blocks }) => JSON.stringify(blocks)).join('\n'));
  };
  const open = line === `/kube ${name}` || name === 'help' ? OPEN[name] : undefined;

  await expect.poll(said).toMatch(open ?? REFUSED);
  expect(await said()).not.toContain(runs[0]);
  expect(await bot.runIds()).toEqual(runs);
  expect(await bot.runs.locks()).toEqual([]);
});
