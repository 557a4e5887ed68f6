import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DemoArguments, readArguments } from '../../../playground/demo/arguments.ts';
import { runHeadless } from '../../../playground/demo/headless.ts';
import { printTranscript } from '../../../playground/transcript/transcript.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { bareStage } from './bare-stage.ts';
import { type StandIn, startStandInBot } from './stand-in-bot.ts';

let workspace: Workspace;
let bot: StandIn | undefined;

beforeEach(async () => {
  workspace = await startWorkspace();
  bot = undefined;
});

afterEach(async () => {
  await bot?.stop();
  await workspace.stop();
});

function argumentsOf(...words: readonly string[]): DemoArguments {
  const args = readArguments(words);
  if ('problem' in args) throw new Error(args.problem);
  return args;
}

const DEFRAG = ['--run', '/kube defrag prod', '--timeout', '20s'];

test.for([
  ['a run without a gate that succeeds', { votes: 0, outcome: 'succeeded' }, DEFRAG, 0],
  ['nothing to do', { votes: 0, outcome: 'nothing-to-do' }, DEFRAG, 0],
  ['a run that fails', { votes: 0, outcome: 'failed' }, DEFRAG, 1],
  ['a gate and no flag', { votes: 1, outcome: 'succeeded' }, DEFRAG, 2],
  ['a gate, approved', { votes: 1, outcome: 'succeeded' }, [...DEFRAG, '--approve'], 0],
  ['a gate for two, approved', { votes: 2, outcome: 'succeeded' }, [...DEFRAG, '--approve'], 0],
  ['a gate, approved, and then a failure', { votes: 1, outcome: 'needs-a-person' }, [...DEFRAG, '--approve'], 1],
  ['a gate for more people than there are', { votes: 5, outcome: 'succeeded' }, [...DEFRAG, '--approve'], 1],
  ['a gate, rejected', { votes: 1, outcome: 'succeeded' }, [...DEFRAG, '--reject'], 0],
  ['--reject where nothing waits', { votes: 0, outcome: 'succeeded' }, [...DEFRAG, '--reject'], 1],
  ['a refusal', { votes: 1, outcome: 'succeeded' }, [...DEFRAG, '--approve', '--as', 'stranger'], 1],
  ['a command that is no command', { votes: 1, outcome: 'succeeded' }, ['--run', '/kube dance'], 1],
  ['a direct answer', { votes: 1, outcome: 'succeeded' }, ['--run', '/kube help'], 0],
  ['a refusal after a success', { votes: 0, outcome: 'succeeded' }, ['--run', '/kube help', '--run', '/kube x'], 1],
] as const)('%s', async ([, how, words, code]) => {
  bot = await startStandInBot(workspace, how);

  const exit = await runHeadless(bareStage(workspace), argumentsOf(...words), () => undefined);

  expect(exit).toBe(code);
});

test('the fewest other people decide: one vote needs only approver-1, who is left out when asking', async () => {
  bot = await startStandInBot(workspace, { votes: 1, outcome: 'succeeded' });

  await runHeadless(bareStage(workspace), argumentsOf(...DEFRAG, '--approve'), () => undefined);
  await runHeadless(bareStage(workspace), argumentsOf(...DEFRAG, '--approve', '--as', 'approver-1'), () => undefined);

  const clicks = workspace.feed.events().flatMap(({ what }) => (what.kind === 'clicked' ? [what.user] : []));
  expect(clicks).toEqual(['U0APPROVER1', 'U0APPROVER2']);
});

test('a bot that answers nothing in time leads to exit 1 and a word on it', async () => {
  bot = await startStandInBot(workspace, { votes: 0, outcome: 'succeeded' });
  workspace.faults.set('chat.postMessage', { kind: 'hang' });
  const said: string[] = [];

  const exit = await runHeadless(
    bareStage(workspace),
    argumentsOf('--run', '/kube defrag prod', '--timeout', '300ms'),
    (line) => said.push(line),
  );

  expect(exit).toBe(1);
  expect(said.join('\n')).toContain('s in vain for an answer');
});

test('the transcript shows command, card, click, modal and only the changed lines of an update', async () => {
  bot = await startStandInBot(workspace, { votes: 1, outcome: 'succeeded' });
  const lines: string[] = [];
  const stop = printTranscript({ ...workspace.state, feed: workspace.feed }, (line) => lines.push(line));

  await runHeadless(bareStage(workspace), argumentsOf(...DEFRAG, '--reject'), () => undefined);
  stop();

  expect(lines.map((line) => line.replace(/^ *\+\d+\.\ds {2}/, '').trim())).toEqual([
    '#ops  operator: /kube defrag prod',
    '#ops  drydock: defrag-prod-0: planning',
    '#ops  drydock (updated):',
    'defrag-prod-0: waiting-for-people',
    '[Approve] [Reject …]',
    '#ops  approver-1 presses [Reject …]',
    '(modal)  drydock shows approver-1 "Reject the plan": Why: ____',
    '(modal)  approver-1 submits "Reject the plan"',
    'reason: The demo was asked to reject this plan.',
    '#ops  drydock (updated): defrag-prod-0: rejected',
    '#ops (thread)  drydock: ended, 1 of 1 steps done.',
  ]);
});

test('a line for the playground is no command: it is carried out in its turn, and one that fails is a failure', async () => {
  bot = await startStandInBot(workspace, { votes: 0, outcome: 'succeeded' });
  const done: string[] = [];
  const stage = bareStage(workspace, done);
  const fault = ['--run', '/fault edge crash-loop member/m-2'];

  expect(await runHeadless(stage, argumentsOf(...fault, ...DEFRAG), () => undefined)).toBe(0);
  expect(done).toEqual(['/fault edge crash-loop member/m-2']);
  expect(workspace.feed.events().filter(({ what }) => what.kind === 'command')).toHaveLength(1);
  expect(await runHeadless(stage, argumentsOf('--run', '/fault mars clear member/m-2'), () => undefined)).toBe(1);
});
