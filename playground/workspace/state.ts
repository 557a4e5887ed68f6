import { randomBytes } from 'node:crypto';
import { createFeed, type WritableFeed } from './feed.ts';
import type { Block, Channel, Message, Metadata, SlackFile, User, UserGroup, View } from './model.ts';
import { BOT, seedChannels, seedGroups, seedUsers } from './seed.ts';

/** What a new message may carry. */
export interface MessageDraft {
  readonly channel: string;
  readonly user: string;
  readonly text?: string | undefined;
  readonly blocks?: readonly Block[] | undefined;
  readonly metadata?: Metadata | undefined;
  readonly threadTs?: string | undefined;
  readonly broadcast?: boolean | undefined;
  readonly ephemeralFor?: string | undefined;
  readonly files?: readonly string[] | undefined;
}

/** What an update may change; an absent field stays as it is. */
export interface MessageChange {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly metadata?: Metadata | undefined;
}

/** Everything the workspace knows, and the only functions that change messages and views. */
export interface WorkspaceState {
  readonly users: Map<string, User>;
  readonly groups: Map<string, UserGroup>;
  readonly channels: Map<string, Channel>;
  readonly views: Map<string, View>;
  readonly files: Map<string, SlackFile>;
  readonly feed: WritableFeed;
  /** Milliseconds since 1970. */
  now(): number;
  /** A message that exists and is not deleted. */
  find(channel: string, ts: string): Message | undefined;
  post(draft: MessageDraft): Message;
  update(message: Message, change: MessageChange): Message;
  remove(message: Message): void;
  /** The direct conversation of a person with the bot; made when there is none. */
  openDirect(user: string): Channel;
  setView(view: View, what: 'view-opened' | 'view-updated' | 'view-closed'): void;
  /** A new id: the prefix and random upper-case characters. */
  newId(prefix: string): string;
}

/** Makes the state of a new workspace. `now` gives milliseconds since 1970. */
export function createState(now: () => number): WorkspaceState {
  const feed = createFeed(now);
  const channels = seedChannels();
  const views = new Map<string, View>();
  let lastMicros = 0;

  function nextTs(): string {
    lastMicros = Math.max(lastMicros + 1, now() * 1000);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  }
  function channelOf(id: string): Channel {
    const channel = channels.get(id);
    if (channel === undefined) throw new Error(`the workspace has no channel ${id}`);
    return channel;
  }
  function post(draft: MessageDraft): Message {
    const message: Message = {
      channel: draft.channel,
      ts: nextTs(),
      user: draft.user,
      text: draft.text ?? '',
      blocks: withBlockIds(draft.blocks ?? []),
      ...(draft.metadata === undefined ? {} : { metadata: draft.metadata }),
      ...(draft.threadTs === undefined ? {} : { threadTs: draft.threadTs }),
      ...(draft.ephemeralFor === undefined ? {} : { ephemeralFor: draft.ephemeralFor }),
      broadcast: draft.broadcast ?? false,
      edited: false,
      deleted: false,
      files: draft.files ?? [],
      revisions: [],
    };
    channelOf(draft.channel).messages.set(message.ts, message);
    feed.add({ kind: 'posted', message });
    return message;
  }
  function update(before: Message, change: MessageChange): Message {
    const { text, blocks, metadata } = before;
    const earlier = { at: now(), text, blocks, ...(metadata === undefined ? {} : { metadata }) };
    const message: Message = {
      ...before,
      text: change.text,
      blocks: withBlockIds(change.blocks),
      ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
      edited: true,
      revisions: [...before.revisions, earlier],
    };
    channelOf(before.channel).messages.set(before.ts, message);
    feed.add({ kind: 'updated', message, before });
    return message;
  }
  function remove(before: Message): void {
    const message = { ...before, deleted: true };
    channelOf(before.channel).messages.set(before.ts, message);
    feed.add({ kind: 'deleted', message });
  }
  function openDirect(user: string): Channel {
    const id = `D${user.slice(1)}`;
    const known = channels.get(id);
    if (known !== undefined) return known;
    const members = new Set<string>([user, BOT.user]);
    const rest = { isPrivate: true, archived: false, directWith: user, members, messages: new Map<string, Message>() };
    const channel: Channel = { id, name: 'directmessage', ...rest };
    channels.set(id, channel);
    return channel;
  }
  return {
    users: seedUsers(),
    groups: seedGroups(),
    channels,
    views,
    files: new Map(),
    feed,
    now,
    find(channel, ts) {
      const message = channels.get(channel)?.messages.get(ts);
      return message?.deleted === true ? undefined : message;
    },
    post,
    update,
    remove,
    openDirect,
    setView(view, what) {
      views.set(view.id, view);
      feed.add({ kind: what, view });
    },
    newId: (prefix) => `${prefix}${randomBytes(5).toString('hex').toUpperCase()}`,
  };
}

/** Slack gives every block an id when it has none. */
function withBlockIds(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => ({ ...block, block_id: block.block_id ?? randomBytes(3).toString('base64url') }));
}
