import { z } from 'zod';
import type { Actor } from '../../core/actor.ts';
import { withoutSecrets } from '../../core/secrets.ts';

/** Where an answer goes that only one person sees. */
export interface ReplyTo {
  readonly user: string;
  readonly channel: string;
  readonly threadTs: string | null;
  /** Slack's address for answers to this request; `null`: there is none. */
  readonly responseUrl: string | null;
}

/** A command that somebody typed. */
export interface TypedCommand {
  readonly actor: Actor;
  /** What was typed, without the slash command or mention. */
  readonly text: string;
  readonly replyTo: ReplyTo;
  /** A direct message, or a channel of which only the person and the bot know. */
  readonly direct: boolean;
  /** The bot can post where it was typed, since it was addressed there. */
  readonly botIsThere: boolean;
  /** With this a modal can be opened, for 3 s; `null`: there is none. */
  readonly triggerId: string | null;
  readonly idempotencyKey: string;
}

/** A click on a button. */
export interface Click {
  readonly actor: Actor;
  readonly action: string;
  readonly value: string;
  readonly messageTs: string;
  readonly triggerId: string;
  readonly replyTo: ReplyTo;
  readonly idempotencyKey: string;
}

/** A modal that was filled in and sent. */
export interface Submission {
  readonly actor: Actor;
  readonly callback: string;
  /** The value of the button that opened it, or what its page carries along. */
  readonly value: string;
  /** The first field. */
  readonly text: string;
  /** What was filled in, by block; values of several choices with spaces between; empty: nothing. */
  readonly fields: Readonly<Record<string, string>>;
  readonly view: SeenView;
  /** Names this page of the modal: another page in the same modal has another key. */
  readonly idempotencyKey: string;
}

/** A page of a modal as the person saw it. */
interface SeenView {
  readonly id: string;
  /** Changes with every page that is put into the modal. */
  readonly hash: string;
}

/** A click on a button in a modal. */
export interface ViewClick {
  readonly actor: Actor;
  readonly action: string;
  /** What the page carries along. */
  readonly note: string;
  readonly view: SeenView;
  readonly idempotencyKey: string;
}

const Id = z.string().min(1).max(100);
/** What people typed. A secret that got into it goes no further than here. */
const Text = z.string().max(20_000).transform(withoutSecrets);

const SlashBody = z.object({
  team_id: Id,
  user_id: Id,
  channel_id: Id,
  channel_name: z.string().default(''),
  text: Text.default(''),
  trigger_id: z.string().min(1).max(300),
  response_url: z.url().optional(),
});

/** Reads the body of a slash command; `null`: it is not one. */
export function readSlash(body: unknown): TypedCommand | null {
  const parsed = SlashBody.safeParse(body);
  if (!parsed.success) return null;
  const { team_id: team, user_id: user, channel_id: channel, channel_name: name, text } = parsed.data;
  return {
    actor: { team, user },
    text,
    replyTo: { user, channel, threadTs: null, responseUrl: parsed.data.response_url ?? null },
    direct: name === 'directmessage' || channel.startsWith('D'),
    botIsThere: false,
    triggerId: parsed.data.trigger_id,
    idempotencyKey: `trigger:${parsed.data.trigger_id}`,
  };
}

const EventBody = z.object({
  team_id: Id,
  event: z.object({
    type: z.enum(['app_mention', 'message']),
    user: Id,
    // People of other workspaces in shared channels have a team of their own.
    user_team: Id.optional(),
    team: Id.optional(),
    text: Text.default(''),
    ts: z.string().regex(/^\d+\.\d+$/),
    channel: Id,
    channel_type: z.string().optional(),
    thread_ts: z.string().optional(),
    subtype: z.string().optional(),
    bot_id: z.string().optional(),
  }),
});

/** Reads a mention or a direct message; `null`: it is neither, or no person wrote it. */
export function readEvent(body: unknown): TypedCommand | null {
  const parsed = EventBody.safeParse(body);
  if (!parsed.success) return null;
  const { event } = parsed.data;
  if (event.subtype !== undefined || event.bot_id !== undefined) return null;
  const direct = event.channel_type === 'im' || event.channel.startsWith('D');
  if (event.type === 'message' && !direct) return null;
  const team = event.user_team ?? event.team ?? parsed.data.team_id;
  return {
    actor: { team, user: event.user },
    text: event.text,
    replyTo: { user: event.user, channel: event.channel, threadTs: event.thread_ts ?? null, responseUrl: null },
    direct,
    botIsThere: true,
    triggerId: null,
    // Slack may tell the same message as two events; the message is what counts.
    idempotencyKey: `message:${event.channel}:${event.ts}`,
  };
}

const AutomationBody = z.object({
  team_id: Id,
  event: z.object({
    type: z.enum(['app_mention', 'message']),
    user: Id.optional(),
    bot_id: Id,
    text: Text.default(''),
    ts: z.string().regex(/^\d+\.\d+$/),
    channel: Id,
    channel_type: z.string().optional(),
    // Any other one tells of a change of a message.
    subtype: z.literal('bot_message').optional(),
  }),
});

/** What a bot, a workflow or an app in somebody's name wrote to the bot. */
export interface Automation {
  /** Its user id; where it has none, the id of the bot. */
  readonly actor: Actor;
  readonly botId: string;
  readonly text: string;
  readonly idempotencyKey: string;
}

/** Reads a mention or a direct message that no person typed; `null`: it is none. */
export function readAutomation(body: unknown): Automation | null {
  const parsed = AutomationBody.safeParse(body);
  if (!parsed.success) return null;
  const { event, team_id: team } = parsed.data;
  if (event.type === 'message' && event.channel_type !== 'im' && !event.channel.startsWith('D')) return null;
  return {
    actor: { team, user: event.user ?? event.bot_id },
    botId: event.bot_id,
    text: event.text,
    idempotencyKey: `message:${event.channel}:${event.ts}`,
  };
}

const Person = z.object({ id: Id, team_id: Id.optional() });
const Team = z.object({ id: Id }).nullish();
const ClickBody = z.object({
  user: Person,
  team: Team,
  trigger_id: z.string().min(1).max(300),
  response_url: z.url().optional(),
  channel: z.object({ id: Id }),
  container: z.object({ message_ts: z.string(), thread_ts: z.string().optional() }),
  actions: z.array(z.object({ action_id: z.string().max(255), value: z.string().max(2000).default('') })).min(1),
});

/** Reads a click; `null`: it is not one on a message. */
export function readClick(body: unknown): Click | null {
  const parsed = ClickBody.safeParse(body);
  if (!parsed.success) return null;
  const { user, team, channel, container, actions, trigger_id: triggerId } = parsed.data;
  const [action] = actions;
  if (action === undefined) return null;
  const responseUrl = parsed.data.response_url ?? null;
  return {
    actor: actorOf(user, team),
    action: action.action_id,
    value: action.value,
    messageTs: container.message_ts,
    triggerId,
    replyTo: { user: user.id, channel: channel.id, threadTs: container.thread_ts ?? null, responseUrl },
    idempotencyKey: `trigger:${triggerId}`,
  };
}

const ViewClickBody = z.object({
  user: Person,
  team: Team,
  trigger_id: z.string().min(1).max(300),
  container: z.object({ type: z.literal('view') }),
  view: z.object({ id: Id, hash: z.string().max(100), private_metadata: z.string().max(3000) }),
  actions: z.array(z.object({ action_id: z.string().max(255) })).min(1),
});

/** Reads a click in a modal; `null`: it is not one. */
export function readViewClick(body: unknown): ViewClick | null {
  const parsed = ViewClickBody.safeParse(body);
  if (!parsed.success) return null;
  const { user, team, view, actions, trigger_id: triggerId } = parsed.data;
  return {
    actor: actorOf(user, team),
    action: actions[0]?.action_id ?? '',
    note: view.private_metadata,
    view: { id: view.id, hash: view.hash },
    idempotencyKey: `trigger:${triggerId}`,
  };
}

const Chosen = z.object({ value: z.string().max(200) });
const Field = z.object({
  value: z.string().max(3000).transform(withoutSecrets).nullish(),
  selected_option: Chosen.nullish(),
  selected_options: z.array(Chosen).nullish(),
});
const SubmissionBody = z.object({
  user: Person,
  team: Team,
  view: z.object({
    id: Id,
    hash: z.string().max(100).default(''),
    callback_id: z.string().max(255),
    private_metadata: z.string().max(3000),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), Field)) }),
  }),
});

function fieldText(field: z.infer<typeof Field>): string {
  const several = field.selected_options?.map((option) => option.value).join(' ');
  return field.value ?? field.selected_option?.value ?? several ?? '';
}

/** Reads a submitted modal; `null`: it is not one. */
export function readSubmission(body: unknown): Submission | null {
  const parsed = SubmissionBody.safeParse(body);
  if (!parsed.success) return null;
  const { user, team, view } = parsed.data;
  const fields = Object.entries(view.state.values).map(
    ([block, values]) => [block, Object.values(values).map(fieldText)[0] ?? ''] as const,
  );
  return {
    actor: actorOf(user, team),
    callback: view.callback_id,
    value: view.private_metadata,
    text: fields[0]?.[1] ?? '',
    fields: Object.fromEntries(fields),
    view: { id: view.id, hash: view.hash },
    idempotencyKey: `view:${view.id}:${view.hash}`,
  };
}

function actorOf(user: z.infer<typeof Person>, team: z.infer<typeof Team>): Actor {
  return { team: user.team_id ?? team?.id ?? '', user: user.id };
}
