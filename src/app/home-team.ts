import type { Clock, Log } from '../core/ports/runtime.ts';
import type { Stores } from './stores.ts';

/** The Slack team that this installation serves. The bot learns it from Slack; workers learn it from the bot. */
export interface HomeTeam {
  /** `null`: not known yet. */
  get(): string | null;
  /** Slack has told it. */
  know(team: string): void;
  /** Tells it to processes that do not talk to Slack. Throws when Redis cannot be reached. */
  share(): Promise<void>;
  /** Looks what the bot shared, unless it is known. Never throws. */
  refresh(): Promise<void>;
}

const NAME = 'home-team';

/** Makes it, not known yet. */
export function createHomeTeam(stores: { readonly shared: Pick<Stores['shared'], 'get' | 'set'> }, log: Log): HomeTeam {
  let known: string | null = null;
  return {
    get: () => known,
    know: (team) => {
      known = team;
    },
    share: async () => {
      if (known !== null) await stores.shared.set(NAME, known);
    },
    refresh: async () => {
      if (known !== null) return;
      try {
        known = await stores.shared.get(NAME);
      } catch (error) {
        log.warn('the Slack team could not be read from Redis', { error });
      }
    },
  };
}

const RETRY_MS = 500;

/** Tells the workers the team until it is told. Throws the signal's reason when that fires. */
export async function shareTeam(
  homeTeam: Pick<HomeTeam, 'share'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await homeTeam.share();
    } catch (error) {
      log.warn('the Slack team could not be shared with the workers', { error });
      await clock.sleep(RETRY_MS, signal);
    }
  }
}
