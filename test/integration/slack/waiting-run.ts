import type { Message } from '../../../playground/workspace/model.ts';
import type { Vote } from '../../../src/core/run-state.ts';
import { foldRun } from '../../../src/core/run-state.ts';
import { SAMPLE_GATE, SAMPLE_HASH, samplePlan } from '../../support/sample-run.ts';
import { APPROVALS, type TestBot } from './bot.ts';

/** A run whose card waits for approval. */
export interface Waiting {
  readonly runId: string;
  readonly card: Message;
}

/** Every card in the ops channel that is not deleted, oldest first. */
export function cardsOf(bot: TestBot): readonly Message[] {
  return everyCard(bot).filter((card) => card.channel === 'C0OPS');
}

function everyCard(bot: TestBot): readonly Message[] {
  return [...bot.workspace.state.channels.keys()]
    .flatMap((channel) => bot.workspace.messages(channel))
    .filter((message) => message.metadata?.event_type === 'drydock_run');
}

/** The run that a card shows. */
export function runOf(card: Message): string {
  return String(card.metadata?.event_payload['run']);
}

/** The state that a card shows. */
export function stateOf(card: Message | undefined): string {
  return String(card?.metadata?.event_payload['state']);
}

/** The card as it is now. */
export function cardNow(bot: TestBot, run: Waiting): Message | undefined {
  return cardsOf(bot).find((card) => card.ts === run.card.ts);
}

/** What differs between gates. */
export interface GateOptions {
  /** What has to be typed; default: nothing. */
  readonly expect?: string | null;
  /** Approvals that it takes; default 1. */
  readonly required?: number;
}

/** Plans a run and opens its gate; answers the card that asks for people. */
export async function openGateOf(bot: TestBot, runId: string, options: GateOptions = {}): Promise<Waiting> {
  const { expect = null, required = 1 } = options;
  const expiresAt = new Date(Date.now() + 1_800_000).toISOString();
  const kind = expect === null ? 'approve' : 'typed';
  const gate = { ...SAMPLE_GATE, kind, expect, approvals: { ...APPROVALS, required } } as const;
  await bot.tell(runId, [
    { type: 'planned', plan: samplePlan(), hash: SAMPLE_HASH },
    { type: 'gate-opened', gate: { ...gate, choices: [] }, hash: SAMPLE_HASH, expiresAt },
  ]);
  const card = await bot.workspace.waitFor('the gate', () =>
    everyCard(bot).find((one) => runOf(one) === runId && stateOf(one) === 'waiting-for-people'),
  );
  return { runId, card };
}

/** Asks for a run as the operator and brings it to its gate. */
export async function waitingRun(
  bot: TestBot,
  command = '/kube defrag prod',
  options: GateOptions & { readonly channel?: string } = {},
): Promise<Waiting> {
  const before = new Set(await bot.runIds());
  await bot.workspace.person('operator').command(command, { channel: options.channel ?? 'C0OPS' });
  await bot.workspace.waitFor('a new card', () => everyCard(bot).some((card) => !before.has(runOf(card))));
  const runId = (await bot.runIds()).find((id) => !before.has(id)) ?? '';
  return await openGateOf(bot, runId, options);
}

/** Where to press. */
export function target(run: Waiting, actionId: string) {
  return { channel: run.card.channel, ts: run.card.ts, actionId };
}

/** What the bot told a person alone in the ops channel, once it did. */
export async function answerTo(bot: TestBot, name: string): Promise<Message> {
  return await bot.workspace.waitFor('an answer', () =>
    bot.workspace
      .person(name)
      .sees('C0OPS')
      .find((message) => message.ephemeralFor !== undefined),
  );
}

/** Every vote on a run. */
export async function votesOn(bot: TestBot, runId: string): Promise<readonly Vote[]> {
  const record = await bot.runs.read(runId);
  return record === null ? [] : foldRun(record).gates.flatMap((gate) => gate.votes);
}
