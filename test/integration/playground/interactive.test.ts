import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runInteractive } from '../../../playground/demo/interactive.ts';
import { allCards } from '../../../playground/demo/sightings.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { bareStage } from './bare-stage.ts';
import { type StandIn, startStandInBot } from './stand-in-bot.ts';

let workspace: Workspace;
let bot: StandIn;

beforeEach(async () => {
  workspace = await startWorkspace();
  bot = await startStandInBot(workspace, { votes: 1, outcome: 'succeeded' });
});

afterEach(async () => {
  await bot.stop();
  await workspace.stop();
});

/** Types lines, each when the one before has led to what it says, and answers what the session wrote. */
async function type(steps: readonly (readonly [line: string, until: () => unknown])[]): Promise<string> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const written = text(output);
  const session = runInteractive(bareStage(workspace), { input, output }, new AbortController().signal);
  for (const [line, until] of steps) {
    input.write(`${line}\n`);
    await workspace.waitFor(line, () => Boolean(until()));
  }
  input.write('quit\n');
  await session;
  output.end();
  return written;
}

function outcome(): string | undefined {
  return allCards(workspace)[0]?.outcome;
}

const waits = () => allCards(workspace)[0]?.state === 'waiting-for-people';

test('a command as the operator, a button as somebody else', async () => {
  await type([
    ['defrag prod', waits],
    ['as approver-1 click approve', outcome],
  ]);

  expect(outcome()).toBe('succeeded');
});

test('a button that opens a modal asks for its inputs', async () => {
  const written = await type([
    ['/kube defrag prod', waits],
    ['as approver-2', () => true],
    ['click Reject', () => workspace.person('approver-2').view()],
    ['not today', outcome],
  ]);

  expect(outcome()).toBe('rejected');
  expect(written).toContain('approver-2> ');
  expect(written).toContain('Reject the plan, reason (text), empty to leave:');
});

test('what cannot be done is said, and the session goes on', async () => {
  const written = await type([
    ['click Approve', () => true],
    ['as nobody', () => true],
    ['people', () => true],
    ['defrag prod', waits],
  ]);

  expect(written).toContain('operator sees no button Approve');
  expect(written).toContain('there is no nobody; there are operator, approver-1, approver-2, stranger');
});
