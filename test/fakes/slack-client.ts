import type { MessageMetadata, SeenMessage, SlackClient } from '../../src/adapters/slack/client.ts';
import type { SlackUser } from '../../src/adapters/slack/people/user-standing.ts';
import type { Message } from '../../src/adapters/slack/render/blocks.ts';
import { limitProblems } from '../../src/adapters/slack/render/limits.ts';
import type { Modal } from '../../src/adapters/slack/render/modal.ts';
import type { SlackFailure, SlackResult } from '../../src/adapters/slack/result.ts';
import type { Clock } from '../../src/core/ports/runtime.ts';

/** A message that the fake keeps. */
export interface KeptMessage {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs: string | null;
  message: Message;
  metadata: MessageMetadata | null;
  /** Names of the files that it shares. */
  readonly files: readonly string[];
}

/** One call that was made. */
export interface KeptCall {
  readonly method: keyof SlackClient;
  readonly atMs: number;
  readonly result: string;
}

/** A Slack in memory: messages in channels, with knobs for faults. Refuses what breaks Slack's limits. */
export interface FakeSlack extends SlackClient {
  readonly messages: KeptMessage[];
  readonly calls: KeptCall[];
  /** What was put into open modals, oldest first. */
  readonly pages: { readonly viewId: string; readonly view: Modal }[];
  /** Users that `userInfo` knows; everybody else is a full member of T0HOME. */
  readonly users: Map<string, SlackUser>;
  /** Members of user groups. */
  readonly groups: Map<string, readonly string[]>;
  /** The next calls of a method fail like this; `done`: it took effect all the same. */
  failNext(
    method: keyof SlackClient,
    failure: SlackFailure,
    options?: { readonly times?: number; readonly done?: boolean },
  ): void;
}

const MEMBER = { team_id: 'T0HOME', deleted: false, is_bot: false, is_restricted: false, is_ultra_restricted: false };

interface Fault {
  readonly method: keyof SlackClient;
  readonly failure: SlackFailure;
  readonly done: boolean;
}

/** Makes an empty Slack in which the bot is in every channel. */
export function createFakeSlack(clock: Pick<Clock, 'nowMs'>): FakeSlack {
  const messages: KeptMessage[] = [];
  const calls: KeptCall[] = [];
  const pages: { viewId: string; view: Modal }[] = [];
  const faults: Fault[] = [];
  const users = new Map<string, SlackUser>();
  const groups = new Map<string, readonly string[]>();
  async function call<T>(method: keyof SlackClient, work: () => SlackResult<T>): Promise<SlackResult<T>> {
    await Promise.resolve();
    const index = faults.findIndex((fault) => fault.method === method);
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    const result = fault === undefined || fault.done ? work() : fault.failure;
    const told = fault?.done === true ? fault.failure : result;
    calls.push({ method, atMs: clock.nowMs(), result: told.kind });
    return told;
  }
  function find(channel: string, ts: string): KeptMessage | undefined {
    return messages.find((message) => message.channel === channel && message.ts === ts);
  }
  return {
    messages,
    calls,
    pages,
    users,
    groups,
    failNext(method, failure, { times = 1, done = false } = {}) {
      for (let each = 0; each < times; each += 1) faults.push({ method, failure, done });
    },
    userInfo: async (id) => await call('userInfo', () => ok(users.get(id) ?? { ...MEMBER, id })),
    groupMembers: async (group) =>
      await call('groupMembers', () => {
        const members = groups.get(group);
        return members === undefined ? { kind: 'refused', error: 'no_such_subteam' } : ok(members);
      }),
    identify: async () => await call('identify', () => ok({ team: 'T0HOME', botUser: 'U0BOT', botId: 'B0BOT' })),
    post: async (place, message, metadata) =>
      await call('post', () => {
        const refusal = tooLong(message);
        if (refusal !== null) return refusal;
        const ts = `${1_700_000_000 + messages.length}.000100`;
        messages.push({
          ts,
          channel: place.channel,
          threadTs: place.threadTs,
          message,
          metadata: metadata ?? null,
          files: [],
        });
        return ok({ ts });
      }),
    update: async ({ channel, ts }, message, metadata) =>
      await call('update', () => {
        const found = find(channel, ts);
        if (found === undefined) return { kind: 'message-gone', error: 'message_not_found' };
        const refusal = tooLong(message);
        if (refusal !== null) return refusal;
        Object.assign(found, { message, metadata });
        return ok(null);
      }),
    ephemeral: async () => await call('ephemeral', () => ok(null)),
    openModal: async () => await call('openModal', () => ok(null)),
    updateModal: async (viewId, view) =>
      await call('updateModal', () => {
        pages.push({ viewId, view });
        return ok({ hash: `${pages.length}` });
      }),
    respond: async () => await call('respond', () => ok(null)),
    upload: async ({ channel, threadTs }, { name, title }) =>
      await call('upload', () => {
        const ts = `${1_700_000_000 + messages.length}.000100`;
        const message = { text: title, blocks: [] };
        messages.push({ ts, channel, threadTs, message, metadata: null, files: [name] });
        return ok(null);
      }),
    isMember: async () => await call('isMember', () => ok(true)),
    permalink: async ({ channel, ts }) =>
      await call('permalink', () => ok(`https://slack.example/archives/${channel}/p${ts}`)),
    history: async (channel) =>
      await call('history', () =>
        ok(
          messages
            .filter((each) => each.channel === channel && each.threadTs === null)
            .map(seen)
            .toReversed(),
        ),
      ),
    replies: async (channel, ts) =>
      await call('replies', () =>
        ok(messages.filter((each) => each.channel === channel && (each.ts === ts || each.threadTs === ts)).map(seen)),
      ),
  };
}

function ok<T>(value: T): SlackResult<T> {
  return { kind: 'ok', value };
}

function tooLong(message: Message): SlackFailure | null {
  const problems = message.blocks.length === 0 ? [] : limitProblems(message);
  return problems.length === 0 ? null : { kind: 'too-long', error: problems.join('; ') };
}

function seen(kept: KeptMessage): SeenMessage {
  return { ts: kept.ts, user: 'U0BOT', files: kept.files, metadata: kept.metadata };
}
