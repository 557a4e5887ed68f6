import type { Message, SlackFile, View } from './model.ts';

/** One thing that happened in the workspace, as a person watching over everybody's shoulder would see it. */
export type Happening =
  | { readonly kind: 'command'; readonly user: string; readonly channel: string; readonly text: string }
  | {
      readonly kind: 'clicked';
      readonly user: string;
      readonly channel: string;
      readonly ts: string;
      readonly actionId: string;
      /** The text on the button. */
      readonly label: string;
    }
  | {
      readonly kind: 'submitted';
      readonly user: string;
      readonly view: View;
      readonly values: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'posted'; readonly message: Message }
  | { readonly kind: 'updated'; readonly message: Message; readonly before: Message }
  | { readonly kind: 'deleted'; readonly message: Message }
  | { readonly kind: 'view-opened'; readonly view: View }
  | { readonly kind: 'view-updated'; readonly view: View }
  | { readonly kind: 'view-closed'; readonly view: View }
  | { readonly kind: 'file-shared'; readonly file: SlackFile; readonly channel: string }
  /** What Slack shows a person when the bot did not answer in 3 s or not with 200. */
  | { readonly kind: 'bot-failed'; readonly user: string; readonly channel: string; readonly why: string };

/** A happening with its place and time. */
export interface FeedEvent {
  /** 1, 2, 3, … */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly what: Happening;
}

/** Everything that happened, kept from the start, and a way to follow what comes. */
export interface Feed {
  /** Events with a seq above `after` (default 0: all), oldest first. */
  events(after?: number): readonly FeedEvent[];
  /** Calls back for each further event, in order, at once; returns the function that ends it. */
  subscribe(listener: (event: FeedEvent) => void): () => void;
  /** All events after `after` and then each further one, until `signal` aborts or the workspace stops. */
  follow(options?: { readonly after?: number; readonly signal?: AbortSignal }): AsyncGenerator<FeedEvent, void>;
}

/** The feed and the two things only the workspace does with it. */
export interface WritableFeed extends Feed {
  add(what: Happening): void;
  close(): void;
}

/** Makes an empty feed; `now` gives milliseconds since 1970. */
export function createFeed(now: () => number): WritableFeed {
  const kept: FeedEvent[] = [];
  const listeners = new Set<(event: FeedEvent) => void>();
  const waiting = new Set<() => void>();
  let closed = false;

  function wakeAll(): void {
    for (const wake of waiting) wake();
    waiting.clear();
  }

  return {
    events: (after = 0) => kept.slice(after),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async *follow({ after = 0, signal } = {}) {
      signal?.addEventListener('abort', wakeAll, { once: true });
      let seen = after;
      for (;;) {
        if (closed || signal?.aborted === true) return;
        const event = kept[seen];
        if (event === undefined) {
          await new Promise<void>((resolve) => waiting.add(resolve));
        } else {
          seen = event.seq;
          yield event;
        }
      }
    },
    add(what) {
      const event = { seq: kept.length + 1, at: now(), what };
      kept.push(event);
      for (const listener of listeners) listener(event);
      wakeAll();
    },
    close() {
      closed = true;
      wakeAll();
    },
  };
}
