import { findElements, type PlacedElement } from '../workspace/elements.ts';
import type { View } from '../workspace/model.ts';
import type { Person } from '../workspace/person.ts';
import { PEOPLE, type PersonName } from '../workspace/seed.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { allCards, findReaction, type RunCard } from './sightings.ts';
import type { Stage } from './stage.ts';

/** How long the bot may take to react to a click. */
const REACTION_MS = 20_000;

/** How long a run that looks for the work is given to see it. */
const SEEN_MS = 45_000;

/** Who decides at gates, in this order, the requester left out. */
const DECIDERS: readonly PersonName[] = ['approver-1', 'approver-2', 'operator'];

const REASON = 'The demo was asked to reject this plan.';

/** What became of a gate: settled, or why it could not be. */
export type Settling = { readonly ok: true } | { readonly ok: false; readonly why: string };

/**
 * Lets the fewest other people decide at the open gate of a run. At a gate that waits for work outside Drydock, somebody does that work first.
 * Resolves when the gate is no longer open.
 */
export async function settleGate(
  stage: Stage,
  card: RunCard,
  verdict: 'approve' | 'reject',
  requester: string,
): Promise<Settling> {
  const { workspace } = stage;
  if (verdict === 'approve' && waitsForWork(card)) {
    const problem = await stage.work(card.run);
    if (problem !== undefined) return { ok: false, why: problem };
    if (await closesByItself(workspace, card)) return { ok: true };
  }
  let why = 'nobody else may decide';
  for (const name of DECIDERS) {
    const person = workspace.person(name);
    if (person.id === requester || person.id === PEOPLE.stranger) continue;
    const now = currentCard(workspace, card.run);
    if (now === undefined || !isOpen(now, card)) return { ok: true };
    const problem = await decide(workspace, person, now, verdict);
    if (problem !== undefined) why = `${name}: ${problem}`;
  }
  const last = currentCard(workspace, card.run);
  return last !== undefined && isOpen(last, card) ? { ok: false, why } : { ok: true };
}

function isOpen(now: RunCard, card: RunCard): boolean {
  return now.gate === card.gate && now.state === 'waiting-for-people';
}

/** Whether the card asks for something that is done outside Drydock: its button says so. */
function waitsForWork({ message }: RunCard): boolean {
  return findElements(message.blocks).some(
    ({ element }) => element.action_id === 'gate.approve' && element.text?.text === 'Continue',
  );
}

/** A run may see by itself that the work is done. */
async function closesByItself(workspace: Workspace, card: RunCard): Promise<boolean> {
  return await workspace
    .waitFor(
      `${card.run} to see it`,
      () => {
        const now = currentCard(workspace, card.run);
        return now === undefined || !isOpen(now, card);
      },
      SEEN_MS,
    )
    .catch(() => false);
}

function currentCard(workspace: Workspace, run: string): RunCard | undefined {
  return allCards(workspace).find((one) => one.run === run);
}

/** One person's decision. Answers what kept it from counting. */
async function decide(
  workspace: Workspace,
  person: Person,
  card: RunCard,
  verdict: 'approve' | 'reject',
): Promise<string | undefined> {
  const seq = workspace.feed.events().length;
  const actionId = buttonFor(card, verdict);
  if (actionId === undefined) return `there is no button to ${verdict} with`;
  const { channel, ts } = card.message;
  const delivery = await person.click({ channel, ts, actionId });
  if (delivery.status !== 200) return `the bot answered ${delivery.failure ?? delivery.status}`;
  if (verdict === 'reject' || actionId === 'gate.answer') {
    const problem = await answerModal(workspace, person, card, seq);
    if (problem !== undefined) return problem;
  }
  const reaction = await workspace.waitFor(
    `the vote of ${person.name} on ${card.run} to show`,
    () => {
      const after = currentCard(workspace, card.run);
      if (after === undefined || after.version > card.version) return 'moved';
      const answer = findReaction(workspace.feed.events(seq), person.id, new Set([card.run]));
      return answer?.kind === 'answer' && answer.answer !== 'ok' ? 'refused' : undefined;
    },
    REACTION_MS,
  );
  return reaction === 'refused' ? 'was refused' : undefined;
}

function buttonFor(card: RunCard, verdict: 'approve' | 'reject'): string | undefined {
  const ids = new Set(findElements(card.message.blocks).map(({ element }) => element.action_id));
  const wanted = verdict === 'reject' ? ['gate.reject'] : ['gate.approve', 'gate.answer'];
  return wanted.find((id) => ids.has(id));
}

async function answerModal(
  workspace: Workspace,
  person: Person,
  card: RunCard,
  seq: number,
): Promise<string | undefined> {
  const opened = await workspace.waitFor(
    `the modal of ${person.name}`,
    () => {
      const view = person.view();
      if (view !== undefined) return view;
      const answer = findReaction(workspace.feed.events(seq), person.id, new Set([card.run]));
      return answer === undefined ? undefined : 'refused';
    },
    REACTION_MS,
  );
  if (opened === 'refused') return 'was refused';
  await person.submit(opened, defaults(opened, card));
  const errors = person.view()?.errors ?? {};
  return Object.keys(errors).length === 0 ? undefined : Object.values(errors).join(' ');
}

/** What a modal wants, as a willing person fills it in: the typed word it names, the first choice, a reason. */
function defaults(view: View, card: RunCard): Record<string, string> {
  const inputs = findElements(view.blocks);
  return Object.fromEntries(inputs.map((input) => [input.blockId, defaultOf(input, view, card)]));
}

function defaultOf({ blockId, element }: PlacedElement, view: View, card: RunCard): string {
  const option = element.initial_option ?? element.options?.[0];
  if (option !== undefined) return option.value;
  if (element.initial_value !== undefined) return element.initial_value;
  if (blockId === 'reason') return REASON;
  const shown = [...view.blocks, ...card.message.blocks.filter((block) => block.block_id?.startsWith('gate.'))];
  const [, word] = /`([^`]+)`/.exec(JSON.stringify(shown)) ?? [];
  return word ?? REASON;
}
