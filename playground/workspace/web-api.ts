import { z } from 'zod';
import type { Interactions } from './interactions.ts';
import { Block, type Channel, type Message, Metadata, type User } from './model.ts';
import { BOT, TEAM } from './seed.ts';
import type { WorkspaceState } from './state.ts';

/** The body of a Web API answer. */
export type ApiAnswer = Readonly<Record<string, unknown>> & { readonly ok: boolean };

/** What a method may use. */
export interface ApiContext {
  readonly state: WorkspaceState;
  readonly interactions: Interactions;
  /** `http://127.0.0.1:PORT`, for links. */
  readonly origin: string;
}

/** One Web API method; `run` takes the arguments as they arrived. */
export interface ApiMethod {
  readonly name: string;
  run(args: unknown, context: ApiContext): ApiAnswer;
}

/** Binds a name, a schema and an implementation. Arguments that do not fit are answered as Slack answers them. */
export function defineMethod<T>(
  name: string,
  schema: z.ZodType<T>,
  run: (args: T, context: ApiContext) => ApiAnswer,
): ApiMethod {
  return {
    name,
    run(raw, context) {
      const args = schema.safeParse(raw);
      if (args.success) return run(args.data, context);
      const messages = args.error.issues.map(
        (issue) => `[ERROR] ${issue.message} [json-pointer:/${issue.path.join('/')}]`,
      );
      const first = args.error.issues[0]?.path[0];
      const error = (first === 'blocks' || first === 'metadata') && ARGUMENT_ERRORS[first];
      return refuse(error || 'invalid_arguments', messages);
    },
  };
}

const ARGUMENT_ERRORS = { blocks: 'invalid_blocks_format', metadata: 'invalid_metadata_format' } as const;

/** `{ok: false}` with Slack's error code. */
export function refuse(error: string, messages?: readonly string[]): ApiAnswer {
  return { ok: false, error, ...(messages === undefined ? {} : { response_metadata: { messages } }) };
}

/** A field that a form carries as JSON text and a JSON body as itself. */
export function json<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.preprocess((value) => (typeof value === 'string' ? parseJson(value) : value), schema);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A truth value as forms and JSON bodies carry it. */
export const Flag = z.union([z.boolean(), z.stringbool(), z.number().transform((value) => value !== 0)]);

/** A number as forms and JSON bodies carry it. */
export const Count = z.coerce.number().int().nonnegative();

/** The arguments that carry a message's content. */
export const Content = {
  text: z.string().optional(),
  blocks: json(z.array(z.unknown())).optional(),
  metadata: json(Metadata).optional(),
};

/** Blocks that {@link checkBlocks} has accepted, with their type. */
export function readBlocks(blocks: readonly unknown[]): readonly Block[] {
  return blocks.map((block) => Block.parse(block));
}

/** The channel a method names, if the bot may use it; otherwise Slack's answer. A user id means the direct conversation. */
export function channelForBot(
  state: WorkspaceState,
  id: string,
): { readonly channel: Channel } | { readonly refusal: ApiAnswer } {
  const isPerson = state.users.get(id)?.isBot === false;
  const channel = isPerson ? state.openDirect(id) : state.channels.get(id);
  if (channel === undefined) return { refusal: refuse('channel_not_found') };
  if (!channel.members.has(BOT.user))
    return { refusal: refuse(channel.isPrivate ? 'channel_not_found' : 'not_in_channel') };
  return { channel };
}

/** A message as the Web API and the payloads show it. */
export function messageJson(message: Message, state: WorkspaceState, withMetadata = false): Record<string, unknown> {
  const author = state.users.get(message.user);
  const thread = message.threadTs === undefined ? threadOf(message, state) : { thread_ts: message.threadTs };
  return {
    type: 'message',
    user: message.user,
    ...botFields(author),
    ts: message.ts,
    team: author?.team ?? TEAM.id,
    ...(author?.team === undefined ? {} : { user_team: author.team, source_team: author.team }),
    text: message.text,
    blocks: message.blocks,
    ...thread,
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(message.edited ? { edited: { user: message.user, ts: message.ts } } : {}),
    ...(withMetadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.files.length === 0
      ? {}
      : { files: message.files.map((id) => ({ id, name: state.files.get(id)?.name })) }),
  };
}

/** What tells a bot's message from a person's; of a workflow's it is the subtype too. */
function botFields(author: User | undefined): Record<string, unknown> {
  if (author?.isBot !== true) return {};
  if (author.id === BOT.user) return { bot_id: BOT.bot, app_id: BOT.app };
  return { bot_id: `B${author.id.slice(1)}`, ...(author.isWorkflow === true ? { subtype: 'bot_message' } : {}) };
}

function threadOf(message: Message, state: WorkspaceState): Record<string, unknown> {
  const all = state.channels.get(message.channel)?.messages.values() ?? [];
  const replies = [...all].filter(
    (one) => one.threadTs === message.ts && !one.deleted && one.ephemeralFor === undefined,
  );
  return replies.length === 0 ? {} : { thread_ts: message.ts, reply_count: replies.length };
}
