import { z } from 'zod';
import {
  actionIdOf,
  checkElement,
  checkList,
  checkPlain,
  checkText,
  ELEMENT_LIMITS,
  tooLong,
} from './block-elements.ts';
import { Block } from './model.ts';

/** Slack's limits of Block Kit, in characters and counts. */
const LIMITS = {
  message: 50,
  modal: 100,
  sectionText: 3000,
  fields: 10,
  fieldText: 2000,
  header: 150,
  contextElements: 10,
  actionElements: 25,
  contextText: 2000,
  label: 2000,
  hint: 2000,
  markdown: 12_000,
  tableRows: 100,
  tableCells: 20,
  allText: 13_200,
} as const;

const KNOWN_TYPES = new Set([
  'actions',
  'context',
  'divider',
  'header',
  'image',
  'input',
  'section',
  'rich_text',
  'table',
  'markdown',
  'video',

  'file',
  'data_table',
  'container',
  'carousel',
  'plan',
  'task_card',
  'alert',
  'card',
  'context_actions',
]);

/** A refusal as the Web API words it, or undefined when the blocks are fine. */
export interface BlocksProblem {
  readonly error: 'invalid_blocks' | 'msg_blocks_too_long';
  readonly messages: readonly string[];
}

/** Checks blocks against Slack's limits, as far as they are documented or were measured. */
export function checkBlocks(blocks: readonly unknown[], where: 'message' | 'modal'): BlocksProblem | undefined {
  const messages: string[] = [];
  if (blocks.length > LIMITS[where])
    messages.push(`no more than ${LIMITS[where]} items allowed [json-pointer:/blocks]`);
  const ids = new Set<string>();
  let tables = 0;
  for (const [index, raw] of blocks.entries()) {
    const at = `/blocks/${index}`;
    const parsed = Block.safeParse(raw);
    if (!parsed.success) {
      messages.push(`must be a valid block object [json-pointer:${at}]`);
      continue;
    }
    const block = parsed.data;
    if (!KNOWN_TYPES.has(block.type)) messages.push(`unsupported type: ${block.type} [json-pointer:${at}/type]`);
    if (block.block_id !== undefined) {
      if (block.block_id.length > ELEMENT_LIMITS.id) messages.push(tooLong(ELEMENT_LIMITS.id, `${at}/block_id`));
      if (ids.has(block.block_id)) messages.push(`\`block_id\` already exists: ${block.block_id} [json-pointer:${at}]`);
      ids.add(block.block_id);
    }
    if (block.type === 'table') tables += 1;
    messages.push(...checkOne(block, at));
  }
  if (tables > 1) messages.push('only one table allowed [json-pointer:/blocks]');
  messages.push(...checkMarkdown(blocks));
  if (messages.length > 0) return { error: 'invalid_blocks', messages: messages.map((text) => `[ERROR] ${text}`) };
  return countText(blocks) > LIMITS.allText ? { error: 'msg_blocks_too_long', messages: [] } : undefined;
}

function checkOne(block: Block, at: string): readonly string[] {
  switch (block.type) {
    case 'section':
      return checkSection(block, at);
    case 'header':
      return checkPlain(block['text'], LIMITS.header, `${at}/text`);
    case 'context':
      return checkContext(block['elements'], `${at}/elements`);
    case 'actions':
      return checkActions(block['elements'], `${at}/elements`);
    case 'table':
      return checkTable(block['rows'], `${at}/rows`);
    case 'input':
      return checkInput(block, at);
    default:
      return [];
  }
}

function checkSection(block: Block, at: string): readonly string[] {
  const { text, fields } = block;
  const own = text === undefined ? [] : checkText(text, LIMITS.sectionText, `${at}/text`);
  if (text === undefined && fields === undefined) return [`must define either text or fields [json-pointer:${at}]`];
  const problems = [...own, ...checkAccessory(block['accessory'], at)];
  if (fields === undefined) return problems;
  const list = checkList(fields, LIMITS.fields, `${at}/fields`);
  const each = (Array.isArray(fields) ? fields : []).flatMap((field: unknown, index) =>
    checkText(field, LIMITS.fieldText, `${at}/fields/${index}`),
  );
  return [...problems, ...list, ...each];
}

function checkAccessory(accessory: unknown, at: string): readonly string[] {
  return accessory === undefined ? [] : checkElement(accessory, `${at}/accessory`);
}

function checkActions(elements: unknown, at: string): readonly string[] {
  const list = z.array(z.unknown()).safeParse(elements);
  const each = (list.data ?? []).flatMap((element, index) => checkElement(element, `${at}/${index}`));
  const ids = (list.data ?? []).flatMap(actionIdOf);
  const twice = new Set(ids).size < ids.length ? [`\`action_id\` must be unique [json-pointer:${at}]`] : [];
  return [...checkList(elements, LIMITS.actionElements, at), ...each, ...twice];
}

/** Texts and images; only texts are limited. */
function checkContext(elements: unknown, at: string): readonly string[] {
  const list = z.array(z.unknown()).safeParse(elements);
  const each = (list.data ?? []).flatMap((element, index) =>
    Image.safeParse(element).success ? [] : checkText(element, LIMITS.contextText, `${at}/${index}`),
  );
  return [...checkList(elements, LIMITS.contextElements, at), ...each];
}

const Image = z.looseObject({ type: z.literal('image') });

function checkInput(block: Block, at: string): readonly string[] {
  const { label, hint, element } = block;
  return [
    ...checkPlain(label, LIMITS.label, `${at}/label`),
    ...(hint === undefined ? [] : checkPlain(hint, LIMITS.hint, `${at}/hint`)),
    ...checkElement(element, `${at}/element`),
  ];
}

const Markdown = z.looseObject({ type: z.literal('markdown'), text: z.string() });

/** All markdown blocks of a message share one limit. */
function checkMarkdown(blocks: readonly unknown[]): readonly string[] {
  const length = blocks.reduce<number>((sum, raw) => sum + (Markdown.safeParse(raw).data?.text.length ?? 0), 0);
  return length > LIMITS.markdown ? [tooLong(LIMITS.markdown, '/blocks')] : [];
}

function checkTable(rows: unknown, at: string): readonly string[] {
  const cells = z.array(z.array(z.unknown()).max(LIMITS.tableCells)).min(1).max(LIMITS.tableRows).safeParse(rows);
  return cells.success ? [] : [`${cells.error.issues[0]?.message ?? 'invalid rows'} [json-pointer:${at}]`];
}

function countText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countText(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, one]) => sum + (key === 'text' && typeof one === 'string' ? one.length : countText(one)),
    0,
  );
}
