import { z } from 'zod';
import { SlackUser } from './people/user-standing.ts';

/** Answer of `chat.postMessage`. */
export const Ts = z.object({ ts: z.string() });
/** Answer of `auth.test`. */
export const Auth = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string() });
/** Answer of `conversations.info`. */
export const Info = z.object({
  channel: z.object({ is_member: z.boolean().default(false), is_archived: z.boolean().default(false) }),
});
/** Answer of `views.update`. */
export const Updated = z.object({ view: z.object({ hash: z.string() }) });
/** Answer of `chat.getPermalink`. */
export const Permalink = z.object({ permalink: z.string() });
const Metadata = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) });
const Files = z.array(z.looseObject({ name: z.string().nullish() }));
/** Answer of `conversations.history` and `conversations.replies`: one page. */
export const Messages = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      user: z.string().default(''),
      files: Files.default([]).catch([]),
      metadata: Metadata.nullish().catch(null),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().default('') }).default({ next_cursor: '' }),
});
/** Answer of `users.info`. */
export const UserAnswer = z.object({ user: SlackUser });
/** Answer of `usergroups.users.list`. */
export const Members = z.object({ users: z.array(z.string()) });
