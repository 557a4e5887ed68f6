import { hostname } from 'node:os';
import type { SlackFor } from '../adapters/slack/budgeted-client.ts';
import { refusalOfActor } from '../adapters/slack/dispatch/who-acts.ts';
import { renderAnswer } from '../adapters/slack/render/answer.ts';
import { resultWords } from '../adapters/slack/result.ts';
import { okAnswer, withMentions } from '../core/answer.ts';
import type { RequestDesk } from '../core/desk.ts';
import type { Notice } from '../core/notice.ts';
import type { Policy } from '../core/policy.ts';
import type { People } from '../core/ports/people.ts';
import type { ControlDeps } from '../engine/control-deps.ts';
import { type KeeperDeps, keep } from '../engine/keeper.ts';
import type { Foundation } from './foundation.ts';
import { repeat } from './repeat.ts';
import type { Stores } from './stores.ts';

/** How often freezes and schedules are looked at, ms: the longest that a firing comes late while a keeper stands. */
const KEEP_MS = 1000;
/** How long the office stands without renewal, ms: the longest that a firing comes late when a keeper dies. */
const OFFICE_MS = 20_000;
const OFFICE = 'keeper';

/** What keeping needs besides. */
export interface Keeping {
  readonly deps: ControlDeps;
  readonly desk: RequestDesk;
  readonly slackFor: SlackFor;
  readonly people: Pick<People, 'standingOf'>;
  readonly policy: () => Policy;
}

/** Looks after freezes, schedules and notices while this process is elected, until the signal fires. Never rejects. */
export async function keepWatch(
  foundation: Foundation,
  stores: Pick<Stores, 'cards'>,
  keeping: Keeping,
  signal: AbortSignal,
): Promise<void> {
  const who = `${hostname()}-${process.pid}-${foundation.ids.suffix()}`;
  const deps = keeperDeps(foundation, keeping);
  await repeat(KEEP_MS, signal, foundation, 'looking after freezes and schedules', async () => {
    if (await stores.cards.elect(OFFICE, who, OFFICE_MS)) await keep(deps);
  });
  await stores.cards.resign(OFFICE, who).catch(() => undefined);
}

function keeperDeps({ config, ids, log }: Foundation, { deps, desk, slackFor, people, policy }: Keeping): KeeperDeps {
  async function tell({ channel, title, lines }: Notice): Promise<boolean> {
    const answer = okAnswer(title, lines.map(withMentions));
    for (const message of renderAnswer(answer, `${ids.suffix()}${ids.suffix()}`)) {
      const result = await slackFor('ordinary').post({ channel, threadTs: null }, message);
      if (result.kind === 'ok') continue;
      log.warn('a channel could not be told', { channel, title, result: resultWords(result) });
      // What Slack refuses once it refuses again; the audit log has what happened.
      return result.kind !== 'rate-limited' && result.kind !== 'unavailable';
    }
    return true;
  }
  return {
    ...deps,
    desk,
    opsChannel: (name) => config.clusters.find((cluster) => cluster.name === name)?.channels.ops ?? null,
    dismissed: async (actor) => await refusalOfActor({ policy, people }, actor),
    tell,
  };
}
