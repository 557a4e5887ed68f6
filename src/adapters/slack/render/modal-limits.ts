import type { Block } from './blocks.ts';
import { LIMITS, limitProblems } from './limits.ts';
import type { InputBlock, Modal } from './modal.ts';

/**
 * What Slack accepts in a modal beside the limits of each block. Source: Block Kit reference. Whether all texts together
 * are limited as in a message is not documented; a page stays below that limit.
 */
export const MODAL_LIMITS = {
  blocks: 100,
  titleChars: 24,
  metadataChars: 3000,
  labelChars: 2000,
  hintChars: 2000,
  options: 100,
  optionChars: 75,
  placeholderChars: 150,
} as const;

/** What Slack would refuse in a modal; empty: nothing. */
export function modalProblems(modal: Modal): readonly string[] {
  const problems: string[] = [];
  const over = (what: string, size: number, limit: number): void => {
    if (size > limit) problems.push(`${what}: ${size} is over ${limit}`);
  };
  const titles = { title: modal.title, submit: modal.submit, close: modal.close };
  for (const [what, text] of Object.entries(titles)) over(what, text?.text.length ?? 0, MODAL_LIMITS.titleChars);
  over('private_metadata', modal.private_metadata.length, MODAL_LIMITS.metadataChars);
  over('callback_id', modal.callback_id.length, LIMITS.idChars);
  over('blocks', modal.blocks.length, MODAL_LIMITS.blocks);
  const inputs = modal.blocks.filter((block) => block.type === 'input');
  if (inputs.length > 0 && modal.submit === undefined) problems.push('inputs without a submit button');
  for (const input of inputs) checkInput(input, over);
  const ids = modal.blocks.map((block) => block.block_id);
  if (new Set(ids).size < ids.length) problems.push('a block_id is used twice');
  if (modal.blocks.some((block) => block.type === 'table')) problems.push('a table');
  return [...problems, ...blockProblems(modal.blocks.filter((block) => block.type !== 'input'))];
}

/** The blocks are judged as those of messages, in parts that a message could hold. */
function blockProblems(blocks: readonly Block[]): readonly string[] {
  const parts = Array.from({ length: Math.ceil(blocks.length / LIMITS.blocks) }, (_, index) =>
    blocks.slice(index * LIMITS.blocks, (index + 1) * LIMITS.blocks),
  );
  const perBlock = parts.flatMap((part) => limitProblems({ text: 'page', blocks: part }));
  const whole = limitProblems({ text: 'page', blocks }).filter((problem) => problem.startsWith('all block texts'));
  return [...new Set([...perBlock, ...whole])];
}

function checkInput(input: InputBlock, over: (what: string, size: number, limit: number) => void): void {
  const { options, placeholder } = input.element;
  over(`label of ${input.block_id}`, input.label.text.length, MODAL_LIMITS.labelChars);
  over(`hint of ${input.block_id}`, input.hint?.text.length ?? 0, MODAL_LIMITS.hintChars);
  over(`placeholder of ${input.block_id}`, textLength(placeholder), MODAL_LIMITS.placeholderChars);
  if (!Array.isArray(options)) return;
  over(`options of ${input.block_id}`, options.length, MODAL_LIMITS.options);
  for (const option of options)
    over(`option of ${input.block_id}`, textLength(textOf(option)), MODAL_LIMITS.optionChars);
}

function textOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'text' in value ? value.text : undefined;
}

function textLength(value: unknown): number {
  const text = textOf(value);
  return typeof text === 'string' ? text.length : 0;
}
