import type { Actor } from '../../../core/actor.ts';
import type { Standing } from '../../../core/ports/people.ts';
import type { Reason } from '../../../core/reasons.ts';
import type { DispatcherDeps } from './deps.ts';

/** Why somebody may do nothing at all. */
export interface ActorRefused {
  readonly reason: Extract<Reason, 'foreign-team' | 'not-a-member' | 'people-unreadable'>;
  readonly why: string;
}

const FOREIGN: ActorRefused = {
  reason: 'foreign-team',
  why: 'You are not of the workspace that this Drydock serves.',
};

/** A bot or a workflow wrote, whatever user it names. */
export const AUTOMATION: ActorRefused = { reason: 'not-a-member', why: 'Bots and workflows give no commands.' };

const WORDS = {
  guest: 'You are a guest of this workspace.',
  bot: 'Bots and workflows give no commands.',
  deactivated: 'Your account is deactivated.',
  unknown: 'Slack does not know you as a member of this workspace.',
} as const satisfies Partial<Readonly<Record<Standing, string>>>;

/** Why a person may do nothing at all, whatever it is; `null`: a full member, for whom the policy decides. Never throws. */
export async function refusalOfActor(
  { policy, people }: Pick<DispatcherDeps, 'policy' | 'people'>,
  actor: Actor,
): Promise<ActorRefused | null> {
  if (actor.team !== policy().homeTeam) return FOREIGN;
  const answer = await people.standingOf(actor.user, 'recent');
  if (!answer.ok) return { reason: 'people-unreadable', why: answer.why };
  if (answer.value === 'member') return null;
  return answer.value === 'foreign' ? FOREIGN : { reason: 'not-a-member', why: WORDS[answer.value] };
}
