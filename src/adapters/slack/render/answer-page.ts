import type { Answer } from '../../../core/answer.ts';
import { type Block, section } from './blocks.ts';
import { code, inline, lineText } from './escape.ts';
import { shorten, split } from './fit.ts';
import { bytesOf } from './limits.ts';
import { PIECE_BYTES } from './marks.ts';
import type { Modal } from './modal.ts';
import { page, TOLD_PAGE } from './plan-page.ts';
import { tableLines } from './table.ts';

/** Bytes of all parts of an answer; longer ones are no page. */
const ROOM = 11_000;
/** Longest section, bytes. */
const PIECE = 2900;

/** An answer to `said` as the last page of a form; `null`: it is too long for one. Slack shows no tables in a form. */
export function renderAnswerPage(title: string, said: string, answer: Answer): Modal | null {
  const head = `*${shorten(inline(answer.title), 600)}*`;
  const texts = split([head, ...answer.lines.map(lineText)], PIECE);
  const rows = answer.table === null ? [] : tableLines(answer.table).map((row) => row.replaceAll('`', "'"));
  const tables = split(rows, PIECE - 10).map((text) => `\`\`\`${text}\`\`\``);
  const parts = [...texts, ...tables];
  if (parts.reduce((sum, text) => sum + bytesOf(text), 0) > ROOM) return null;
  const blocks: readonly Block[] = parts.map((text, index) => section(`answer.${index}`, [text]));
  return page(TOLD_PAGE, title, '', [section('said', [code(shorten(said, PIECE_BYTES))]), ...blocks]);
}
