import { z } from 'zod';
import type { Standing } from '../../../core/ports/people.ts';

/** What Slack says of a user, as far as it decides what that user is. Source: `users.info`. */
export const SlackUser = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_workflow_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  /** In an Enterprise organisation: the workspaces of the person. */
  enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
});
export type SlackUser = z.infer<typeof SlackUser>;

/** Slack's own bot, which says of itself that it is none. */
const SLACKBOT = 'USLACKBOT';

/**
 * What a user is in the workspace `home`. A member is only who Slack says is none of the rest: what an answer leaves out
 * counts against the person.
 */
export function standingOf(user: SlackUser, home: string): Standing {
  if (user.id === SLACKBOT || user.is_bot === true || user.is_workflow_bot === true) return 'bot';
  const belongs = user.team_id === home || user.enterprise_user?.teams?.includes(home) === true;
  if (user.is_stranger === true || (user.team_id !== undefined && !belongs)) return 'foreign';
  if (user.deleted === true) return 'deactivated';
  if (user.is_restricted === true || user.is_ultra_restricted === true) return 'guest';
  const told = [user.deleted, user.is_bot, user.is_restricted, user.is_ultra_restricted];
  return belongs && told.every((each) => each === false) ? 'member' : 'unknown';
}
