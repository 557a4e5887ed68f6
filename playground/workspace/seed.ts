import type { Channel, User, UserGroup } from './model.ts';

/** Fixed names of the playground's workspace. The configuration of the playground refers to them. */
export const TEAM = { id: 'T0DRYDOCK', domain: 'drydock-playground' } as const;
/** The bot as the workspace knows it. */
export const BOT = { user: 'U0DRYDOCK', bot: 'B0DRYDOCK', app: 'A0DRYDOCK', name: 'drydock' } as const;

/** The people, by the name the demo's `--as` takes. */
export const PEOPLE = {
  operator: 'U0OPERATOR',
  'approver-1': 'U0APPROVER1',
  'approver-2': 'U0APPROVER2',
  stranger: 'U0STRANGER',
} as const;
export type PersonName = keyof typeof PEOPLE;

/** The channels; the bot is in all but `random`. */
export const CHANNELS = { ops: 'C0OPS', incidents: 'C0INC', audit: 'C0AUDIT', random: 'C0RANDOM' } as const;

/** Whether the word is the name of a person of the workspace. */
export function isPersonName(word: string): word is PersonName {
  return Object.hasOwn(PEOPLE, word);
}

/** Makes the users of a new workspace. */
export function seedUsers(): Map<string, User> {
  const people = Object.entries(PEOPLE).map(([name, id]) => ({ id, name, isBot: false }));
  return new Map([...people, { id: BOT.user, name: BOT.name, isBot: true }].map((user) => [user.id, user]));
}

/** Makes the channels of a new workspace. */
export function seedChannels(): Map<string, Channel> {
  const everyone = Object.values(PEOPLE);
  return new Map(
    Object.entries(CHANNELS).map(([name, id]) => {
      const members = new Set<string>(name === 'random' ? everyone : [...everyone, BOT.user]);
      return [id, { id, name, isPrivate: false, archived: false, members, messages: new Map() }];
    }),
  );
}

/** Makes the user groups of a new workspace. */
export function seedGroups(): Map<string, UserGroup> {
  return new Map([['S0PLATFORM', { id: 'S0PLATFORM', handle: 'platform', users: new Set([PEOPLE.operator]) }]]);
}
