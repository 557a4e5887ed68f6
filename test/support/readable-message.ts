import type { Block, Message } from '../../src/adapters/slack/render/blocks.ts';

/** A message as a person can read it in a golden file: each block under its id, then the plain text. */
export function readable(message: Message): string {
  const blocks = message.blocks.map((block) => `[${block.type} ${block.block_id}]\n${contentOf(block)}`);
  return `${[...blocks, `[text]\n${message.text}`].join('\n\n')}\n`;
}

function contentOf(block: Block): string {
  switch (block.type) {
    case 'header':
    case 'section':
      return block.text.text;
    case 'context':
      return block.elements.map((element) => element.text).join('\n');
    case 'actions':
      return block.elements
        .map(
          (button) =>
            `(${button.text.text}) ${button.action_id} ${button.value} ${button.style ?? 'plain'}${button.confirm === undefined ? '' : ` confirm: ${button.confirm.title.text} ${button.confirm.text.text}`}`,
        )
        .join('\n');
    case 'table':
      return block.rows.map((row) => row.map((cell) => cell.text).join(' | ')).join('\n');
  }
}
