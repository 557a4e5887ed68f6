import type { Feed, FeedEvent, Happening } from '../workspace/feed.ts';
import type { Message } from '../workspace/model.ts';
import type { WorkspaceState } from '../workspace/state.ts';
import type { Names } from './mrkdwn.ts';
import { renderMessage } from './render-blocks.ts';

/** What a transcript needs of the workspace. */
export type Scene = Pick<WorkspaceState, 'users' | 'channels'> & { readonly feed: Feed };

/**
 * Writes what happens in the workspace, from the first happening on, as plain lines: time since then, channel, author,
 * text. Of an updated message only the lines that are new; an update without any is left out. Returns what ends it.
 */
export function printTranscript(scene: Scene, write: (line: string) => void): () => void {
  const names = namesOf(scene);
  let start: number | undefined;
  function print(event: FeedEvent): void {
    start ??= event.at;
    // What people type may hold line breaks that forge lines, and characters that move a terminal's cursor.
    const [first, ...rest] = describe(event.what, names).flatMap((line) => line.split('\n').map(printable));
    if (first === undefined) return;
    write(`${relativeTime(event.at - start)}  ${first}`);
    for (const line of rest) write(`${' '.repeat(12)}${line}`);
  }
  for (const event of scene.feed.events()) print(event);
  return scene.feed.subscribe(print);
}

/**
 * Without control characters and without those that are not seen or turn a line round. No-break spaces become plain ones:
 * what is searched for with grep is typed with those.
 */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}|\p{Cf}/gu, '').replaceAll('\u00A0', ' ');
}

/** Names of the workspace's people and channels; an unknown id stands for itself. */
export function namesOf(scene: Pick<Scene, 'users' | 'channels'>): Names {
  return {
    user: (id) => scene.users.get(id)?.name ?? id,
    channel: (id) => {
      const channel = scene.channels.get(id);
      if (channel?.directWith !== undefined) return `dm-${scene.users.get(channel.directWith)?.name ?? id}`;
      return channel?.name ?? id;
    },
  };
}

function describe(what: Happening, names: Names): readonly string[] {
  switch (what.kind) {
    case 'command':
      return [`#${names.channel(what.channel)}  ${names.user(what.user)}: ${what.text}`];
    case 'clicked':
      return [`#${names.channel(what.channel)}  ${names.user(what.user)} presses [${what.label}]`];
    case 'submitted':
      return [`(modal)  ${names.user(what.user)} submits "${what.view.title}"`, ...valueLines(what.values)];
    case 'posted':
      return headed(head(what.message, names, ''), linesOf(what.message, names));
    case 'updated':
      return updated(what.before, what.message, names);
    case 'deleted':
      return [head(what.message, names, ' (deleted)')];
    case 'view-opened':
      return headed(
        `(modal)  drydock shows ${names.user(what.view.user)} "${what.view.title}":`,
        renderMessage('', what.view.blocks, names),
      );
    case 'view-updated':
      return headed(
        `(modal)  "${what.view.title}" of ${names.user(what.view.user)} changes:`,
        Object.values(what.view.errors).map((text) => `! ${text}`),
      );
    case 'view-closed':
      return [];
    case 'file-shared':
      return [`#${names.channel(what.channel)}  file ${what.file.name}, ${what.file.announcedBytes} bytes`];
    case 'bot-failed':
      return [`(Slack)  to ${names.user(what.user)}: drydock did not answer (${what.why})`];
  }
}

function headed(first: string, lines: readonly string[]): readonly string[] {
  const [only] = lines;
  return lines.length === 1 && only !== undefined ? [`${first} ${only}`] : [first, ...lines];
}

function head(message: Message, names: Names, remark: string): string {
  const place = `#${names.channel(message.channel)}${message.threadTs === undefined ? '' : ' (thread)'}`;
  const reader = message.ephemeralFor === undefined ? '' : ` (only to ${names.user(message.ephemeralFor)})`;
  return `${place}  ${names.user(message.user)}${reader}${remark}:`;
}

function linesOf(message: Message, names: Names): readonly string[] {
  const body =
    message.text === '' && message.blocks.length === 0 ? [] : renderMessage(message.text, message.blocks, names);
  return message.files.length === 0 ? body : [...body, `(${message.files.length} file)`];
}

function updated(before: Message, after: Message, names: Names): readonly string[] {
  const left = new Map<string, number>();
  for (const line of linesOf(before, names)) left.set(line, (left.get(line) ?? 0) + 1);
  const added = linesOf(after, names).filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0 && line.trim() !== '';
  });
  return added.length === 0 ? [] : headed(head(after, names, ' (updated)'), added);
}

function valueLines(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name}: ${value}`);
}

function relativeTime(ms: number): string {
  return `+${(ms / 1000).toFixed(1)}s`.padStart(10);
}
