import type { Identity, SlackClient } from '../adapters/slack/client.ts';
import { resultWords } from '../adapters/slack/result.ts';
import type { Clock, Log } from '../core/ports/runtime.ts';
import { StartRefused } from './exit-codes.ts';
import type { HomeTeam } from './home-team.ts';
import type { ReadyCheck } from './http.ts';

/** Who the bot is in Slack, and whether Slack still accepts its token. */
export interface SlackIdentity extends ReadyCheck {
  /** `null`: Slack has not told it yet. */
  get(): Identity | null;
  /**
   * Asks until Slack answers. From then on the home team is known in this process.
   *
   * @throws StartRefused when Slack refuses the token, the signal's reason when that fires.
   */
  learn(signal: AbortSignal): Promise<void>;
  /** Asks once a minute whether the token still stands, until the signal fires. */
  watch(signal: AbortSignal): Promise<void>;
}

const FIRST_RETRY_MS = 500;
const RETRY_MS = 10_000;
const WATCH_MS = 60_000;

/** Makes it, not known yet. */
export function createSlackIdentity(
  slack: Pick<SlackClient, 'identify'>,
  homeTeam: Pick<HomeTeam, 'know'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): SlackIdentity {
  let known: Identity | null = null;
  let problem: string | null = 'Slack has not told yet who the bot is';

  /** One question. `refused` is the only answer that asking again does not change. */
  async function ask(): Promise<'known' | 'refused' | 'unknown'> {
    const result = await slack.identify();
    if (result.kind === 'ok') {
      known = result.value;
      problem = null;
      homeTeam.know(known.team);
      return 'known';
    }
    log.warn('Slack did not say who the bot is', { result: resultWords(result) });
    if (result.kind !== 'refused') return 'unknown';
    problem = `Slack refuses the bot token (${result.error})`;
    return 'refused';
  }

  async function learn(signal: AbortSignal): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(RETRY_MS, waitMs * 2)) {
      signal.throwIfAborted();
      const answer = await ask();
      if (answer === 'known') {
        log.info('Slack has told who the bot is', { ...known });
        return;
      }
      if (answer === 'refused')
        throw new StartRefused(`${problem ?? ''}. SLACK_BOT_TOKEN must hold the token of the installed app.`);
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    name: 'slack',
    check: async () => await Promise.resolve(problem),
    get: () => known,
    learn,
    watch: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(WATCH_MS, signal).catch(() => undefined);
        if (!signal.aborted) await ask();
      }
    },
  };
}
