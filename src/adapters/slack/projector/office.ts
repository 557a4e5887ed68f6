import type { CardRecord, IncidentRecord, OfficeHolder } from '../../../core/ports/card-store.ts';
import type { SlackResult } from '../result.ts';
import type { ProjectorDeps, ProjectorSlack } from './deps.ts';

type OfficeDeps = Pick<ProjectorDeps, 'cards' | 'who'>;

const OFFICE = 'slack-projector';
/**
 * Longer than one request may take; what takes several renews the office before each. So a call that is under way when the office is lost belongs to a process that
 * stood still.
 */
const OFFICE_MS = 20_000;

/** Whether this process is the one that writes to Slack; renews the office if it is. */
export async function holdOffice(deps: OfficeDeps): Promise<boolean> {
  return await deps.cards.elect(OFFICE, deps.who, OFFICE_MS);
}

/** Gives the office up, so that another process need not wait. */
export async function leaveOffice(deps: OfficeDeps): Promise<void> {
  await deps.cards.resign(OFFICE, deps.who);
}

/** Saves a card as the elected one. Answers false when another process is elected by now, and saves nothing then. */
export async function saveCard(deps: OfficeDeps, card: CardRecord): Promise<boolean> {
  return await deps.cards.save(card, holderOf(deps));
}

/** Saves an incident as the elected one; answers as {@link saveCard}. */
export async function saveIncident(deps: OfficeDeps, record: IncidentRecord): Promise<boolean> {
  return await deps.cards.saveIncident(record, holderOf(deps));
}

function holderOf({ who }: OfficeDeps): OfficeHolder {
  return { office: OFFICE, who };
}

/** When another process is elected: ask again after this, ms. */
const LOST_MS = 1000;

/**
 * A client that looks before each call whether this process is still elected, and makes none if it is not. A process that
 * stands still right between the two calls all the same: what it then overwrote is doubted, see `deliver-card.ts`.
 */
export function whileElected(given: ProjectorDeps): ProjectorDeps['slackFor'] {
  async function elected<T>(call: () => Promise<SlackResult<T>>): Promise<SlackResult<T>> {
    return (await holdOffice(given)) ? await call() : { kind: 'rate-limited', retryAfterMs: LOST_MS };
  }
  const goOn = async (): Promise<boolean> => await holdOffice(given);
  return (use): ProjectorSlack => {
    const slack = given.slackFor(use);
    return {
      post: async (place, message, metadata) => await elected(async () => await slack.post(place, message, metadata)),
      update: async (at, message, metadata) => await elected(async () => await slack.update(at, message, metadata)),
      history: async (channel, oldest, limit) =>
        await elected(async () => await slack.history(channel, oldest, limit, goOn)),
      replies: async (channel, ts, limit) => await elected(async () => await slack.replies(channel, ts, limit, goOn)),
      permalink: async (at) => await elected(async () => await slack.permalink(at)),
      upload: async (place, file) => await elected(async () => await slack.upload(place, file, goOn)),
    };
  };
}
