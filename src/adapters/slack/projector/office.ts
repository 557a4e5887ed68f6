import type { ProjectorDeps } from './deps.ts';

const OFFICE = 'slack-projector';
/** Renewed before every run and every thread message, so that a crash is noticed soon. */
const OFFICE_MS = 20_000;

/** Whether this process is the one that writes to Slack; renews the office if it is. */
export async function holdOffice(deps: Pick<ProjectorDeps, 'cards' | 'who'>): Promise<boolean> {
  return await deps.cards.elect(OFFICE, deps.who, OFFICE_MS);
}

/** Gives the office up, so that another process need not wait. */
export async function leaveOffice(deps: Pick<ProjectorDeps, 'cards' | 'who'>): Promise<void> {
  await deps.cards.resign(OFFICE, deps.who);
}
