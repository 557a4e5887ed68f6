import { z } from 'zod';
import type { FeedEvent } from '../workspace/feed.ts';
import { topView } from '../workspace/methods/views.ts';
import type { Channel, Message, SlackFile, View } from '../workspace/model.ts';
import { BOT } from '../workspace/seed.ts';
import type { WorkspaceState } from '../workspace/state.ts';
import type {
  Completions,
  PageChannel,
  PageEvent,
  PageFile,
  PageMessage,
  PageNotice,
  PageView,
  Snapshot,
} from './contract.ts';

/** Everything one person sees now. */
export function snapshotFor(state: WorkspaceState, me: string, life: string, completions: Completions): Snapshot {
  const channels = channelsOf(state, me);
  return {
    kind: 'snapshot',
    life,
    me,
    people: [...state.users.values()].map(({ id, name, isBot }) => ({ id, name, isBot })),
    channels: channels.map(pageChannel),
    messages: channels.flatMap((channel) =>
      [...channel.messages.values()].flatMap((message) => messageFor(state, message, me) ?? []),
    ),
    notices: state.feed.events().flatMap((event) => noticeFor(event, me) ?? []),
    view: viewFor(state, me),
    completions,
  };
}

/** What a happening changes on one person's page. */
export function changesFor(state: WorkspaceState, event: FeedEvent, me: string): readonly PageEvent[] {
  const { what } = event;
  switch (what.kind) {
    case 'posted':
    case 'updated': {
      const message = messageFor(state, what.message, me);
      if (message === undefined) return [];
      const own = state.channels.get(message.channel)?.directWith === me && what.kind === 'posted';
      const channels = channelsOf(state, me).map(pageChannel);
      return [...(own ? [{ kind: 'channels', channels } as const] : []), { kind: 'message', message }];
    }
    case 'deleted':
      return [{ kind: 'gone', channel: what.message.channel, ts: what.message.ts }];
    case 'view-opened':
    case 'view-updated':
    case 'view-closed':
      return what.view.user === me ? [{ kind: 'view', view: viewFor(state, me) }] : [];
    case 'bot-failed': {
      const notice = noticeFor(event, me);
      return notice === undefined ? [] : [{ kind: 'notice', notice }];
    }
    case 'command':
    case 'clicked':
    case 'submitted':
    case 'file-shared':
      return [];
  }
}

function channelsOf(state: WorkspaceState, me: string): readonly Channel[] {
  return [...state.channels.values()].filter((channel) => channel.members.has(me));
}

function pageChannel(channel: Channel): PageChannel {
  const direct = channel.directWith !== undefined;
  return {
    id: channel.id,
    name: direct ? BOT.name : channel.name,
    direct,
    archived: channel.archived,
    withBot: channel.members.has(BOT.user),
  };
}

const CardMetadata = z.object({ event_payload: z.object({ run: z.string() }) });

function messageFor(state: WorkspaceState, message: Message, me: string): PageMessage | undefined {
  const channel = state.channels.get(message.channel);
  const mine = message.ephemeralFor === undefined || message.ephemeralFor === me;
  if (message.deleted || !mine || channel?.members.has(me) !== true) return undefined;
  const run = CardMetadata.safeParse(message.metadata).data?.event_payload.run;
  return {
    channel: message.channel,
    ts: message.ts,
    user: message.user,
    text: message.text,
    blocks: [...message.blocks],
    ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    broadcast: message.broadcast,
    onlyForMe: message.ephemeralFor !== undefined,
    edited: message.edited,
    files: message.files.flatMap((id) => pageFile(state.files.get(id)) ?? []),
    ...(run === undefined ? {} : { run }),
  };
}

function pageFile(file: SlackFile | undefined): PageFile | undefined {
  if (file === undefined) return undefined;
  const bytes = file.content?.length ?? file.announcedBytes;
  return { id: file.id, name: file.name, title: file.title, bytes, kind: fileType(file.name).kind };
}

/** What kind of file a name promises, and the content type it is served with. Nothing is ever served as HTML or SVG. */
export function fileType(name: string): { readonly kind: PageFile['kind']; readonly contentType: string } {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (ending === 'jpg') return { kind: 'image', contentType: 'image/jpeg' };
  if (['png', 'jpeg', 'gif', 'webp'].includes(ending)) return { kind: 'image', contentType: `image/${ending}` };
  const text = ['txt', 'log', 'json', 'yaml', 'yml', 'md', 'csv', 'diff', 'html', 'svg', 'xml'].includes(ending);
  return text
    ? { kind: 'text', contentType: 'text/plain; charset=utf-8' }
    : { kind: 'other', contentType: 'application/octet-stream' };
}

const ViewTexts = z.object({
  submit: z.object({ text: z.string() }).optional(),
  close: z.object({ text: z.string() }).optional(),
});

function viewFor(state: WorkspaceState, me: string): PageView | null {
  const view: View | undefined = topView(state, me);
  if (view === undefined) return null;
  const texts = ViewTexts.safeParse(view.definition).data;
  return {
    id: view.id,
    hash: view.hash,
    title: view.title,
    submit: texts?.submit?.text ?? null,
    close: texts?.close?.text ?? 'Cancel',
    blocks: [...view.blocks],
    errors: { ...view.errors },
  };
}

function noticeFor({ seq, at, what }: FeedEvent, me: string): PageNotice | undefined {
  if (what.kind !== 'bot-failed' || what.user !== me) return undefined;
  return { id: `notice-${seq}`, channel: what.channel, at, text: `${BOT.name} did not answer (${what.why}).` };
}
