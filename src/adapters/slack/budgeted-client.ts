import type { CallBudget, CallUse } from '../../core/ports/call-budget.ts';
import type { Log } from '../../core/ports/runtime.ts';
import { bucketsOf } from './call-limits.ts';
import { MESSAGES_PAGE, type SeenMessage, type SlackClient } from './client.ts';
import type { ApiMethod } from './methods.ts';
import type { SlackResult } from './result.ts';

/** The client as one kind of call sees it. */
export type SlackFor = (use: CallUse) => SlackClient;

/** What the budgeted client needs. */
export interface BudgetedSlackOptions {
  readonly client: SlackClient;
  readonly budget: CallBudget;
  readonly log: Log;
  /** Told of each call that was put off without asking Slack. */
  onDenied?(method: ApiMethod, use: CallUse): void;
}

/** While the budget cannot be asked, ms: whatever may wait waits this long. */
const BLIND_MS = 1000;

/**
 * A client that asks the budget before each call. A call that must wait answers `rate-limited` without reaching Slack; when
 * Slack itself answers so, the method (for messages: the channel) rests for all processes. `at-once` calls are always made,
 * and wait neither for the budget nor for a pause.
 */
export function budgetSlack(options: BudgetedSlackOptions): SlackFor {
  const clients = {
    ordinary: clientFor(options, 'ordinary'),
    reserved: clientFor(options, 'reserved'),
    'at-once': clientFor(options, 'at-once'),
  } satisfies Readonly<Record<CallUse, SlackClient>>;
  return (use) => clients[use];
}

type Ask = <T>(
  methods: readonly ApiMethod[],
  channel: string,
  call: () => Promise<SlackResult<T>>,
) => Promise<SlackResult<T>>;

function clientFor(options: BudgetedSlackOptions, use: CallUse): SlackClient {
  const { client, budget } = options;
  const ask: Ask = async (methods, channel, call) => await askFor(options, use, methods, channel, call);
  return {
    identify: async () => await ask(['auth.test'], '', async () => await client.identify()),
    post: async (place, message, metadata) =>
      await ask(['chat.postMessage'], place.channel, async () => await client.post(place, message, metadata)),
    update: async (at, message, metadata) =>
      await ask(['chat.update'], at.channel, async () => await client.update(at, message, metadata)),
    ephemeral: async (place, user, message) =>
      await ask(['chat.postEphemeral'], place.channel, async () => await client.ephemeral(place, user, message)),
    openModal: async (triggerId, view) =>
      await ask(['views.open'], '', async () => await client.openModal(triggerId, view)),
    updateModal: async (viewId, view, hash) =>
      await ask(['views.update'], '', async () => await client.updateModal(viewId, view, hash)),
    history: async (channel, oldest, limit, goOn) =>
      await paged(ask, budget, 'conversations.history', channel, () => client.history(channel, oldest, limit, goOn)),
    replies: async (channel, ts, limit, goOn) =>
      await paged(ask, budget, 'conversations.replies', channel, () => client.replies(channel, ts, limit, goOn)),
    isMember: async (channel) => await ask(['conversations.info'], channel, async () => await client.isMember(channel)),
    permalink: async (at) => await ask(['chat.getPermalink'], at.channel, async () => await client.permalink(at)),
    // Slack counts these by address, not by method: five an answer.
    respond: async (responseUrl, message) => await client.respond(responseUrl, message),
    upload: async (place, file, goOn) =>
      await ask(
        ['files.getUploadURLExternal', 'files.completeUploadExternal'],
        place.channel,
        async () => await client.upload(place, file, goOn),
      ),
    userInfo: async (user) => await ask(['users.info'], '', async () => await client.userInfo(user)),
    groupMembers: async (group, team) =>
      await ask(['usergroups.users.list'], '', async () => await client.groupMembers(group, team)),
  };
}

async function paged(
  ask: Ask,
  budget: CallBudget,
  method: ApiMethod,
  channel: string,
  call: () => Promise<SlackResult<readonly SeenMessage[]>>,
): Promise<SlackResult<readonly SeenMessage[]>> {
  const result = await ask([method], channel, call);
  // A long history takes more calls than one; they are counted once they are known.
  const more = result.kind === 'ok' ? Math.floor(result.value.length / MESSAGES_PAGE) : 0;
  for (let page = 0; page < more; page += 1) count(budget, [method], channel);
  return result;
}

async function askFor<T>(
  options: BudgetedSlackOptions,
  use: CallUse,
  methods: readonly ApiMethod[],
  channel: string,
  call: () => Promise<SlackResult<T>>,
): Promise<SlackResult<T>> {
  const waitMs =
    use === 'at-once' ? count(options.budget, methods, channel) : await waitFor(options, use, methods, channel);
  if (waitMs > 0) {
    for (const method of methods) options.onDenied?.(method, use);
    return { kind: 'rate-limited', retryAfterMs: waitMs };
  }
  const result = await call();
  if (result.kind === 'rate-limited') await rest(options, methods, channel, result.retryAfterMs);
  return result;
}

/** How long until such a call may be made, ms; 0: now, and it was counted. */
async function waitFor(
  { budget }: BudgetedSlackOptions,
  use: CallUse,
  methods: readonly ApiMethod[],
  channel: string,
): Promise<number> {
  try {
    const grant = await budget.take(bucketsFor(methods, channel), use);
    return grant.granted ? 0 : grant.retryAfterMs;
  } catch {
    return BLIND_MS;
  }
}

/** Counts a call that is made in any case; nobody waits for the count. */
function count(budget: CallBudget, methods: readonly ApiMethod[], channel: string): 0 {
  budget.take(bucketsFor(methods, channel), 'at-once').catch(() => undefined);
  return 0;
}

function bucketsFor(methods: readonly ApiMethod[], channel: string) {
  return methods.flatMap((method) => bucketsOf(method, channel));
}

async function rest(
  { budget, log }: BudgetedSlackOptions,
  methods: readonly ApiMethod[],
  channel: string,
  forMs: number,
): Promise<void> {
  log.warn('Slack asked to wait', { methods, channel, seconds: forMs / 1000 });
  for (const method of methods) {
    const narrowest = bucketsOf(method, channel).at(-1)?.name ?? method;
    // Without Redis the answer itself still makes this process wait.
    await budget.pause(narrowest, forMs).catch(() => undefined);
  }
}
