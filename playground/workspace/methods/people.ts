import { z } from 'zod';
import type { User } from '../model.ts';
import { BOT, TEAM } from '../seed.ts';
import { defineMethod, refuse } from '../web-api.ts';

function userJson(user: User): Record<string, unknown> {
  return {
    id: user.id,
    team_id: TEAM.id,
    name: user.name,
    real_name: user.name,
    deleted: false,
    is_bot: user.isBot,
    tz: 'Etc/UTC',
    profile: { display_name: user.name, real_name: user.name, email: `${user.name}@example.test` },
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

const groupUsers = defineMethod('usergroups.users.list', z.object({ usergroup: z.string() }), (args, { state }) => {
  const group = state.groups.get(args.usergroup);
  return group === undefined ? refuse('no_such_subteam') : { ok: true, users: [...group.users] };
});

/** `auth.*`, `api.*`, `users.*`, `usergroups.*` */
export const peopleMethods = [authTest, apiTest, usersInfo, groupsList, groupUsers];
