import type {
  Completions,
  PageChannel,
  PageEvent,
  PageMessage,
  PageNotice,
  PagePerson,
  PageView,
  Panel,
} from '../../contract.ts';

/** Everything the page knows of the workspace, as one person sees it. */
export interface PageState {
  readonly life: string;
  readonly me: string;
  readonly people: readonly PagePerson[];
  readonly channels: readonly PageChannel[];
  /** By channel and ts; never changed in place. */
  readonly messages: ReadonlyMap<string, PageMessage>;
  readonly notices: readonly PageNotice[];
  readonly view: PageView | null;
  readonly completions: Completions;
  /** `null`: not read yet. */
  readonly panel: Panel | null;
}

/** Takes one event into what is known; undefined stays undefined until a snapshot comes. */
export function fold(state: PageState | undefined, event: PageEvent): PageState | undefined {
  if (event.kind === 'snapshot') {
    const { kind: _kind, messages, ...rest } = event;
    const known = new Map(messages.map((message) => [keyOf(message.channel, message.ts), message]));
    return { ...rest, messages: known, panel: state?.panel ?? null };
  }
  if (state === undefined) return undefined;
  switch (event.kind) {
    case 'message':
      return {
        ...state,
        messages: new Map(state.messages).set(keyOf(event.message.channel, event.message.ts), event.message),
      };
    case 'gone': {
      const messages = new Map(state.messages);
      messages.delete(keyOf(event.channel, event.ts));
      return { ...state, messages };
    }
    case 'channels':
      return { ...state, channels: event.channels };
    case 'view':
      return { ...state, view: event.view };
    case 'notice':
      return { ...state, notices: [...state.notices, event.notice] };
    case 'panel':
      return { ...state, panel: event.panel };
  }
}

/** The key of a message. */
export function keyOf(channel: string, ts: string): string {
  return `${channel}/${ts}`;
}

/** What a channel shows: messages outside threads, and replies that were also sent to the channel; oldest first. */
export function messagesOf(state: PageState, channel: string): readonly PageMessage[] {
  return sorted(
    [...state.messages.values()].filter(
      (one) => one.channel === channel && (one.threadTs === undefined || one.broadcast),
    ),
  );
}

/** A thread: its first message, if it is still there, and the replies, oldest first. */
export function threadOf(state: PageState, channel: string, ts: string): readonly PageMessage[] {
  return sorted(
    [...state.messages.values()].filter((one) => one.channel === channel && (one.ts === ts || one.threadTs === ts)),
  );
}

/** What a channel says of a thread below its first message. */
export interface ThreadSummary {
  readonly replies: number;
  readonly lastTs: string;
}

/** The threads of a channel, by the ts of their first message. */
export function threadsOf(state: PageState, channel: string): ReadonlyMap<string, ThreadSummary> {
  const found = new Map<string, ThreadSummary>();
  for (const one of state.messages.values()) {
    if (one.channel !== channel || one.threadTs === undefined) continue;
    const known = found.get(one.threadTs);
    const lastTs = known === undefined || Number(one.ts) > Number(known.lastTs) ? one.ts : known.lastTs;
    found.set(one.threadTs, { replies: (known?.replies ?? 0) + 1, lastTs });
  }
  return found;
}

function sorted(messages: readonly PageMessage[]): readonly PageMessage[] {
  return messages.toSorted((a, b) => Number(a.ts) - Number(b.ts));
}
