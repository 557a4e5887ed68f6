import { z } from 'zod';
import type { PageState } from './fold.ts';
import { useRemembered } from './remembered.ts';
import { countUnread, markRead, type ReadMarks, type Unread } from './unread.ts';

const Kept = z.record(z.string(), z.record(z.string(), z.string()));
type Kept = Readonly<Record<string, ReadMarks>>;

function readKept(kept: string | null): Kept {
  try {
    return Kept.parse(JSON.parse(kept ?? '{}'));
  } catch {
    return {};
  }
}

/** What each person has read, and what is new for them. */
export interface Reading {
  /** Of the person in front of the page, by channel id. */
  readonly unread: ReadonlyMap<string, Unread>;
  /** New messages that everybody sees, by user id. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly read: (channel: string, ts: string) => void;
}

/** Keeps, in this browser and for this life of the workspace, how far each person has read. */
export function useReadMarks(state: PageState): Reading {
  const [kept, setKept] = useRemembered('browser', `drydock.read.${state.life}`, readKept, JSON.stringify);
  const directs = new Set(state.channels.filter((one) => one.direct).map((one) => one.id));
  const common = [...state.messages.values()].filter((one) => !one.onlyForMe && !directs.has(one.channel));
  return {
    unread: countUnread(state.messages.values(), kept[state.me] ?? {}, state.me, directs),
    waiting: new Map(
      state.people.map(({ id }) => {
        const counts = [...countUnread(common, kept[id] ?? {}, id).values()];
        return [id, counts.reduce((sum, one) => sum + one.messages, 0)];
      }),
    ),
    read(channel, ts) {
      const before = kept[state.me] ?? {};
      const after = markRead(before, channel, ts);
      if (after !== before) setKept({ ...kept, [state.me]: after });
    },
  };
}
