import { randomBytes } from 'node:crypto';

/** A trigger id lives 3 s and opens one modal. */
const TRIGGER_LIFE_MS = 3_000;
/** A response URL lives 30 min and takes five answers. */
const RESPONSE_LIFE_MS = 30 * 60_000;
const RESPONSE_USES = 5;

/** What a response URL belongs to. */
export interface ResponseTarget {
  readonly user: string;
  readonly channel: string;
  /** The message whose button was clicked; absent for a command. */
  readonly messageTs?: string;
}

/** Trigger ids and response URLs that were handed out. */
export interface Interactions {
  newTrigger(user: string): string;
  /** Uses a trigger up. Answers whose it is, or Slack's error. */
  useTrigger(id: string): { readonly user: string } | { readonly error: string };
  /** Path of a new response URL, below the workspace's address. */
  newResponsePath(target: ResponseTarget): string;
  /** Uses a response URL once. */
  useResponsePath(path: string): ResponseTarget | { readonly error: 'used_url' | 'expired_url' | 'no_such_url' };
}

/** Makes the registry; `now` gives milliseconds since 1970. */
export function createInteractions(now: () => number, team: string): Interactions {
  const triggers = new Map<string, { readonly user: string; readonly at: number; used: boolean }>();
  const responses = new Map<string, { readonly target: ResponseTarget; readonly at: number; uses: number }>();
  return {
    newTrigger(user) {
      const id = `${triggers.size + 1}.${now()}.${randomBytes(8).toString('hex')}`;
      triggers.set(id, { user, at: now(), used: false });
      return id;
    },
    useTrigger(id) {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { error: 'invalid_trigger_id' };
      if (trigger.used) return { error: 'exchanged_trigger_id' };
      if (now() - trigger.at > TRIGGER_LIFE_MS) return { error: 'expired_trigger_id' };
      trigger.used = true;
      return { user: trigger.user };
    },
    newResponsePath(target) {
      const path = `/commands/${team}/${responses.size + 1}/${randomBytes(12).toString('hex')}`;
      responses.set(path, { target, at: now(), uses: 0 });
      return path;
    },
    useResponsePath(path) {
      const response = responses.get(path);
      if (response === undefined) return { error: 'no_such_url' };
      if (now() - response.at > RESPONSE_LIFE_MS) return { error: 'expired_url' };
      if (response.uses >= RESPONSE_USES) return { error: 'used_url' };
      response.uses += 1;
      return response.target;
    },
  };
}
