import type { People, PeopleAnswer, Standing } from '../../../core/ports/people.ts';
import type { Clock } from '../../../core/ports/runtime.ts';
import type { SlackFor } from '../budgeted-client.ts';
import { locksOut, type SlackResult } from '../result.ts';
import { createSharedReads } from './shared-reads.ts';
import { standingOf } from './user-standing.ts';

/** What is needed to ask Slack about people. */
export interface SlackPeopleOptions {
  readonly slackFor: SlackFor;
  readonly clock: Clock;
  /** The workspace that is served; `null` until Slack has told it: then nobody is anybody. */
  readonly homeTeam: () => string | null;
}

/** Nobody that this workspace may see. */
const NOBODY: ReadonlySet<string> = new Set(['user_not_found', 'user_not_visible', 'users_not_found']);

/** People as Slack knows them, by `users.info` and `usergroups.users.list`. */
export function createSlackPeople({ slackFor, clock, homeTeam }: SlackPeopleOptions): People {
  const standings = createSharedReads<Standing>({
    clock,
    // Somebody waits for the answer to a command or a click.
    recentUse: 'at-once',
    async read(user, use) {
      const home = homeTeam();
      if (home === null) return { kind: 'unavailable', error: 'it has not told yet which workspace this is' };
      const result = await slackFor(use).userInfo(user);
      if (result.kind === 'refused' && NOBODY.has(result.error)) return { kind: 'ok', value: 'unknown' };
      return result.kind === 'ok' ? { kind: 'ok', value: standingOf(result.value, home) } : result;
    },
  });
  const groups = createSharedReads<readonly string[]>({
    clock,
    recentUse: 'ordinary',
    // The group store remembers, for all processes.
    remember: false,
    read: async (group, use) => await slackFor(use).groupMembers(group, homeTeam()),
  });
  return {
    standingOf: async (user, newness) => answerOf(await standings(user, newness), `who <@${user}> is`),
    membersOf: async (group, newness) => answerOf(await groups(group, newness), `who is in the user group ${group}`),
  };
}

function answerOf<T>(result: SlackResult<T>, what: string): PeopleAnswer<T> {
  if (result.kind === 'ok') return { ok: true, value: result.value };
  if (result.kind === 'rate-limited') {
    const seconds = Math.ceil(result.retryAfterMs / 1000);
    return { ok: false, kind: 'unreadable', why: `Slack limits the rate: ask ${what} again in ${seconds} s.` };
  }
  const settled = result.kind === 'refused' ? refusalOf(result.error, what, locksOut(result)) : null;
  return settled ?? { ok: false, kind: 'unreadable', why: `Slack did not say ${what} (${result.error}).` };
}

/** What somebody has to put right; `null`: it may pass. */
function refusalOf(error: string, what: string, lockedOut: boolean): (PeopleAnswer<never> & { ok: false }) | null {
  switch (error) {
    case 'no_such_subteam':
      return {
        ok: false,
        kind: 'no-such-group',
        why: `Slack does not say ${what}: there is no such group, or it is disabled.`,
      };
    case 'plan_upgrade_required':
      return {
        ok: false,
        kind: 'misconfigured',
        why: `Slack does not say ${what}: the plan of this workspace has no user groups. List users in the role instead.`,
      };
    case 'missing_scope':
      return {
        ok: false,
        kind: 'misconfigured',
        why: `Slack does not say ${what}: the app lacks a scope. Install it again with users:read and usergroups:read.`,
      };
    default:
      return lockedOut ? { ok: false, kind: 'misconfigured', why: `Slack refuses the bot token (${error}).` } : null;
  }
}
