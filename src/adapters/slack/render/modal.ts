import { STOPS_MIDWAY } from '../../../core/left-midway.ts';
import type { GateSpec } from '../../../core/plan.ts';
import { POLICY_GATE } from '../../../core/policy/waiting.ts';
import { type Block, plain, section } from './blocks.ts';
import { parseButtonValue } from './button-value.ts';
import { plainLine } from './escape.ts';
import { shorten } from './fit.ts';

/** Something to fill in. */
export interface InputBlock {
  readonly type: 'input';
  readonly block_id: string;
  readonly label: ReturnType<typeof plain>;
  readonly hint?: ReturnType<typeof plain>;
  readonly optional?: boolean;
  readonly element: Readonly<Record<string, unknown>> & { readonly type: string; readonly action_id: string };
}

/** A window over the channel. Without `submit` there is nothing to hand in. */
export interface Modal {
  readonly type: 'modal';
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly title: ReturnType<typeof plain>;
  readonly submit?: ReturnType<typeof plain>;
  readonly close: ReturnType<typeof plain>;
  readonly blocks: readonly (InputBlock | Block)[];
}

/**
 * The modal that asks why a plan is rejected.
 *
 * @param value of the button that was pressed
 * @param isMidway the run has committed itself: then it ends a change that is half done, which is said first
 */
export function renderRejectModal(value: string, isMidway = false): Modal {
  const asked = modal({
    callback: 'gate.reject',
    value,
    title: isMidway ? 'End this run' : 'Reject this plan',
    submit: isMidway ? 'End the run' : 'Reject',
    block: 'reason',
    label: 'Why?',
    hint: 'Shown on the card and in its thread. One rejection ends the run.',
  });
  return isMidway ? { ...asked, blocks: [section('midway', [STOPS_MIDWAY]), ...asked.blocks] } : asked;
}

/** What a gate asks for: its question, the text to type, or what there is to choose from. */
export type Asked = Pick<GateSpec, 'title' | 'expect' | 'choices'>;

/**
 * The modal that asks for the typed word or the choice of a gate; those of a runbook ask about a part of its plan.
 *
 * @param asked `null`: it could not be looked up in time; then a text field stands for either
 * @param about what it asks about where that came up at run time, in lines; empty: nothing
 */
export function renderAnswerModal(value: string, asked: Asked | null, about: readonly string[] = []): Modal {
  const whole = questionModal(value, asked);
  return about.length === 0 ? whole : { ...whole, blocks: [section('about', about), ...whole.blocks] };
}

function questionModal(value: string, asked: Asked | null): Modal {
  const text: ModalText = {
    callback: 'gate.answer',
    value,
    title: parseButtonValue(value)?.gate === POLICY_GATE ? 'Approve this plan' : 'Approve this step',
    submit: 'Approve',
    block: 'answer',
    label: 'Type what the card asks for',
    hint: 'Exactly as it is written there.',
  };
  if (asked === null) return modal(text);
  const question = plainLine(shorten(asked.title, LONGEST_QUESTION));
  if (asked.expect !== null)
    return modal({
      ...text,
      label: `Type ${plainLine(shorten(asked.expect, LONGEST_QUESTION))}`,
      hint: sentence(question),
    });
  const options = asked.choices.map((choice) => ({ text: plain(choice), value: choice }));
  const fits = options.length > 0 && options.length <= MOST_CHOICES && asked.choices.every(fitsOption);
  return fits
    ? modal({ ...text, label: question, hint: CHOICE_HINT, options })
    : modal({ ...text, hint: sentence(question) });
}

const CHOICE_HINT = 'What you choose stands on the card, with your name.';
const LONGEST_QUESTION = 1000;
/** Radio buttons of one block, and characters of one: Block Kit reference. */
const MOST_CHOICES = 10;
const LONGEST_OPTION = 75;

/** A question keeps its mark. */
function sentence(title: string): string {
  return /[.?!…]$/.test(title) ? title : `${title}.`;
}

function fitsOption(choice: string): boolean {
  return choice.length <= LONGEST_OPTION;
}

interface ModalText {
  readonly callback: string;
  readonly value: string;
  readonly title: string;
  readonly submit: string;
  readonly block: string;
  readonly label: string;
  readonly hint: string;
  readonly options?: readonly { readonly text: ReturnType<typeof plain>; readonly value: string }[];
}

const LONGEST_TEXT = 1000;

function modal(text: ModalText): Modal {
  return {
    type: 'modal',
    callback_id: text.callback,
    private_metadata: text.value,
    title: plain(text.title),
    submit: plain(text.submit),
    close: plain('Back'),
    blocks: [
      {
        type: 'input',
        block_id: text.block,
        label: plain(text.label),
        hint: plain(text.hint),
        element: elementOf(text),
      },
    ],
  };
}

function elementOf({ block, options }: ModalText): InputBlock['element'] {
  if (options !== undefined) return { type: 'radio_buttons', action_id: block, options };
  return { type: 'plain_text_input', action_id: block, multiline: block === 'reason', max_length: LONGEST_TEXT };
}
