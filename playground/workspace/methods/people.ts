import { z } from 'zod';
import type { User } from '../model.ts';
import { BOT, TEAM } from '../seed.ts';
import { defineMethod, Flag, refuse } from '../web-api.ts';

function userJson(user: User): Record<string, unknown> {
  const common = {
    id: user.id,
    team_id: user.team ?? TEAM.id,
    name: user.name,
    real_name: user.name,
    deleted: user.deactivated ?? false,
    is_bot: user.isBot,
    profile: { display_name: user.name, real_name: user.name, email: `${user.name}@example.test` },
  };
  const stranger = user.team === undefined || user.enterpriseTeams?.includes(TEAM.id) ? {} : { is_stranger: true };
  const enterprise =
    user.enterpriseTeams === undefined
      ? {}
      : { enterprise_user: { id: user.id, enterprise_id: 'E0PLAYGROUND', teams: user.enterpriseTeams } };
  // Of somebody deactivated Slack says little more than that.
  if (user.deactivated === true) return { ...common, is_forgotten: false };
  return {
    ...common,
    ...stranger,
    ...enterprise,
    is_restricted: user.guest !== undefined,
    is_ultra_restricted: user.guest === 'single-channel',
    is_app_user: false,
    ...(user.isWorkflow === true ? { is_workflow_bot: true } : {}),
    tz: 'Etc/UTC',
  };
}

const authTest = defineMethod('auth.test', z.object({}), (_, { origin }) => ({
  ok: true,
  url: `${origin}/`,
  team: TEAM.domain,
  team_id: TEAM.id,
  user: BOT.name,
  user_id: BOT.user,
  bot_id: BOT.bot,
  is_enterprise_install: false,
}));

const apiTest = defineMethod('api.test', z.object({ error: z.string().optional() }), (args) =>
  args.error === undefined ? { ok: true } : refuse(args.error),
);

const usersInfo = defineMethod('users.info', z.object({ user: z.string() }), (args, { state }) => {
  const user = state.users.get(args.user);
  return user === undefined ? refuse('user_not_found') : { ok: true, user: userJson(user) };
});

const groupsList = defineMethod('usergroups.list', z.object({}), (_, { state }) => ({
  ok: true,
  usergroups: [...state.groups.values()].map(({ id, handle, users }) => ({
    id,
    team_id: TEAM.id,
    is_usergroup: true,
    name: handle,
    handle,
    user_count: users.size,
  })),
}));

const GroupArguments = z.object({
  usergroup: z.string(),
  include_disabled: Flag.default(false),
  // Heeded by Slack for tokens of a whole organisation only.
  team_id: z.string().optional(),
});

const groupUsers = defineMethod('usergroups.users.list', GroupArguments, (args, { state }) => {
  const group = state.groups.get(args.usergroup);
  if (group === undefined || (group.disabled === true && !args.include_disabled)) return refuse('no_such_subteam');
  return { ok: true, users: [...group.users] };
});

/** `auth.*`, `api.*`, `users.*`, `usergroups.*` */
export const peopleMethods = [authTest, apiTest, usersInfo, groupsList, groupUsers];
