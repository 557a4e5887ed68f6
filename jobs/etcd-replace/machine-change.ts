import type { Json } from '../../src/core/json.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { sentence } from '../../src/core/sentence.ts';
import type { StepAnswer, StepContext } from '../../src/core/step.ts';
import type { MachineAnswer } from './machine.ts';

/** What a look at a machine found. Words without a period. `never`: it cannot become as it should be by doing it. */
export type MachineLook =
  | { readonly is: 'done'; readonly note: string }
  | { readonly is: 'not-done'; readonly note: string }
  | { readonly is: 'unread'; readonly why: string }
  | { readonly is: 'never'; readonly reason: EndReason; readonly why: string };

/** One announced change of a machine. Doing it again when it had no effect does no harm. */
export interface MachineChange {
  readonly item: string;
  readonly action: string;
  readonly facts: Json;
  /** Why the step stops when it is not done in the end. */
  readonly otherwise: EndReason;
  /** How long it may take until its effect can be seen, ms. */
  readonly withinMs: number;
  /** Done right before it is announced, when it is to be made: what puts it back is registered. */
  readonly before?: () => Promise<void>;
  look(): Promise<MachineLook>;
  call(): Promise<MachineAnswer>;
}

/** What came of it. */
export type MachineChanged =
  | { readonly kind: 'done'; readonly note: string }
  | { readonly kind: 'again'; readonly note: string }
  /** Its call is open still: what came of it cannot be read now. See {@link lookAgainOrStop}. */
  | { readonly kind: 'unread'; readonly note: string }
  | { readonly kind: 'stop'; readonly reason: EndReason; readonly note: string };

const LOOK_EVERY_MS = 2000;
/** A change is announced so often in all. */
const MOST_CALLS = 2;

/** Makes a change, or settles the open call of an earlier worker for it. What is as it should be is not touched. */
export async function makeMachineChange(context: StepContext<never>, change: MachineChange): Promise<MachineChanged> {
  const { open } = context;
  if (open !== null) return await settle(context, change, null);
  const before = await change.look();
  if (before.is === 'done') return { kind: 'done', note: sentence(before.note) };
  if (before.is === 'never') return { kind: 'stop', reason: before.reason, note: sentence(before.why) };
  if (before.is === 'unread') return { kind: 'stop', reason: 'host-refused', note: sentence(before.why) };
  const { item, action, facts } = change;
  await change.before?.();
  const answer = await context.act({ item, action, facts }, async () => await change.call());
  return await settle(context, change, answer);
}

/** Makes changes one after the other, from the one whose call is open. The first that is not done ends it; its note says what was done before. */
export async function makeInTurn(
  context: StepContext<never>,
  changes: readonly MachineChange[],
): Promise<MachineChanged> {
  const notes: string[] = [];
  for (const change of changes) {
    if (context.open !== null && !isOfChange(context.open, change)) continue;
    const changed = await makeMachineChange(context, change);
    if (changed.kind !== 'done') return { ...changed, note: [...notes, changed.note].join(' ') };
    notes.push(changed.note);
  }
  return { kind: 'done', note: notes.join(' ') };
}

/** Whether an announced call is the one of a change. */
export function isOfChange(
  act: { readonly item: string; readonly action: string },
  change: Pick<MachineChange, 'item' | 'action'>,
): boolean {
  return act.item === change.item && act.action === change.action;
}

/** `answer` null: an earlier worker made the call. */
async function settle(
  context: StepContext<never>,
  change: MachineChange,
  answer: MachineAnswer | null,
): Promise<MachineChanged> {
  const seen = await lookUntilSure(context, change, answer);
  const said = answer === null ? '' : answerWords(answer);
  const what = `${change.action} of ${change.item}`;
  switch (seen.is) {
    case 'done':
      await context.observed({ result: 'done', note: seen.note, evidence: null });
      return { kind: 'done', note: sentence(seen.note) };
    case 'never':
      await context.observed({ result: 'not-done', note: seen.why, evidence: null });
      return { kind: 'stop', reason: seen.reason, note: `${sentence(seen.why)}${said}` };
    case 'unread':
      return { kind: 'unread', note: `After ${what}: ${sentence(seen.why)}${said}` };
    case 'not-done': {
      await context.observed({ result: 'not-done', note: seen.note, evidence: null });
      const calls = context.acts.filter((act) => isOfChange(act, change)).length;
      const isSaid = answer?.ok === true && answer.outcome.exitCode === 0;
      if (calls >= MOST_CALLS || isSaid)
        return { kind: 'stop', reason: change.otherwise, note: `${sentence(seen.note)}${said}` };
      return { kind: 'again', note: `${sentence(seen.note)}${said}` };
    }
  }
}

/** What the step answers that waits. */
type Waits<S> = Exclude<StepAnswer<S, never>, { readonly kind: 'done' }>;

/**
 * A machine cannot be worked on now, and it is waited for. A call that is open stays so: it is looked at again, also by the next worker, and only when
 * the time is over nobody can tell what came of it.
 *
 * @param wait how long: answers `again`, and `stop` in the end
 */
export async function lookAgainOrStop<S>(
  context: StepContext<never>,
  trouble: { readonly reason: EndReason; readonly note: string },
  wait: (trouble: { readonly reason: EndReason; readonly note: string }) => Waits<S>,
): Promise<Waits<S>> {
  if (context.open === null) return wait(trouble);
  const answer = wait({ ...trouble, reason: 'outcome-unknown' });
  if (answer.kind === 'stop') await context.observed({ result: 'unknown', note: answer.note, evidence: null });
  return answer;
}

async function lookUntilSure(
  context: StepContext<never>,
  change: MachineChange,
  answer: MachineAnswer | null,
): Promise<MachineLook> {
  const beganMs = context.nowMs();
  // Nothing comes of a program that was not run, or that failed at once.
  const isOver = answer !== null && (answer.ok ? answer.outcome.exitCode !== 0 : answer.how === 'not-run');
  for (;;) {
    const seen = await change.look();
    if (seen.is === 'done' || seen.is === 'never' || (seen.is === 'not-done' && isOver)) return seen;
    if (context.nowMs() - beganMs >= change.withinMs) return seen;
    await context.pause(LOOK_EVERY_MS);
  }
}

/** Longest that a program is quoted, characters. */
const MOST_QUOTED = 300;

function answerWords(answer: MachineAnswer): string {
  if (!answer.ok) return ` ${sentence(answer.why)}`;
  if (answer.outcome.exitCode === 0) return '';
  const said = new TextDecoder().decode(answer.outcome.stderr).replaceAll(/\s+/g, ' ').trim();
  const cut = said.length > MOST_QUOTED ? `${said.slice(0, MOST_QUOTED)} …` : said;
  return ` The program ended with ${answer.outcome.exitCode}: ${cut}.`;
}
