import { describe, expect, it } from 'vitest';
import { renderAnswerModal } from '../../../../../src/adapters/slack/render/modal.ts';

const VALUE = 'replace-prod-7f3k|fence|0123456789abcdef';

function inputOf(modal: ReturnType<typeof renderAnswerModal>) {
  const [block] = modal.blocks;
  if (block?.type !== 'input') throw new Error('the form has no input');
  return { label: block.label.text, hint: block.hint?.text, element: block.element };
}

describe('the form of a gate', () => {
  it('shows the word to type, and what it is typed for', () => {
    const asked = { title: 'Remove m-2 from etcd', expect: 'm-2 8e9e05c52164694d', choices: [] };

    expect(inputOf(renderAnswerModal(VALUE, asked))).toMatchObject({
      label: 'Type m-2 8e9e05c52164694d',
      hint: 'Remove m-2 from etcd.',
      element: { type: 'plain_text_input' },
    });
  });

  it('offers the choices, none of them chosen before', () => {
    const asked = {
      title: 'How is it kept from running?',
      expect: null,
      choices: ['It is switched off', 'x'.repeat(75)],
    };
    const { label, element } = inputOf(renderAnswerModal(VALUE, asked));

    expect(label).toBe('How is it kept from running?');
    expect(element).toMatchObject({
      type: 'radio_buttons',
      options: [{ text: { text: 'It is switched off' }, value: 'It is switched off' }, { value: 'x'.repeat(75) }],
    });
    expect(element).not.toHaveProperty('initial_option');
  });

  it('has a field for choices that a button cannot hold, or more than there can be buttons', () => {
    const title = 'Which one?';

    expect(inputOf(renderAnswerModal(VALUE, { title, expect: null, choices: ['x'.repeat(76)] }))).toMatchObject({
      label: 'Type what the card asks for',
      hint: 'Which one?',
      element: { type: 'plain_text_input' },
    });
    expect(
      inputOf(
        renderAnswerModal(VALUE, {
          title,
          expect: null,
          choices: Array.from({ length: 11 }, (_, index) => `${index}`),
        }),
      ).element.type,
    ).toBe('plain_text_input');
  });

  it('has a field where the gate could not be looked up in time', () => {
    expect(inputOf(renderAnswerModal(VALUE, null))).toMatchObject({
      label: 'Type what the card asks for',
      hint: 'Exactly as it is written there.',
    });
  });
});
