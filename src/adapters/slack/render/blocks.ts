import { joinFigures } from './figures.ts';

/** Text with Slack's formatting. `verbatim`: Slack makes no links of its own from it. */
interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

/** Text without formatting. */
interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** A question before a button takes effect. */
interface Confirm {
  readonly title: PlainText;
  readonly text: PlainText;
  readonly confirm: PlainText;
  readonly deny: PlainText;
  readonly style?: 'danger' | 'primary';
}

/** A button. `value` comes back with the click. */
export interface Button {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: PlainText;
  readonly value: string;
  readonly style?: 'danger' | 'primary';
  readonly confirm?: Confirm;
}

interface Cell {
  readonly type: 'raw_text';
  readonly text: string;
}

/** The kinds of blocks that Drydock sends. Limits: see `limits.ts`. */
export type Block =
  | { readonly type: 'header'; readonly block_id: string; readonly text: PlainText }
  | { readonly type: 'section'; readonly block_id: string; readonly text: Mrkdwn }
  | { readonly type: 'context'; readonly block_id: string; readonly elements: readonly Mrkdwn[] }
  | { readonly type: 'actions'; readonly block_id: string; readonly elements: readonly Button[] }
  | { readonly type: 'table'; readonly block_id: string; readonly rows: readonly (readonly Cell[])[] };

/** A message without its channel. `text` is what notifications, screen readers and old clients show. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Text with Slack's marks. The caller escapes what comes from outside. */
export function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Text without marks. */
export function plain(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

/** A section of lines that are already mrkdwn. */
export function section(blockId: string, lines: readonly string[]): Block {
  return { type: 'section', block_id: blockId, text: mrkdwn(joinFigures(lines.join('\n'))) };
}

/** A headline; Slack takes 150 characters of plain text. */
export function header(blockId: string, text: string): Block {
  return { type: 'header', block_id: blockId, text: plain(text) };
}

/** Small lines beneath a part. */
export function context(blockId: string, lines: readonly string[]): Block {
  return { type: 'context', block_id: blockId, elements: [mrkdwn(joinFigures(lines.join('\n')))] };
}

/** A row of buttons. */
export function actions(blockId: string, elements: readonly Button[]): Block {
  return { type: 'actions', block_id: blockId, elements };
}
