/** What somebody is in the workspace that Drydock serves. Only a `member` may do anything. */
export const STANDINGS = ['member', 'guest', 'bot', 'deactivated', 'foreign', 'unknown'] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * How new an answer must be. `recent`: it may be a minute old, and ten while nobody answers. `fresh`: the question was put
 * after it was asked for; who asks at the same time shares it.
 */
export type Newness = 'recent' | 'fresh';

/**
 * An answer, or why there is none, in words for people. `unreadable`: no answer just now. `misconfigured`: asking again is of
 * no use until somebody changes the app or the plan. `no-such-group`: there is none of that id.
 */
export type PeopleAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly kind: 'unreadable' | 'misconfigured' | 'no-such-group';
      readonly why: string;
    };

/** Who people are and who is in a group. Nothing here throws; an answer takes at most some seconds. */
export interface People {
  /** What a user (by Slack id) is. Somebody nobody has heard of is `unknown`, which is an answer. */
  standingOf(user: string, newness: Newness): Promise<PeopleAnswer<Standing>>;
  /** Slack ids of the members of a user group, deactivated ones perhaps among them. Always read; `recent`: it may wait for others. */
  membersOf(group: string, newness: Newness): Promise<PeopleAnswer<readonly string[]>>;
}

/** Who has a role, or what somebody is, could not be learnt, so nothing may be decided on it. `message`: why, for people. */
export class PeopleUnreadable extends Error {
  override readonly name = 'PeopleUnreadable';
}

/** The members of a group as they were read, and how old that is, ms. */
export interface GroupRecord {
  readonly group: string;
  readonly users: readonly string[];
  readonly ageMs: number;
}

/**
 * Members of groups, shared by all processes. Times are those of the store, because clocks of processes differ. Every
 * function throws `StoreUnavailable` when the store cannot be reached.
 */
export interface GroupStore {
  /** The time right before Slack is asked, for {@link GroupStore.save}. */
  beginning(): Promise<number>;
  /** Keeps what was read, unless something that was asked for later is there. `beganMs`: from {@link GroupStore.beginning}. */
  save(group: string, users: readonly string[], beganMs: number): Promise<void>;
  /** What is there of these groups; one that is missing was never read. */
  load(groups: readonly string[]): Promise<readonly GroupRecord[]>;
}
