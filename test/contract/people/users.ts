import type { User } from '../../../playground/workspace/model.ts';
import { CHANNELS } from '../../../playground/workspace/seed.ts';
import type { Workspace } from '../../../playground/workspace/workspace.ts';
import type { Standing } from '../../../src/core/ports/people.ts';

/** One user of each standing; nobody has heard of the last. */
export const USERS = {
  member: 'U0OPERATOR',
  guest: 'U0GUEST',
  bot: 'U0OTHERBOT',
  deactivated: 'U0GONE',
  foreign: 'U0PARTNER',
  unknown: 'U0NOBODY',
} as const satisfies Readonly<Record<Standing, string>>;

/** Further users of a workspace, with what they are. */
export const MORE_USERS: readonly (readonly [string, User, Standing])[] = [
  ['a guest of one channel', { id: 'U0ONE', name: 'one', isBot: false, guest: 'single-channel' }, 'guest'],
  ['a workflow', { id: 'U0FLOW', name: 'flow', isBot: true, isWorkflow: true }, 'bot'],
  [
    'a guest of another organisation',
    { id: 'U0FAR', name: 'far', isBot: false, guest: 'multi-channel', team: 'T0PARTNER' },
    'foreign',
  ],
  [
    'a member of the same Enterprise organisation whose first workspace is another one',
    { id: 'U0GRID', name: 'grid', isBot: false, team: 'T0SISTER', enterpriseTeams: ['T0SISTER', 'T0DRYDOCK'] },
    'member',
  ],
  [
    'somebody of the organisation who is not in this workspace',
    { id: 'U0SISTER', name: 'sister', isBot: false, team: 'T0SISTER', enterpriseTeams: ['T0SISTER'] },
    'foreign',
  ],
];

/** Makes all of them users of the workspace, in the ops channel. */
export function addPeople(workspace: Pick<Workspace, 'state'>): void {
  const plain: readonly User[] = [
    { id: USERS.guest, name: 'guest', isBot: false, guest: 'multi-channel' },
    { id: USERS.bot, name: 'other-bot', isBot: true },
    { id: USERS.deactivated, name: 'gone', isBot: false, deactivated: true },
    { id: USERS.foreign, name: 'partner', isBot: false, team: 'T0PARTNER' },
  ];
  for (const user of [...plain, ...MORE_USERS.map(([, each]) => each)]) {
    workspace.state.users.set(user.id, user);
    workspace.state.channels.get(CHANNELS.ops)?.members.add(user.id);
  }
}
