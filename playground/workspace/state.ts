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
  return {
    users: seedUsers(),
    groups: seedGroups(),
    channels,
    views,
    files: new Map(),
    feed,
    now,
    ...messageChanges(channels, feed, now),
    openDirect: (user) => openDirect(channels, user),
    setView(view, what) {
      views.set(view.id, view);
      feed.add({ kind: what, view });
    },
    newId: (prefix) => `${prefix}${randomBytes(5).toString('hex').toUpperCase()}`,
  };
}

type Channels = WorkspaceState['channels'];

function messageChanges(
  channels: Channels,
  feed: WritableFeed,
  now: () => number,
): Pick<WorkspaceState, 'find' | 'post' | 'update' | 'remove'> {
  let lastMicros = 0;
  function nextTs(): string {
    lastMicros = Math.max(lastMicros + 1, now() * 1000);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  }
  function keep(message: Message): void {
    const channel = channels.get(message.channel);
    if (channel === undefined) throw new Error(`the workspace has no channel ${message.channel}`);
    channel.messages.set(message.ts, message);
  }
  return {
    find(channel, ts) {
      const message = channels.get(channel)?.messages.get(ts);
      return message?.deleted === true ? undefined : message;
    },
    post(draft) {
      const message = newMessage(draft, nextTs());
      keep(message);
      feed.add({ kind: 'posted', message });
      return message;
    },
    update(before, change) {
      const message = changedMessage(before, change, now());
      keep(message);
      feed.add({ kind: 'updated', message, before });
      return message;
    },
    remove(before) {
      const message = { ...before, deleted: true };
      keep(message);
      feed.add({ kind: 'deleted', message });
    },
  };
}

function newMessage(draft: MessageDraft, ts: string): Message {
  return {
    channel: draft.channel,
    ts,
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
}

function changedMessage(before: Message, change: MessageChange, at: number): Message {
  const { text, blocks, metadata } = before;
  const earlier = { at, text, blocks, ...(metadata === undefined ? {} : { metadata }) };
  return {
    ...before,
    text: change.text,
    blocks: withBlockIds(change.blocks),
    ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    edited: true,
    revisions: [...before.revisions, earlier],
  };
}

function openDirect(channels: Channels, user: string): Channel {
  const id = `D${user.slice(1)}`;
  const known = channels.get(id);
  if (known !== undefined) return known;
  const channel: Channel = {
    id,
    name: 'directmessage',
    isPrivate: true,
    directWith: user,
    archived: false,
    members: new Set([user, BOT.user]),
    messages: new Map(),
  };
  channels.set(id, channel);
  return channel;
}

/** Slack gives every block an id when it has none. */
function withBlockIds(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => ({ ...block, block_id: block.block_id ?? randomBytes(3).toString('base64url') }));
}
