import { POLICY_GATE } from '../../../core/policy/waiting.ts';
import { type Block, plain } from './blocks.ts';
import { parseButtonValue } from './button-value.ts';

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

/** The modal that asks why a plan is rejected. `value` is the value of the button that was pressed. */
export function renderRejectModal(value: string): Modal {
  return modal({
    callback: 'gate.reject',
    value,
    title: 'Reject this plan',
    submit: 'Reject',
    block: 'reason',
    label: 'Why?',
    hint: 'Shown on the card and in its thread. One rejection ends the run.',
  });
}

/** The modal that asks for the typed word or the choice of a gate; those of a runbook ask about a part of its plan. */
export function renderAnswerModal(value: string): Modal {
  return modal({
    callback: 'gate.answer',
    value,
    title: parseButtonValue(value)?.gate === POLICY_GATE ? 'Approve this plan' : 'Approve this step',
    submit: 'Approve',
    block: 'answer',
    label: 'Type what the card asks for',
    hint: 'Exactly as it is written there.',
  });
}

interface ModalText {
  readonly callback: string;
  readonly value: string;
  readonly title: string;
  readonly submit: string;
  readonly block: string;
  readonly label: string;
  readonly hint: string;
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
        element: {
          type: 'plain_text_input',
          action_id: text.block,
          multiline: text.block === 'reason',
          max_length: LONGEST_TEXT,
        },
      },
    ],
  };
}
