import type { BotLink, Delivery, SendOptions, SlackRequest } from './bot-link.ts';
import { elementState, findElements, type PlacedElement } from './elements.ts';
import { fillingIn } from './filling-in.ts';
import type { Interactions } from './interactions.ts';
import type { Channel, Message, User, View } from './model.ts';
import { actionRequest, commandRequest, eventRequest } from './payloads.ts';
import { acceptAnswer } from './responses.ts';
import { BOT, CHANNELS } from './seed.ts';
import type { WorkspaceState } from './state.ts';
import { messageJson } from './web-api.ts';

/** Which element to use. */
export interface Target {
  readonly channel: string;
  readonly ts: string;
  readonly actionId: string;
  /** Chooses among several elements with the same action id by their `value`; of a select: the option's value. */
  readonly value?: string;
}

/** Where a command is typed; default: `#ops`. */
export interface Where {
  readonly channel?: string;
}

/** A person of the workspace, and what a person can do. Nothing here throws for what the bot does. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** Types a slash command, for example `/kube defrag prod`. */
  command(line: string, where?: Where & SendOptions): Promise<Delivery>;
  /** The request of that command, for sending it forged, stale or twice. */
  commandRequest(line: string, where?: Where): SlackRequest;
  /** Clicks. @throws Error when the person does not see such an element there now. */
  click(target: Target & SendOptions): Promise<Delivery>;
  /** The request of that click; `change` edits the action, as a forger would. @throws as {@link Person.click}. */
  clickRequest(target: Target, change?: Readonly<Record<string, unknown>>): SlackRequest;
  /** The modal in front of the person now. */
  view(): View | undefined;
  /** Clicks on an element of a modal. @throws Error when the modal has none with that action id. */
  clickView(view: View, actionId: string, options?: SendOptions): Promise<Delivery>;
  /**
   * Submits a modal: `values` by block id (a text, or an option's value); what is missing has its initial value.
   * @throws Error when Slack's own form would not let the person submit.
   */
  submit(view: View, values: Readonly<Record<string, string>>, options?: SendOptions): Promise<Delivery>;
  /** Closes a modal without submitting. Tells the bot if it asked to be told. */
  close(view: View): Promise<Delivery | undefined>;
  /** Writes `@drydock text` in a channel or thread. Resolves after the bot's answer, or after the last try. */
  mention(text: string, where?: Where & { readonly threadTs?: string } & SendOptions): Promise<readonly Delivery[]>;
  /** Writes to the bot directly. */
  message(text: string, options?: SendOptions & { readonly threadTs?: string }): Promise<readonly Delivery[]>;
  /** The messages of a channel this person can see now, threads and own ephemerals included, oldest first. */
  sees(channel: string): readonly Message[];
}

/** What a person needs to act. */
export interface PersonParts {
  readonly user: User;
  readonly state: WorkspaceState;
  readonly link: BotLink;
  readonly interactions: Interactions;
  /** The workspace's own address, `http://127.0.0.1:PORT`. */
  readonly origin: string;
}

/** Makes a person. */
export function createPerson(parts: PersonParts): Person {
  return { id: parts.user.id, name: parts.user.name, ...typing(parts), ...clicking(parts), ...fillingIn(parts) };
}

function channelOf(parts: PersonParts, id: string): Channel {
  const channel = parts.state.channels.get(id);
  if (channel === undefined) throw new Error(`the workspace has no channel ${id}`);
  return channel;
}

function typing(parts: PersonParts): Pick<Person, 'command' | 'commandRequest' | 'mention' | 'message' | 'sees'> {
  const { user, state, link, interactions } = parts;
  function request(line: string, where: Where = {}): SlackRequest {
    const [, command = '', text = ''] = /^\s*(\/\S+)\s*(.*)$/s.exec(line) ?? [];
    if (command === '') throw new Error(`not a slash command: ${line}`);
    const channel = channelOf(parts, where.channel ?? CHANNELS.ops);
    const responseUrl = parts.origin + interactions.newResponsePath({ user: user.id, channel: channel.id });
    return commandRequest({ user, channel, command, text, triggerId: interactions.newTrigger(user.id), responseUrl });
  }
  async function write(
    type: 'app_mention' | 'message',
    channel: Channel,
    text: string,
    how: SendOptions & { threadTs?: string },
  ) {
    const message = state.post({ channel: channel.id, user: user.id, text, threadTs: how.threadTs });
    const event = {
      ...messageJson(message, state),
      type,
      channel: channel.id,
      channel_type: channel.directWith === undefined ? 'channel' : 'im',
      event_ts: message.ts,
    };
    return link.sendEvent(eventRequest(event, state.newId('Ev0'), state.now()), how);
  }
  return {
    commandRequest: request,
    async command(line, where = {}) {
      const channel = where.channel ?? CHANNELS.ops;
      const built = request(line, where);
      state.feed.add({ kind: 'command', user: user.id, channel, text: line });
      const delivery = await link.send(built, where);
      acceptAnswer(state, { user: user.id, channel }, delivery);
      return delivery;
    },
    mention: (text, where = {}) =>
      write('app_mention', channelOf(parts, where.channel ?? CHANNELS.ops), `<@${BOT.user}> ${text}`, where),
    message: (text, options = {}) => write('message', state.openDirect(user.id), text, options),
    sees: (channel) =>
      [...channelOf(parts, channel).messages.values()].filter(
        (one) => !one.deleted && (one.ephemeralFor === undefined || one.ephemeralFor === user.id),
      ),
  };
}

function clicking(parts: PersonParts): Pick<Person, 'click' | 'clickRequest'> {
  const { user, state, link, interactions } = parts;
  function locate(target: Target): { readonly message: Message; readonly placed: PlacedElement } {
    const message = state.find(target.channel, target.ts);
    const visible = message !== undefined && (message.ephemeralFor === undefined || message.ephemeralFor === user.id);
    const placed = (visible ? findElements(message.blocks) : []).find(
      ({ element }) =>
        element.action_id === target.actionId &&
        (target.value === undefined || element.options !== undefined || element.value === target.value),
    );
    if (message === undefined || placed === undefined) {
      throw new Error(`${user.name} sees no ${target.actionId} on message ${target.ts} of ${target.channel}`);
    }
    return { message, placed };
  }
  function request(target: Target, change: Readonly<Record<string, unknown>> = {}): SlackRequest {
    const { message, placed } = locate(target);
    const { element, blockId } = placed;
    const chosen = element.options === undefined ? element : elementState(element, target.value);
    const where = { user: user.id, channel: target.channel, messageTs: target.ts };
    const facts = {
      user,
      channel: channelOf(parts, target.channel),
      message,
      action: { ...chosen, action_id: element.action_id, block_id: blockId, ...change },
      triggerId: interactions.newTrigger(user.id),
      responseUrl: parts.origin + interactions.newResponsePath(where),
    };
    return actionRequest(facts, state);
  }
  return {
    clickRequest: request,
    async click(target) {
      const built = request(target);
      const { channel, ts, actionId } = target;
      const label = locate(target).placed.element.text?.text ?? target.value ?? actionId;
      state.feed.add({ kind: 'clicked', user: user.id, channel, ts, actionId, label });
      const delivery = await link.send(built, target);
      if (delivery.status !== 200) {
        state.feed.add({
          kind: 'bot-failed',
          user: user.id,
          channel,
          why: delivery.failure ?? `HTTP ${delivery.status}`,
        });
      }
      return delivery;
    },
  };
}
