import type { Answer } from '../../../core/answer.ts';
import type { ReportTable } from '../../../core/state-report.ts';
import { type Block, section } from './blocks.ts';
import { code, inline, lineText } from './escape.ts';
import { shorten, split } from './fit.ts';
import { bytesOf } from './limits.ts';
import { PIECE_BYTES } from './marks.ts';
import type { Modal } from './modal.ts';
import { page, TOLD_PAGE } from './plan-page.ts';
import { wholeTexts } from './whole-text.ts';

/** Bytes of all parts of an answer; longer ones are no page. */
const ROOM = 11_000;
/** Longest section, bytes. */
const PIECE = 2900;

/** An answer to `said` as the last page of a form; `null`: it is too long for one. */
export function renderAnswerPage(title: string, said: string, answer: Answer): Modal | null {
  const head = `*${shorten(inline(answer.title), 600)}*`;
  const rows = answer.table === null ? [] : rowLines(answer.table);
  const whole = (answer.texts ?? []).flatMap((text) => wholeTexts(text, PIECE));
  const parts = [...split([head, ...answer.lines.map(lineText)], PIECE), ...whole, ...split(rows, PIECE)];
  if (parts.reduce((sum, text) => sum + bytesOf(text), 0) > ROOM) return null;
  const blocks: readonly Block[] = parts.map((text, index) => section(`answer.${index}`, [text]));
  return page(TOLD_PAGE, title, '', [section('said', [code(shorten(said, PIECE_BYTES))]), ...blocks]);
}

/** Slack shows no tables in a form, and columns made of spaces break on a phone: each row is a line that names its values. */
function rowLines(table: ReportTable): readonly string[] {
  return table.rows.map(([first = '', ...others]) => {
    const values = others.map((value, index) => `${inline(table.columns[index + 1] ?? '')} ${inline(value)}`);
    return [`*${inline(first)}*`, ...values].join(' · ');
  });
}
