import { setTimeout as delay } from 'node:timers/promises';
import { isFaultLine } from '../faults/command.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { DemoArguments } from './arguments.ts';
import { settleGate } from './settle.ts';
import { allCards, findReaction, type Reaction, type RunCard } from './sightings.ts';
import type { Stage } from './stage.ts';

/** The demo's exit code: carried out, anything else, waits for people. */
export type ExitCode = 0 | 1 | 2;

const QUIET_MS = 700;
const THREAD_MS = 30_000;

const GOOD_ENDS = ['succeeded', 'nothing-to-do', 'planned'];

/**
 * Gives the commands one after another and judges how everything ended. `say` gets what a person should know beside the
 * transcript; after `signal` it gets nothing more.
 */
export async function runHeadless(
  stage: Stage,
  args: DemoArguments,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<ExitCode> {
  const { workspace } = stage;
  let carriedOut = true;
  for (const line of args.runs) {
    const deadline = performance.now() + args.timeoutMs;
    try {
      const refusal = isFaultLine(line) ? await stage.fault(line) : await giveCommand(workspace, args, line, deadline);
      const problem = refusal ?? (await seeThrough(stage, args, deadline));
      if (problem !== undefined) {
        carriedOut = false;
        say(`${line}: ${problem}`);
      }
    } catch (error) {
      if (signal?.aborted === true) return 1;
      carriedOut = false;
      say(`${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await quiet(workspace);
  return judge(allCards(workspace), args.verdict, carriedOut, say);
}

/**
 * Details of a run are posted to its thread after its card has ended: waits for the message that ends each thread, which may be some paces of the bot
 * away, and then until nothing comes any more.
 */
async function quiet(workspace: Workspace): Promise<void> {
  // A thread that does not end is no reason to say anything else of the runs.
  await workspace
    .waitFor('the threads to end', () => allCards(workspace).every((card) => isTold(card, workspace)), THREAD_MS)
    .catch(() => undefined);
  for (let round = 0; round < 10; round += 1) {
    const before = workspace.feed.events().length;
    await delay(QUIET_MS);
    if (workspace.feed.events().length === before) return;
  }
}

/** Whether everything of a run that ended is in its thread. */
function isTold({ state, message }: RunCard, workspace: Workspace): boolean {
  const thread = workspace.messages(message.channel).filter(({ threadTs }) => threadTs === message.ts);
  return state !== 'ended' || thread.some(({ text }) => /\d+ of \d+ steps done\./.test(text));
}

/** Sends one command and waits for its first reaction. Answers why it was not carried out. */
async function giveCommand(
  workspace: Workspace,
  args: DemoArguments,
  line: string,
  deadline: number,
): Promise<string | undefined> {
  const person = workspace.person(args.as);
  const known = new Set(allCards(workspace).map((card) => card.run));
  const seq = workspace.feed.events().length;
  const versions = versionsOf(workspace);
  await person.command(line);
  const reaction = await workspace.waitFor(
    'an answer',
    () => findReaction(workspace.feed.events(seq), person.id, known),
    left(deadline),
  );
  const carriedOut = reaction.kind === 'answer' && reaction.answer === 'ok';
  if (carriedOut && TALKS_TO_A_RUN.test(line)) {
    await workspace.waitFor('the run to show it', () => versionsOf(workspace) !== versions, left(deadline));
  }
  return describeFailure(reaction);
}

/** Commands whose effect shows on the card of a run, a little after their answer. */
const TALKS_TO_A_RUN = /^\s*\/\S+\s+(approve|reject|cancel|continue)\b/;

function versionsOf(workspace: Workspace): string {
  return allCards(workspace)
    .map((card) => `${card.run} ${card.version}`)
    .join();
}

function describeFailure(reaction: Reaction): string | undefined {
  if (reaction.kind === 'bot-failed') return `the bot did not answer (${reaction.why})`;
  if (reaction.kind === 'card' || reaction.answer === 'ok') return undefined;
  return reaction.answer === 'refused' ? 'refused' : 'not understood';
}

/** Waits until every run has ended or waits for people, and lets people decide if they are to. Answers what went wrong. */
async function seeThrough(stage: Stage, args: DemoArguments, deadline: number): Promise<string | undefined> {
  const { workspace } = stage;
  const requester = workspace.person(args.as).id;
  for (;;) {
    await workspace.waitFor(
      'every run to end or to wait for people',
      () => allCards(workspace).every(isAtRest) || allCards(workspace).some(waits),
      left(deadline),
    );
    const waiting = allCards(workspace).find(waits);
    if (waiting === undefined) return undefined;
    if (args.verdict === undefined) {
      if (allCards(workspace).every(isAtRest)) return undefined;
      const before = workspace.feed.events().length;
      await workspace.waitFor('the other runs', () => workspace.feed.events().length > before, left(deadline));
      continue;
    }
    const settling = await settleGate(stage, waiting, args.verdict, requester);
    if (!settling.ok) return `${waiting.run} waits on: ${settling.why}`;
  }
}

function left(deadline: number): number {
  return Math.max(1, Math.round(deadline - performance.now()));
}

function waits(card: RunCard): boolean {
  return card.state === 'waiting-for-people';
}

function isAtRest(card: RunCard): boolean {
  return card.state === 'ended' || waits(card);
}

/** The exit code for what the channels show at the end. */
export function judge(
  cards: readonly Pick<RunCard, 'run' | 'state' | 'outcome'>[],
  verdict: DemoArguments['verdict'],
  carriedOut: boolean,
  say: (line: string) => void,
): ExitCode {
  for (const card of cards) say(`run ${card.run}: ${card.outcome ?? card.state}`);
  if (!carriedOut) return 1;
  const good = verdict === 'reject' ? [...GOOD_ENDS, 'rejected'] : GOOD_ENDS;
  const ended = cards.filter((card) => card.state === 'ended');
  if (ended.some((card) => !good.includes(card.outcome ?? ''))) return 1;
  if (cards.length > ended.length)
    return verdict === undefined && cards.every((card) => isRestOrEnd(card.state)) ? 2 : 1;
  if (verdict === 'reject' && !cards.some((card) => card.outcome === 'rejected')) return 1;
  return 0;
}

function isRestOrEnd(state: RunCard['state']): boolean {
  return state === 'ended' || state === 'waiting-for-people';
}
