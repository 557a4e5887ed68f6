import { z } from 'zod';
import { checkBlocks } from '../blocks.ts';
import type { Message, Metadata } from '../model.ts';
import { BOT } from '../seed.ts';
import type { MessageDraft } from '../state.ts';
import {
  type ApiAnswer,
  type ApiContext,
  Content,
  channelForBot,
  defineMethod,
  Flag,
  messageJson,
  readBlocks,
  refuse,
} from '../web-api.ts';

/** Slack cuts or refuses above this many characters in a new message. */
const POST_TEXT_MAX = 40_000;
/** `chat.update`: bytes after escaping `& < >`. */
const UPDATE_TEXT_MAX = 4_000;
/** Ephemeral messages fail somewhere near this. */
const EPHEMERAL_TEXT_MAX = 3_000;
const METADATA_MAX = 8_000;

interface ContentArgs {
  readonly text?: string | undefined;
  readonly blocks?: readonly unknown[] | undefined;
  readonly metadata?: Metadata | undefined;
}

/** Bytes of a text as Slack counts them: UTF-8, after escaping. */
export function escapedBytes(text: string): number {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return Buffer.byteLength(escaped);
}

/** Slack's refusal of a message's content, if any. */
export function checkContent(args: ContentArgs): ApiAnswer | undefined {
  const blocks = args.blocks ?? [];
  if ((args.text ?? '') === '' && blocks.length === 0) return refuse('no_text');
  const problem = checkBlocks(blocks, 'message');
  if (problem !== undefined) return refuse(problem.error, problem.messages);
  if (args.metadata === undefined || JSON.stringify(args.metadata).length <= METADATA_MAX) return undefined;
  return refuse('metadata_too_large');
}

function posted(message: Message, context: ApiContext): ApiAnswer {
  return { ok: true, channel: message.channel, ts: message.ts, message: messageJson(message, context.state, true) };
}

const postMessage = defineMethod(
  'chat.postMessage',
  z.object({
    channel: z.string(),
    ...Content,
    thread_ts: z.string().optional(),
    reply_broadcast: Flag.optional(),
  }),
  (args, context) => {
    const { state } = context;
    const found = channelForBot(state, args.channel);
    if ('refusal' in found) return found.refusal;
    const { channel } = found;
    if (channel.archived) return refuse('is_archived');
    if ((args.text ?? '').length > POST_TEXT_MAX) return refuse('msg_too_long');
    const refusal = checkContent(args);
    if (refusal !== undefined) return refusal;
    const parent = args.thread_ts === undefined ? undefined : channel.messages.get(args.thread_ts);
    if (args.thread_ts !== undefined && parent === undefined) return refuse('thread_not_found');
    const draft: MessageDraft = {
      channel: channel.id,
      user: BOT.user,
      text: args.text,
      blocks: readBlocks(args.blocks ?? []),
      metadata: args.metadata,
      threadTs: parent?.threadTs ?? parent?.ts,
      broadcast: parent === undefined ? undefined : args.reply_broadcast,
    };
    return posted(state.post(draft), context);
  },
);

const update = defineMethod(
  'chat.update',
  z.object({ channel: z.string(), ts: z.string(), ...Content }),
  (args, context) => {
    const found = channelForBot(context.state, args.channel);
    if ('refusal' in found) return found.refusal;
    const message = context.state.find(found.channel.id, args.ts);
    if (message === undefined || message.ephemeralFor !== undefined) return refuse('message_not_found');
    if (message.user !== BOT.user) return refuse('cant_update_message');
    if (found.channel.archived) return refuse('is_archived');
    if (escapedBytes(args.text ?? '') > UPDATE_TEXT_MAX) return refuse('msg_too_long');
    const refusal = checkContent(args);
    if (refusal !== undefined) return refusal;
    const { text = '', blocks = [], metadata } = args;
    const after = context.state.update(message, { text, blocks: readBlocks(blocks), metadata });
    return { ...posted(after, context), text };
  },
);

const postEphemeral = defineMethod(
  'chat.postEphemeral',
  z.object({ channel: z.string(), user: z.string(), ...Content, thread_ts: z.string().optional() }),
  (args, { state }) => {
    const found = channelForBot(state, args.channel);
    if ('refusal' in found) return found.refusal;
    if (found.channel.archived) return refuse('is_archived');
    if (!found.channel.members.has(args.user)) return refuse('user_not_in_channel');
    if (escapedBytes(args.text ?? '') > EPHEMERAL_TEXT_MAX) return refuse('msg_too_long');
    const refusal = checkContent(args);
    if (refusal !== undefined) return refusal;
    const message = state.post({
      channel: found.channel.id,
      user: BOT.user,
      text: args.text,
      blocks: readBlocks(args.blocks ?? []),
      metadata: args.metadata,
      threadTs: args.thread_ts,
      ephemeralFor: args.user,
    });
    return { ok: true, message_ts: message.ts };
  },
);

const remove = defineMethod('chat.delete', z.object({ channel: z.string(), ts: z.string() }), (args, { state }) => {
  const found = channelForBot(state, args.channel);
  if ('refusal' in found) return found.refusal;
  const message = state.find(found.channel.id, args.ts);
  if (message === undefined || message.ephemeralFor !== undefined) return refuse('message_not_found');
  if (message.user !== BOT.user) return refuse('cant_delete_message');
  state.remove(message);
  return { ok: true, channel: found.channel.id, ts: args.ts };
});

const getPermalink = defineMethod(
  'chat.getPermalink',
  z.object({ channel: z.string(), message_ts: z.string() }),
  (args, { state, origin }) => {
    const channel = state.channels.get(args.channel);
    if (channel === undefined) return refuse('channel_not_found');
    const message = state.find(channel.id, args.message_ts);
    if (message === undefined) return refuse('message_not_found');
    const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
    const permalink = `${origin}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
    return { ok: true, channel: channel.id, permalink };
  },
);

/** `chat.*` */
export const chatMethods = [postMessage, update, postEphemeral, remove, getPermalink];
