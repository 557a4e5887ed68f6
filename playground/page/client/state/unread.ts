import type { PageMessage } from '../../contract.ts';

/** By channel id: the ts up to which a person has read. */
export type ReadMarks = Readonly<Record<string, string>>;

/** What is new in a channel for one person. */
export interface Unread {
  /** Messages by others after the mark. */
  readonly messages: number;
  /** Those of them that name the person or everyone, and all of a direct conversation. */
  readonly mentions: number;
}

const NOTHING: Unread = { messages: 0, mentions: 0 };

/**
 * Counts what is new in each channel. A reply in a thread counts only when it names the person; a message that changed
 * in place is no new one.
 */
export function countUnread(
  messages: Iterable<PageMessage>,
  marks: ReadMarks,
  person: string,
  directs: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Unread> {
  const counts = new Map<string, Unread>();
  for (const one of messages) {
    if (one.user === person || Number(one.ts) <= Number(marks[one.channel] ?? '0')) continue;
    const named = directs.has(one.channel) || mentions(one, person);
    if (one.threadTs !== undefined && !one.broadcast && !named) continue;
    const before = counts.get(one.channel) ?? NOTHING;
    counts.set(one.channel, { messages: before.messages + 1, mentions: before.mentions + (named ? 1 : 0) });
  }
  return counts;
}

function mentions(message: PageMessage, person: string): boolean {
  const said = message.blocks.length === 0 ? message.text : JSON.stringify(message.blocks);
  return said.includes(`<@${person}>`) || /<!(channel|here|everyone)>/.test(said);
}

/** The marks after a person has read a channel up to `ts`; never moves back. */
export function markRead(marks: ReadMarks, channel: string, ts: string): ReadMarks {
  return Number(ts) > Number(marks[channel] ?? '0') ? { ...marks, [channel]: ts } : marks;
}
