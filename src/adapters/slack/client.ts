import { webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Log } from '../../core/ports/runtime.ts';
import type { AuditMetadata } from './audit/entry-message.ts';
import { Auth, Info, Members, Messages, Permalink, Ts, Updated, UserAnswer } from './client-answers.ts';
import type { ApiMethod } from './methods.ts';
import type { NoticeMetadata } from './notices.ts';
import type { SlackUser } from './people/user-standing.ts';
import type { Message } from './render/blocks.ts';
import type { CardMetadata } from './render/card.ts';
import type { IncidentMetadata } from './render/incident.ts';
import type { Modal } from './render/modal.ts';
import { failureOf, rateLimited, type SlackResult, STOPPED } from './result.ts';
import { slackLog } from './slack-log.ts';
import { UploadUrl, uploadFile } from './upload-file.ts';

/** Metadata of messages that Drydock posts: found again by it after a crash. */
export type MessageMetadata =
  | AuditMetadata
  | CardMetadata
  | IncidentMetadata
  | NoticeMetadata
  | {
      readonly event_type: 'drydock_thread';
      /** Message `part` of the `parts` that tell the run's events up to number `events`. */
      readonly event_payload: {
        readonly run: string;
        readonly events: number;
        readonly part: number;
        readonly parts: number;
      };
    };

/** Who the bot is. */
export interface Identity {
  readonly team: string;
  readonly botUser: string;
  readonly botId: string;
}

/** A message as channel history tells it; `metadata` as it was posted, not yet trusted. */
export interface SeenMessage {
  readonly ts: string;
  readonly user: string;
  /** Names of the files that it shares. */
  readonly files: readonly string[];
  readonly metadata: { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> } | null;
}

/** Where a message goes. `threadTs` null: top level. */
export interface Place {
  readonly channel: string;
  readonly threadTs: string | null;
}

/** Asked before each further request of an operation that takes several; with `false` the rest is not done. */
export type GoOn = () => Promise<boolean>;

/** The one way to Slack's Web API. Every method answers with a value; none throws. */
export interface SlackClient {
  identify(): Promise<SlackResult<Identity>>;
  post(place: Place, message: Message, metadata?: MessageMetadata): Promise<SlackResult<{ readonly ts: string }>>;
  update(
    at: { readonly channel: string; readonly ts: string },
    message: Message,
    metadata: MessageMetadata,
  ): Promise<SlackResult<null>>;
  ephemeral(place: Place, user: string, message: Message): Promise<SlackResult<null>>;
  openModal(triggerId: string, view: Modal): Promise<SlackResult<null>>;
  /**
   * Puts another page into an open modal. `hash`: of the page that was seen; refused when another one is shown by now
   * (`null`: whatever is shown). Refused as well once the person has closed it.
   */
  updateModal(viewId: string, view: Modal, hash: string | null): Promise<SlackResult<{ readonly hash: string }>>;
  /** Newest first; `oldest` in seconds since the epoch. Reads all pages, about `limit` messages at most. */
  history(channel: string, oldest: number, limit: number, goOn?: GoOn): Promise<SlackResult<readonly SeenMessage[]>>;
  /** Oldest first, the thread's own message included. Reads all pages, about `limit` messages at most. */
  replies(channel: string, ts: string, limit: number, goOn?: GoOn): Promise<SlackResult<readonly SeenMessage[]>>;
  /** Whether the bot is in the channel. */
  isMember(channel: string): Promise<SlackResult<boolean>>;
  permalink(at: { readonly channel: string; readonly ts: string }): Promise<SlackResult<string>>;
  /** Answers through the address that came with a command or a click, for that person only. Five times in 30 minutes. */
  respond(responseUrl: string, message: Message): Promise<SlackResult<null>>;
  /** Shares a text file in a thread. */
  upload(
    place: Place,
    file: { readonly name: string; readonly title: string; readonly content: string },
    goOn?: GoOn,
  ): Promise<SlackResult<null>>;
  /** What Slack says of a user. */
  userInfo(user: string): Promise<SlackResult<SlackUser>>;
  /** User ids of a user group. `team`: its workspace, which tokens of a whole organisation have to name. */
  groupMembers(group: string, team: string | null): Promise<SlackResult<readonly string[]>>;
}

/** What a client needs. */
export interface SlackClientOptions {
  readonly token: string;
  /** Base address of the Web API, with or without a slash at the end. */
  readonly apiUrl: string;
  /** Limit of one call, ms. */
  readonly timeoutMs: number;
  readonly log: Log;
  /** Called after every call, for metrics. */
  readonly onCall: (method: ApiMethod | 'response_url', result: SlackResult<unknown>['kind']) => void;
}

/** Messages that one call for the history of a channel or a thread gives at most. */
export const MESSAGES_PAGE = 200;

type Call = <T>(
  method: ApiMethod,
  args: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
) => Promise<SlackResult<T>>;

/** Makes the client. No retries inside: whoever calls knows whether a repetition is harmless. */
export function createSlackClient(options: SlackClientOptions): SlackClient {
  const web = new webApi.WebClient(options.token, {
    slackApiUrl: options.apiUrl,
    timeout: options.timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: slackLog(options.log),
  });
  const call: Call = async (method, args, schema) => {
    const result = await attempt(web, method, args, schema);
    options.onCall(method, result.kind);
    return result;
  };
  return {
    ...messaging(call),
    ...modals(call),
    ...reading(call),
    ...people(call),
    async respond(responseUrl, message) {
      const result = await respondTo(options.timeoutMs, responseUrl, message);
      options.onCall('response_url', result.kind);
      return result;
    },
    upload: async (place, file, goOn) =>
      await uploadFile(
        {
          address: async (args) => await call('files.getUploadURLExternal', args, UploadUrl),
          send: async (url, body) =>
            await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(options.timeoutMs) }),
          show: async (args) => await call('files.completeUploadExternal', args, z.unknown()),
        },
        place,
        file,
        goOn,
      ),
  };
}

async function respondTo(timeoutMs: number, url: string, message: Message): Promise<SlackResult<null>> {
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...contentArgs(message) });
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) });
    await answer.body?.cancel();
    if (answer.ok) return { kind: 'ok', value: null };
    if (answer.status === 429) return rateLimited(Number(answer.headers.get('retry-after')));
    const error = `HTTP status ${answer.status}`;
    return answer.status >= 500 ? { kind: 'unavailable', error } : { kind: 'refused', error };
  } catch {
    return { kind: 'unavailable', error: 'the response address did not answer' };
  }
}

async function attempt<T>(
  web: webApi.WebClient,
  method: ApiMethod,
  args: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): Promise<SlackResult<T>> {
  try {
    const answer = schema.safeParse(await web.apiCall(method, { ...args }));
    return answer.success
      ? { kind: 'ok', value: answer.data }
      : { kind: 'unavailable', error: 'an answer of an unknown shape' };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

function placeArgs(place: Place): Readonly<Record<string, unknown>> {
  return place.threadTs === null ? { channel: place.channel } : { channel: place.channel, thread_ts: place.threadTs };
}

function contentArgs(message: Message): Readonly<Record<string, unknown>> {
  const blocks = message.blocks.length === 0 ? {} : { blocks: message.blocks };
  return { text: message.text, ...blocks, unfurl_links: false, unfurl_media: false };
}

function modals(call: Call): Pick<SlackClient, 'openModal' | 'updateModal'> {
  return {
    openModal: async (triggerId, view) =>
      toNull(await call('views.open', { trigger_id: triggerId, view }, z.unknown())),
    async updateModal(viewId, view, hash) {
      const seenAs = hash === null ? {} : { hash };
      const result = await call('views.update', { view_id: viewId, view, ...seenAs }, Updated);
      return result.kind === 'ok' ? { kind: 'ok', value: { hash: result.value.view.hash } } : result;
    },
  };
}

function messaging(call: Call): Pick<SlackClient, 'post' | 'update' | 'ephemeral' | 'identify' | 'permalink'> {
  return {
    async identify() {
      const result = await call('auth.test', {}, Auth);
      if (result.kind !== 'ok') return result;
      const { team_id: team, user_id: botUser, bot_id: botId } = result.value;
      return { kind: 'ok', value: { team, botUser, botId } };
    },
    post: async (place, message, metadata) =>
      await call('chat.postMessage', { ...placeArgs(place), ...contentArgs(message), metadata }, Ts),
    // Without the field, Slack keeps the blocks that the message had.
    update: async ({ channel, ts }, message, metadata) =>
      toNull(
        await call(
          'chat.update',
          { channel, ts, ...contentArgs(message), blocks: message.blocks, metadata },
          z.unknown(),
        ),
      ),
    ephemeral: async (place, user, message) =>
      toNull(await call('chat.postEphemeral', { ...placeArgs(place), user, ...contentArgs(message) }, z.unknown())),
    async permalink({ channel, ts }) {
      const result = await call('chat.getPermalink', { channel, message_ts: ts }, Permalink);
      return result.kind === 'ok' ? { kind: 'ok', value: result.value.permalink } : result;
    },
  };
}

function reading(call: Call): Pick<SlackClient, 'history' | 'replies' | 'isMember'> {
  return {
    history: async (channel, oldest, limit, goOn) =>
      await pages(
        async (page) => await call('conversations.history', { channel, oldest: String(oldest), ...page }, Messages),
        limit,
        goOn,
      ),
    replies: async (channel, ts, limit, goOn) =>
      await pages(async (page) => await call('conversations.replies', { channel, ts, ...page }, Messages), limit, goOn),
    async isMember(channel) {
      const result = await call('conversations.info', { channel }, Info);
      if (result.kind !== 'ok') return result;
      const { is_member: member, is_archived: archived } = result.value.channel;
      return { kind: 'ok', value: member && !archived };
    },
  };
}

function people(call: Call): Pick<SlackClient, 'userInfo' | 'groupMembers'> {
  return {
    async userInfo(user) {
      const result = await call('users.info', { user }, UserAnswer);
      return result.kind === 'ok' ? { kind: 'ok', value: result.value.user } : result;
    },
    async groupMembers(usergroup, team) {
      const place = team === null ? {} : { team_id: team };
      const result = await call('usergroups.users.list', { usergroup, ...place }, Members);
      return result.kind === 'ok' ? { kind: 'ok', value: result.value.users } : result;
    },
  };
}

async function pages(
  ask: (page: Readonly<Record<string, unknown>>) => Promise<SlackResult<z.infer<typeof Messages>>>,
  limit: number,
  goOn?: GoOn,
): Promise<SlackResult<readonly SeenMessage[]>> {
  const found: SeenMessage[] = [];
  let cursor: string | null = null;
  do {
    if (cursor !== null && (await goOn?.()) === false) return STOPPED;
    const more: { readonly cursor?: string } = cursor === null ? {} : { cursor };
    const result: SlackResult<z.infer<typeof Messages>> = await ask({
      limit: MESSAGES_PAGE,
      include_all_metadata: true,
      ...more,
    });
    if (result.kind !== 'ok') return result;
    found.push(...result.value.messages.map(seen));
    cursor = result.value.response_metadata.next_cursor;
  } while (cursor !== '' && found.length < limit);
  return { kind: 'ok', value: found };
}

function seen(message: z.infer<typeof Messages>['messages'][number]): SeenMessage {
  const files = message.files.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  return { ts: message.ts, user: message.user, files, metadata: message.metadata ?? null };
}

function toNull(result: SlackResult<unknown>): SlackResult<null> {
  return result.kind === 'ok' ? { kind: 'ok', value: null } : result;
}
