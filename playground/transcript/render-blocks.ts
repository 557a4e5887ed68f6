import { z } from 'zod';
import type { Block } from '../workspace/model.ts';
import { type Names, plainText } from './mrkdwn.ts';

const Text = z.object({ type: z.string(), text: z.string() });
const Labelled = z.object({ text: z.object({ text: z.string() }) });
const Placeholder = z.object({ placeholder: z.object({ text: z.string() }) });
const Rows = z.array(z.array(z.unknown()));

/** Blocks, or the text when there are none, as plain lines. Nothing of what a reader sees is left out silently. */
export function renderMessage(text: string, blocks: readonly Block[], names: Names): readonly string[] {
  if (blocks.length === 0) return plainText(text, names).split('\n');
  return blocks.flatMap((block) => renderBlock(block, names)).map((line) => line.trimEnd());
}

function renderBlock(block: Block, names: Names): readonly string[] {
  switch (block.type) {
    case 'section':
      return [
        ...textLines(block['text'], names),
        ...fieldLines(block['fields'], names),
        ...buttons([block['accessory']]),
      ];
    case 'header':
    case 'markdown':
      return textLines(
        typeof block['text'] === 'string' ? { type: 'mrkdwn', text: block['text'] } : block['text'],
        names,
      );
    case 'context':
      return [
        listOf(block['elements'])
          .flatMap((element) => textLines(element, names))
          .join(' · '),
      ];
    case 'actions':
      return buttons(listOf(block['elements']));
    case 'table':
      return tableLines(Rows.safeParse(block['rows']).data ?? [], names);
    case 'divider':
      return ['---'];
    case 'input':
      return [`${textLines(block['label'], names).join(' ')}: ____`];
    default:
      return [`(${block.type}) ${deepText(block)}`];
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textLines(value: unknown, names: Names): readonly string[] {
  const text = Text.safeParse(value);
  if (!text.success) return [];
  return (text.data.type === 'mrkdwn' ? plainText(text.data.text, names) : text.data.text).split('\n');
}

function fieldLines(value: unknown, names: Names): readonly string[] {
  return listOf(value).map((field) => textLines(field, names).join('  '));
}

function buttons(elements: readonly unknown[]): readonly string[] {
  const labels = elements.flatMap((element) => {
    const label = Labelled.safeParse(element).data?.text.text ?? Placeholder.safeParse(element).data?.placeholder.text;
    return label === undefined ? [] : [`[${label}]`];
  });
  return labels.length === 0 ? [] : [labels.join(' ')];
}

function tableLines(rows: readonly (readonly unknown[])[], names: Names): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => plainText(deepText(cell), names)));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)));
  return cells.map((row) => `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`);
}

/** All text inside a value: of table cells, rich text and blocks this page does not know. */
function deepText(value: unknown): string {
  if (Array.isArray(value)) return value.map(deepText).filter(Boolean).join(' ');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => (key === 'text' && typeof inner === 'string' ? inner : deepText(inner)))
    .filter(Boolean)
    .join(' ');
}
