import type { Block, Button, Message } from './blocks.ts';

/**
 * What Slack accepts. Bytes are those of {@link bytesOf}, which are never fewer than what Slack counts.
 * Sources: Block Kit reference; `text` above 4000 bytes is refused by `chat.update`, all blocks together above about
 * 13,200 characters by both (seen in the field, not documented). Fields, accessories and buttons that are links are limited
 * too; the type {@link Block} has none of them.
 */
export const LIMITS = {
  blocks: 50,
  sectionBytes: 3000,
  contextBytes: 2000,
  contextElements: 10,
  headerChars: 150,
  textBytes: 4000,
  messageBytes: 13_000,
  ephemeralBytes: 3000,
  buttons: 25,
  buttonTextChars: 75,
  buttonValueChars: 2000,
  idChars: 255,
  confirmTitleChars: 100,
  confirmTextChars: 300,
  confirmButtonChars: 30,
  tableRows: 100,
  tableColumns: 20,
} as const;

const AMPERSAND = 38;
const LESS = 60;
const GREATER = 62;

/** Bytes as Slack counts them at its strictest: UTF-8, with `&`, `<` and `>` of the text escaped once more. */
export function bytesOf(text: string): number {
  let extra = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === AMPERSAND) extra += 4;
    else if (unit === LESS || unit === GREATER) extra += 3;
  }
  return Buffer.byteLength(text, 'utf8') + extra;
}

/** What Slack would refuse in a message; empty: nothing. */
export function limitProblems(message: Message): readonly string[] {
  const problems: string[] = [];
  const over = (what: string, size: number, limit: number): void => {
    if (size > limit) problems.push(`${what}: ${size} is over ${limit}`);
  };
  over('text bytes', bytesOf(message.text), LIMITS.textBytes);
  over('blocks', message.blocks.length, LIMITS.blocks);
  over('tables', message.blocks.filter((block) => block.type === 'table').length, 1);
  over(
    'all block texts, bytes',
    message.blocks.reduce((sum, block) => sum + blockBytes(block), 0),
    LIMITS.messageBytes,
  );
  if (message.text === '') problems.push('text is empty');
  const ids = message.blocks.map((block) => block.block_id);
  if (new Set(ids).size < ids.length) problems.push('a block_id is used twice');
  for (const block of message.blocks) checkBlock(block, over, problems);
  return problems;
}

/** Bytes of the texts of a block. */
export function blockBytes(block: Block): number {
  return textsOf(block).reduce((sum, text) => sum + bytesOf(text), 0);
}

function textsOf(block: Block): readonly string[] {
  switch (block.type) {
    case 'header':
    case 'section':
      return [block.text.text];
    case 'context':
      return block.elements.map((element) => element.text);
    case 'actions':
      return block.elements.flatMap((button) => [button.text.text, button.value, ...confirmTexts(button)]);
    case 'table':
      return block.rows.flat().map((cell) => cell.text);
  }
}

function confirmTexts({ confirm }: Button): readonly string[] {
  if (confirm === undefined) return [];
  return [confirm.title.text, confirm.text.text, confirm.confirm.text, confirm.deny.text];
}

type Over = (what: string, size: number, limit: number) => void;

function checkBlock(block: Block, over: Over, problems: string[]): void {
  over(`block_id ${block.block_id}`, block.block_id.length, LIMITS.idChars);
  if (textsOf(block).includes('')) problems.push(`empty text in ${block.block_id}`);
  switch (block.type) {
    case 'header':
      over('header', block.text.text.length, LIMITS.headerChars);
      break;
    case 'section':
      over(`section ${block.block_id}`, bytesOf(block.text.text), LIMITS.sectionBytes);
      break;
    case 'context':
      over('context elements', block.elements.length, LIMITS.contextElements);
      for (const element of block.elements) over('context', bytesOf(element.text), LIMITS.contextBytes);
      break;
    case 'actions':
      over('buttons', block.elements.length, LIMITS.buttons);
      for (const button of block.elements) checkButton(button, over);
      if (new Set(block.elements.map((button) => button.action_id)).size < block.elements.length)
        problems.push(`an action_id is used twice in ${block.block_id}`);
      break;
    case 'table':
      over('table rows', block.rows.length, LIMITS.tableRows);
      for (const row of block.rows) over('table columns', row.length, LIMITS.tableColumns);
      break;
  }
}

function checkButton(button: Button, over: Over): void {
  over('button text', button.text.text.length, LIMITS.buttonTextChars);
  over('button value', button.value.length, LIMITS.buttonValueChars);
  over('action_id', button.action_id.length, LIMITS.idChars);
  if (button.confirm === undefined) return;
  over('confirm title', button.confirm.title.text.length, LIMITS.confirmTitleChars);
  over('confirm text', button.confirm.text.text.length, LIMITS.confirmTextChars);
  over('confirm button', button.confirm.confirm.text.length, LIMITS.confirmButtonChars);
  over('deny button', button.confirm.deny.text.length, LIMITS.confirmButtonChars);
}
