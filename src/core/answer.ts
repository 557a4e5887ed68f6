import { REASONS, type Reason } from './reasons.ts';
import type { ReportTable } from './state-report.ts';

/** A piece of a line: plain text, code, a person or channel (Slack id), strong text, or a link. The renderer escapes text. */
export type Fragment =
  | string
  | { readonly code: string }
  | { readonly user: string }
  | { readonly channel: string }
  | { readonly strong: string }
  | { readonly link: string; readonly text: string };

/** One line for people. */
export type Line = string | readonly Fragment[];

/** Text that is shown as it is, in letters of one width. */
export interface WholeText {
  readonly title: string;
  readonly lines: readonly string[];
}

/** An answer to one person, shown only to that person. */
export interface Answer {
  /** `ok`: carried out. `refused`: a rule or a state forbids it. `mistake`: it could not be understood. */
  readonly kind: 'ok' | 'refused' | 'mistake';
  readonly title: string;
  readonly lines: readonly Line[];
  readonly table: ReportTable | null;
  /** After the lines; absent: none. */
  readonly texts?: readonly WholeText[];
  /** Set for refusals and mistakes. */
  readonly reason: Reason | null;
}

/** An answer that something was carried out. */
export function okAnswer(title: string, lines: readonly Line[], table: ReportTable | null = null): Answer {
  return { kind: 'ok', title, lines, table, reason: null };
}

const MENTION = /<@([UW][A-Z0-9]{1,30})>/;
const CHANNEL = /<#([CDG][A-Z0-9]{1,30})>/;

/** An answer that a rule or a state forbids it: the reason's text, why in this case, and what to do next. */
export function refusedAnswer(reason: Reason, why: string): Answer {
  const { text, next } = REASONS[reason];
  const lines: Line[] = why === '' ? [next] : [withMentions(why), next];
  return { kind: 'refused', title: text, lines, table: null, reason };
}

/** A text of our own in which people and channels are written as Slack mentions. */
export function withMentions(text: string): Line {
  return text.split(MENTION).flatMap((part, index) => (index % 2 === 1 ? [{ user: part }] : withChannels(part)));
}

function withChannels(text: string): readonly Fragment[] {
  return text.split(CHANNEL).map((part, index) => (index % 2 === 1 ? { channel: part } : part));
}
