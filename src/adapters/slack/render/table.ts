import type { ReportTable } from '../../../core/state-report.ts';
import { type Block } from './blocks.ts';
import { inline } from './escape.ts';
import { joinFigures } from './figures.ts';
import { shorten } from './fit.ts';
import { bytesOf, LIMITS } from './limits.ts';

const CELL_BYTES = 200;
const EMPTY = '–';

/** A table block with its heading row, and how many rows did not fit into `budget` bytes. */
export function tableBlock(
  blockId: string,
  table: ReportTable,
  budget: number,
): { readonly block: Block; readonly hidden: number } {
  const rows = [table.columns, ...table.rows].map((row) => row.slice(0, LIMITS.tableColumns).map(cellText));
  const kept: string[][] = [];
  let used = 0;
  for (const row of rows.slice(0, LIMITS.tableRows)) {
    used += row.reduce((sum, text) => sum + bytesOf(text), 0);
    if (used > budget && kept.length > 1) break;
    kept.push(row);
  }
  const cells = kept.map((row) => row.map((text) => ({ type: 'raw_text', text }) as const));
  return { block: { type: 'table', block_id: blockId, rows: cells }, hidden: rows.length - kept.length };
}

function cellText(text: string): string {
  const clean = shorten(
    joinFigures(
      text
        .toWellFormed()
        .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
        .trim(),
    ),
    CELL_BYTES,
  );
  return clean === '' ? EMPTY : clean;
}

/** The same table as aligned plain text, a line a row, escaped for mrkdwn. */
export function tableLines(table: ReportTable): readonly string[] {
  const rows = [table.columns, ...table.rows].map((row) => row.map((text) => (text.trim() === '' ? EMPTY : text)));
  const widths = table.columns.map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((text, column) => pad(text, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map(inlineKeepingSpaces);
}

/** Characters as people count them. */
function width(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** {@link inline} would fold the spaces that align the columns. */
function inlineKeepingSpaces(line: string): string {
  return line
    .split(/( {2,})/)
    .map((part) => (/^ {2,}$/.test(part) ? part : inline(part)))
    .join('');
}
