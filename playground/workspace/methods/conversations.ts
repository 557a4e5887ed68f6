import { z } from 'zod';
import type { Channel, Message } from '../model.ts';
import { BOT } from '../seed.ts';
import {
  type ApiAnswer,
  type ApiContext,
  Count,
  channelForBot,
  defineMethod,
  Flag,
  messageJson,
  refuse,
} from '../web-api.ts';

const Page = {
  cursor: z.string().optional(),
  limit: Count.default(100),
  oldest: z.string().default('0'),
  latest: z.string().optional(),
  inclusive: Flag.default(false),
  include_all_metadata: Flag.default(false),
};
const PageArgs = z.object(Page);
type PageArgs = z.infer<typeof PageArgs>;

function channelJson(channel: Channel): Record<string, unknown> {
  const isDirect = channel.directWith !== undefined;
  return {
    id: channel.id,
    name: channel.name,
    is_channel: !isDirect,
    is_im: isDirect,
    is_private: channel.isPrivate,
    is_archived: channel.archived,
    is_member: channel.members.has(BOT.user),
    num_members: channel.members.size,
    ...(isDirect ? { user: channel.directWith } : {}),
  };
}

/** Cuts a list of messages to the page asked for; `messages` are in the order of the answer. */
function page(messages: readonly Message[], args: PageArgs, context: ApiContext): ApiAnswer {
  function after(a: string, b: string): boolean {
    return args.inclusive ? Number(a) >= Number(b) : Number(a) > Number(b);
  }
  const wanted = messages.filter(
    (one) => after(one.ts, args.oldest) && (args.latest === undefined || after(args.latest, one.ts)),
  );
  const start = args.cursor === undefined ? 0 : Number(Buffer.from(args.cursor, 'base64').toString());
  if (!Number.isInteger(start)) return refuse('invalid_cursor');
  const end = start + Math.min(args.limit === 0 ? 100 : args.limit, 999);
  const more = end < wanted.length;
  return {
    ok: true,
    messages: wanted.slice(start, end).map((one) => messageJson(one, context.state, args.include_all_metadata)),
    has_more: more,
    response_metadata: { next_cursor: more ? Buffer.from(String(end)).toString('base64') : '' },
  };
}

function visible(channel: Channel): readonly Message[] {
  return [...channel.messages.values()].filter((one) => !one.deleted && one.ephemeralFor === undefined);
}

const history = defineMethod('conversations.history', z.object({ channel: z.string(), ...Page }), (args, context) => {
  const found = channelForBot(context.state, args.channel);
  if ('refusal' in found) return found.refusal;
  const shown = visible(found.channel).filter((one) => one.threadTs === undefined || one.broadcast);
  return page(shown.toReversed(), args, context);
});

const replies = defineMethod(
  'conversations.replies',
  z.object({ channel: z.string(), ts: z.string(), ...Page }),
  (args, context) => {
    const found = channelForBot(context.state, args.channel);
    if ('refusal' in found) return found.refusal;
    const asked = context.state.find(found.channel.id, args.ts);
    if (asked === undefined) return refuse('thread_not_found');
    const root = asked.threadTs ?? asked.ts;
    return page(
      visible(found.channel).filter((one) => one.ts === root || one.threadTs === root),
      args,
      context,
    );
  },
);

const info = defineMethod('conversations.info', z.object({ channel: z.string() }), (args, { state }) => {
  const channel = state.channels.get(args.channel);
  if (channel === undefined) return refuse('channel_not_found');
  if (channel.isPrivate && !channel.members.has(BOT.user)) return refuse('channel_not_found');
  return { ok: true, channel: channelJson(channel) };
});

const members = defineMethod('conversations.members', z.object({ channel: z.string() }), (args, { state }) => {
  const channel = state.channels.get(args.channel);
  if (channel === undefined) return refuse('channel_not_found');
  return { ok: true, members: [...channel.members], response_metadata: { next_cursor: '' } };
});

const open = defineMethod('conversations.open', z.object({ users: z.string() }), (args, { state }) => {
  const user = state.users.get(args.users);
  if (user === undefined || user.isBot) return refuse('user_not_found');
  return { ok: true, channel: { id: state.openDirect(user.id).id } };
});

const list = defineMethod(
  'conversations.list',
  z.object({ types: z.string().default('public_channel'), exclude_archived: Flag.default(false) }),
  (args, { state }) => {
    const types = args.types.split(',');
    const channels = [...state.channels.values()].filter((channel) => {
      const type = channel.directWith === undefined ? (channel.isPrivate ? 'private_channel' : 'public_channel') : 'im';
      return types.includes(type) && !(args.exclude_archived && channel.archived);
    });
    return { ok: true, channels: channels.map(channelJson), response_metadata: { next_cursor: '' } };
  },
);

/** `conversations.*` */
export const conversationMethods = [history, replies, info, members, open, list];
