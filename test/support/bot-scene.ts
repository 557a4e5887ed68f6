import { commands } from '../../commands/index.ts';
import type { DispatcherDeps } from '../../src/adapters/slack/dispatch/deps.ts';
import { createDispatcher, type Dispatcher } from '../../src/adapters/slack/dispatch/dispatcher.ts';
import type { Actor } from '../../src/core/actor.ts';
import { createFakeCardStore } from '../fakes/card-store.ts';
import { createFakePeople } from '../fakes/people.ts';
import type { FakeRunStore } from '../fakes/run-store.ts';
import { createFakeSlack } from '../fakes/slack-client.ts';
import { approver, type Harness, operator, secondApprover, silentLog, stranger, TEAM } from './engine-harness.ts';
import { noAudit } from './no-audit.ts';
import { NO_CONTROL } from './no-control.ts';
import { sampleCluster } from './sample-cluster.ts';

/** The channel of the cards. */
export const CHANNEL = 'C0';
const CARD_TS = '1.000001';

/** Runs that a bot shows. */
interface Runs {
  readonly harness: Harness;
  readonly store: FakeRunStore;
}

/** A bot over the store of a scene, on which everybody of the test policy is a person of its workspace. */
export function botOf({ harness, store }: Runs, over: Partial<DispatcherDeps> = {}): Dispatcher {
  return createDispatcher({
    desk: harness.desk,
    audit: noAudit,
    control: () => NO_CONTROL,
    runs: store,
    cards: createFakeCardStore(store),
    slack: createFakeSlack(harness.clock),
    commands,
    clusters: [sampleCluster()],
    clock: harness.clock,
    log: silentLog,
    policy: () => harness.policy,
    identity: () => ({ team: TEAM, botUser: 'U0BOT', botId: 'B0BOT' }),
    people: createFakePeople([operator, approver, secondApprover, stranger].map(({ user }) => user)),
    nonce: () => 'n',
    ...over,
  });
}

/** The card of a run was posted in {@link CHANNEL}; it shows nothing yet. */
export async function postCard({ store }: Runs, runId: string): Promise<void> {
  await createFakeCardStore(store).save({
    runId,
    channel: CHANNEL,
    threadTs: null,
    ts: CARD_TS,
    posting: false,
    shownVersion: -1,
    shownDigest: '',
    shownUrgency: '',
    doubts: 0,
    replaces: null,
    threadEvents: 0,
    final: false,
  });
}

/** Presses a button of that card. `trigger`: the id of this delivery. */
export async function press(
  bot: Dispatcher,
  actor: Actor,
  { action, value, trigger }: { readonly action: string; readonly value: string; readonly trigger: string },
): Promise<void> {
  await bot.click({
    user: { id: actor.user, team_id: TEAM },
    team: { id: TEAM },
    trigger_id: trigger,
    channel: { id: CHANNEL },
    container: { message_ts: CARD_TS },
    actions: [{ action_id: action, value }],
  });
}
