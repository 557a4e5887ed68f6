import type { Person } from '../workspace/person.ts';
import { BOT } from '../workspace/seed.ts';
import type { WorkspaceState } from '../workspace/state.ts';

/** What was typed where. */
export interface Typed {
  readonly channel: string;
  readonly text: string;
  readonly threadTs?: string | undefined;
}

/**
 * Sends what a person typed, as Slack does: a slash command to the bot, a mention or a direct message as an event, all
 * else only into the channel. Answers what Slack would say against it.
 */
export async function writeAs(
  person: Person,
  state: WorkspaceState,
  commands: readonly string[],
  typed: Typed,
): Promise<string | undefined> {
  const { channel: id, text, threadTs } = typed;
  const channel = state.channels.get(id);
  if (channel?.members.has(person.id) !== true) return 'You are not in this channel.';
  if (channel.archived) return 'This channel is archived.';
  const command = /^\/\S+/.exec(text)?.[0];
  if (command !== undefined) {
    if (!commands.includes(command)) return `${command} is not a valid command.`;
    if (threadTs !== undefined) return `${command} does not work in threads. Mention @${BOT.name} instead.`;
    await person.command(resolveNames(text, state), { channel: id });
    return undefined;
  }
  const encoded = resolveNames(escapeEntities(text), state);
  const thread = threadTs === undefined ? {} : { threadTs };
  // An event is tried again for minutes; nobody waits for that.
  if (channel.directWith !== undefined) void person.message(encoded, thread).catch(() => undefined);
  else if (encoded.includes(`<@${BOT.user}>`)) {
    const rest = encoded.replace(`<@${BOT.user}>`, '').trim();
    void person.mention(rest, { channel: id, ...thread }).catch(() => undefined);
  } else state.post({ channel: id, user: person.id, text: encoded, ...thread });
  return undefined;
}

function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `@operator` and `#ops` as the references Slack sends (`should_escape` in the manifest). Unknown names stay as typed. */
export function resolveNames(text: string, state: Pick<WorkspaceState, 'users' | 'channels'>): string {
  return text.replaceAll(/(^|\s)([@#])([a-z0-9][a-z0-9._-]*)/gi, (whole, space: string, mark: string, name: string) => {
    const list = mark === '@' ? state.users.values() : state.channels.values();
    const found = [...list].find((one) => one.name === name && !('directWith' in one));
    return found === undefined ? whole : `${space}<${mark}${found.id}>`;
  });
}
