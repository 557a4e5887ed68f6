import { z } from 'zod';

/** A Block Kit block as it arrived; only what the workspace itself looks at is known to it. */
export const Block = z.looseObject({ type: z.string(), block_id: z.string().optional() });
export type Block = z.infer<typeof Block>;

/** Message metadata: a type and a flat or nested payload. */
export const Metadata = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) });
export type Metadata = z.infer<typeof Metadata>;

/** One earlier look of a message. */
export interface Revision {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly metadata?: Metadata;
}

/** A message as it is now. Never changed in place: an update makes a new object. */
export interface Message {
  readonly channel: string;
  /** Slack's message id, `seconds.micros`, unique in the workspace and ascending. */
  readonly ts: string;
  /** Author's user id; the bot has one too. */
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly metadata?: Metadata;
  /** The thread's first message; absent outside threads and on the first message itself. */
  readonly threadTs?: string;
  /** A reply that is shown in the channel too. */
  readonly broadcast: boolean;
  /** The only person who sees it; absent on ordinary messages. */
  readonly ephemeralFor?: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Ids of shared files. */
  readonly files: readonly string[];
  /** Earlier looks, oldest first. */
  readonly revisions: readonly Revision[];
}

/** A channel or a direct conversation. */
export interface Channel {
  readonly id: string;
  /** Without `#`; `directmessage` for a direct conversation. */
  readonly name: string;
  readonly isPrivate: boolean;
  /** The person of a direct conversation with the bot. */
  readonly directWith?: string;
  archived: boolean;
  /** User ids, the bot's among them when it is in. */
  readonly members: Set<string>;
  /** In the order of posting, by ts; deleted and ephemeral ones too. */
  readonly messages: Map<string, Message>;
}

/** A person or bot of the workspace. */
export interface User {
  readonly id: string;
  /** `operator`, `approver-1`, … */
  readonly name: string;
  readonly isBot: boolean;
  /** A workflow's bot: `isBot` too. */
  readonly isWorkflow?: boolean;
  readonly deactivated?: boolean;
  /** `multi-channel` or `single-channel`; absent: a full member. */
  readonly guest?: 'multi-channel' | 'single-channel';
  /** The workspace of somebody of another organisation, in a channel that both share; absent: this workspace. */
  readonly team?: string;
  /** Workspaces of somebody of an Enterprise organisation; absent: of none. */
  readonly enterpriseTeams?: readonly string[];
}

/** A Slack user group. */
export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly users: Set<string>;
  /** Slack then answers as if it did not exist, unless it is asked for disabled ones. */
  readonly disabled?: boolean;
}

/** A modal that is or was open for one person. */
export interface View {
  readonly id: string;
  readonly user: string;
  readonly callbackId: string;
  readonly privateMetadata: string;
  readonly externalId: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  readonly notifyOnClose: boolean;
  readonly hash: string;
  readonly rootId: string;
  readonly previousId?: string;
  /** What `views.open` was given, whole. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly open: boolean;
  /** Errors the bot answered to the last submission, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}

/** A file that was announced, perhaps uploaded, perhaps shared. */
export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly announcedBytes: number;
  readonly content?: Buffer;
  readonly channel?: string;
}
