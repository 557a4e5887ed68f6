import type { Answer } from '../../../core/answer.ts';
import type { ReportTable } from '../../../core/state-report.ts';
import { type Block, type Message, section } from './blocks.ts';
import { inline, lineText } from './escape.ts';
import { shorten, split } from './fit.ts';
import { blockBytes, bytesOf, LIMITS } from './limits.ts';
import { tableBlock, tableLines } from './table.ts';
import { wholeTexts } from './whole-text.ts';

/** Room for one message, so that title and continuation fit as well. */
const ROOM = LIMITS.ephemeralBytes - 300;

/**
 * An answer to one person as messages, each small enough to be ephemeral; nothing is left out. The first block's id
 * begins with `answer.ok.`, `answer.refused.` or `answer.mistake.`; `nonce` makes ids unique.
 */
export function renderAnswer(answer: Answer, nonce: string): readonly Message[] {
  const title = `*${shorten(inline(answer.title), 600)}*`;
  const texts = [
    ...split([title, ...answer.lines.map(lineText)], ROOM),
    ...(answer.texts ?? []).flatMap((text) => wholeTexts(text, ROOM)),
  ];
  const messages = texts.map((text, index) => message(`answer.${answer.kind}.${nonce}.${index}`, text));
  return answer.table === null ? messages : withTable(messages, answer.table, `answer.${answer.kind}.${nonce}`);
}

function message(id: string, text: string): Message {
  return { text, blocks: [section(id, text.split('\n'))] };
}

function withTable(messages: readonly Message[], table: ReportTable, id: string): readonly Message[] {
  const last = messages.at(-1);
  const tables = tableMessages(table, id);
  const [first, ...more] = tables;
  if (last === undefined || first === undefined) return [...messages, ...tables];
  if (sizeOf(last) + sizeOf(first) > ROOM) return [...messages, ...tables];
  const blocks: readonly Block[] = [...last.blocks, ...first.blocks.filter((block) => block.type === 'table')];
  return [...messages.slice(0, -1), { text: `${last.text}\n${first.text}`, blocks }, ...more];
}

function sizeOf(one: Message): number {
  return Math.max(
    bytesOf(one.text),
    one.blocks.reduce((sum, block) => sum + blockBytes(block), 0),
  );
}

/** A table over as many messages as it needs, each with its heading row. */
function tableMessages(table: ReportTable, id: string): readonly Message[] {
  const messages: Message[] = [];
  let rest = table.rows;
  for (;;) {
    const part = { ...table, rows: rest };
    const name = `${id}.table.${messages.length}`;
    const { block, hidden } = tableBlock(name, part, ROOM - 400);
    const shown = { ...table, rows: rest.slice(0, rest.length - hidden) };
    const lines = tableLines(shown);
    // Aligned text has spaces that the block has not.
    const text = split(lines, ROOM)[0] ?? table.title;
    messages.push({ text, blocks: [section(`${name}.title`, [`*${inline(table.title)}*`]), block] });
    if (hidden === 0) return messages;
    rest = rest.slice(rest.length - hidden);
  }
}
