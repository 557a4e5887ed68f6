import type { SlackRequest } from './bot-link.ts';
import { viewJson } from './methods/views.ts';
import type { Channel, Message, User, View } from './model.ts';
import { BOT, TEAM } from './seed.ts';
import type { WorkspaceState } from './state.ts';
import { messageJson } from './web-api.ts';

/** Slack still sends this token of old; the signature is what counts. */
const VERIFICATION_TOKEN = 'playground-verification-token';

const COMMON = {
  token: VERIFICATION_TOKEN,
  api_app_id: BOT.app,
  enterprise: null,
  is_enterprise_install: false,
} as const;

function userJson(user: User): Record<string, unknown> {
  return { id: user.id, username: user.name, name: user.name, team_id: user.team ?? TEAM.id };
}

function form(fields: Readonly<Record<string, string>>): SlackRequest {
  return { contentType: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
}

/** What a slash command's request says. */
export interface CommandFacts {
  readonly user: User;
  readonly channel: Channel;
  /** With the slash: `/kube`. */
  readonly command: string;
  readonly text: string;
  readonly triggerId: string;
  readonly responseUrl: string;
}

/** The request of a slash command. */
export function commandRequest(facts: CommandFacts): SlackRequest {
  return form({
    token: VERIFICATION_TOKEN,
    team_id: facts.user.team ?? TEAM.id,
    team_domain: TEAM.domain,
    channel_id: facts.channel.id,
    channel_name: facts.channel.name,
    user_id: facts.user.id,
    user_name: facts.user.name,
    command: facts.command,
    text: facts.text,
    api_app_id: BOT.app,
    is_enterprise_install: 'false',
    response_url: facts.responseUrl,
    trigger_id: facts.triggerId,
  });
}

/** What a click's request says. */
export interface ActionFacts {
  readonly user: User;
  readonly channel: Channel;
  readonly message: Message;
  /** The element as it stands in the message, with what the click adds to it. */
  readonly action: Readonly<Record<string, unknown>>;
  readonly triggerId: string;
  readonly responseUrl: string;
}

/** The request of a click on an element of a message. */
export function actionRequest(facts: ActionFacts, state: WorkspaceState): SlackRequest {
  const { message, channel } = facts;
  const payload = {
    ...COMMON,
    type: 'block_actions',
    user: userJson(facts.user),
    team: TEAM,
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: message.ephemeralFor !== undefined,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    channel: { id: channel.id, name: channel.name },
    message: messageJson(message, state, true),
    state: { values: {} },
    trigger_id: facts.triggerId,
    response_url: facts.responseUrl,
    actions: [{ ...facts.action, action_ts: (state.now() / 1000).toFixed(6) }],
  };
  return form({ payload: JSON.stringify(payload) });
}

/** What a click in a modal says. */
export interface ViewActionFacts {
  readonly user: User;
  readonly view: View;
  /** The element as it stands in the modal, with what the click adds to it. */
  readonly action: Readonly<Record<string, unknown>>;
  /** What is filled in, by block id and action id. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly triggerId: string;
  readonly nowMs: number;
}

/** The request of a click on an element of a modal. It has no channel, no message and no response URL. */
export function viewActionRequest(facts: ViewActionFacts): SlackRequest {
  const { view } = facts;
  const payload = {
    ...COMMON,
    type: 'block_actions',
    user: userJson(facts.user),
    team: TEAM,
    container: { type: 'view', view_id: view.id },
    trigger_id: facts.triggerId,
    view: { ...viewJson(view), state: { values: facts.values } },
    actions: [{ ...facts.action, action_ts: (facts.nowMs / 1000).toFixed(6) }],
  };
  return form({ payload: JSON.stringify(payload) });
}

/** The request of a submitted modal. `values` by block id and action id, as Slack's `view.state`. */
export function submissionRequest(
  user: User,
  view: View,
  values: Readonly<Record<string, unknown>>,
  triggerId: string,
): SlackRequest {
  const payload = {
    ...COMMON,
    type: 'view_submission',
    user: userJson(user),
    team: TEAM,
    trigger_id: triggerId,
    view: { ...viewJson(view), state: { values } },
    response_urls: [],
  };
  return form({ payload: JSON.stringify(payload) });
}

/** The request that tells of a closed modal. */
export function closedRequest(user: User, view: View): SlackRequest {
  const payload = {
    ...COMMON,
    type: 'view_closed',
    user: userJson(user),
    team: TEAM,
    view: { ...viewJson(view), state: { values: {} } },
    is_cleared: false,
  };
  return form({ payload: JSON.stringify(payload) });
}

/** The Events API's envelope around one event. */
export function eventRequest(event: Readonly<Record<string, unknown>>, eventId: string, nowMs: number): SlackRequest {
  const envelope = {
    token: VERIFICATION_TOKEN,
    team_id: TEAM.id,
    api_app_id: BOT.app,
    event,
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(nowMs / 1000),
    authorizations: [
      { enterprise_id: null, team_id: TEAM.id, user_id: BOT.user, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
  };
  return { contentType: 'application/json', body: JSON.stringify(envelope) };
}

/** Slack's question when a request URL is entered. */
export function urlVerificationRequest(challenge: string): SlackRequest {
  const body = JSON.stringify({ token: VERIFICATION_TOKEN, challenge, type: 'url_verification' });
  return { contentType: 'application/json', body };
}
