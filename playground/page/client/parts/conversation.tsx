import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import type { PageChannel } from '../../contract.ts';
import { clockOf } from '../mrkdwn/dates.ts';
import type { Words } from '../state/complete.ts';
import { messagesOf, threadOf, threadsOf } from '../state/fold.ts';
import { usePage } from '../state/page-context.ts';
import { Composer } from './composer.tsx';
import { MessageView } from './message-view.tsx';

/** What a channel's pane needs. */
export interface ChannelProps {
  readonly channel: PageChannel;
  readonly words: Words;
  /** The message somebody followed a link to. */
  readonly marked: string | undefined;
  /** Called with the newest message a person has in front of them. */
  readonly onRead: (ts: string) => void;
}

/** A channel: its messages, oldest first, and the message box. */
export function ChannelPane({ channel, words, marked, onRead }: ChannelProps): ReactNode {
  const { state } = usePage();
  const messages = messagesOf(state, channel.id);
  const threads = threadsOf(state, channel.id);
  const notices = state.notices.filter((notice) => notice.channel === channel.id || notice.channel === '');
  const newest = [...state.messages.values()].findLast((one) => one.channel === channel.id)?.ts;
  const log = useStickyScroll(channel.id, marked);
  useEffect(() => {
    if (newest !== undefined && document.visibilityState === 'visible') onRead(newest);
  });
  const entries = [
    ...messages.map((message) => ({
      at: Number(message.ts) * 1000,
      shown: (
        <MessageView
          key={message.ts}
          message={message}
          thread={threads.get(message.ts)}
          marked={message.ts === marked}
        />
      ),
    })),
    ...notices.map(({ id, at, text }) => ({
      at,
      shown: (
        <p key={id} className="notice" role="alert">
          <b>Slack</b> <time className="quiet">{clockOf(String(at / 1000))}</time> {text}
        </p>
      ),
    })),
  ].toSorted((a, b) => a.at - b.at);
  return (
    <>
      <div className="log" role="log" aria-label={`Messages in ${channel.name}`} tabIndex={0} ref={log}>
        <div className="log-inner">
          {entries.length === 0 && <Welcome channel={channel} />}
          {entries.map(({ shown }) => shown)}
        </div>
      </div>
      <Composer
        key={channel.id}
        channel={channel.id}
        placeholder={`Message ${channel.direct ? channel.name : `#${channel.name}`}`}
        words={words}
      />
    </>
  );
}

function Welcome({ channel }: { readonly channel: PageChannel }): ReactNode {
  const command = <code>/kube defrag prod</code>;
  return (
    <div className="welcome">
      <h2>{channel.direct ? channel.name : `#${channel.name}`}</h2>
      <p>
        {channel.name === 'ops' ? (
          <>Type {command} and send it; then become an approver, on the left, and decide.</>
        ) : channel.withBot ? (
          <>Nothing here yet.</>
        ) : (
          <>The bot is not in this channel. Commands work, their cards go to #ops.</>
        )}
      </p>
    </div>
  );
}

/** Stays at the end while a person is there, and scrolls to a message that a link leads to. */
function useStickyScroll(place: string, marked: string | undefined) {
  const log = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  useLayoutEffect(() => {
    stuck.current = true;
  }, [place]);
  useLayoutEffect(() => {
    const box = log.current;
    if (box === null) return undefined;
    function toEnd(): void {
      if (stuck.current && box !== null) box.scrollTop = box.scrollHeight;
    }
    let before = 0;
    function onScroll(): void {
      if (box === null) return;
      // What grew since it was scrolled to its end is not somebody leaving the end: they scroll up.
      if (box.scrollHeight - box.scrollTop - box.clientHeight < 40) stuck.current = true;
      else if (box.scrollTop < before) stuck.current = false;
      before = box.scrollTop;
    }
    const grown = new ResizeObserver(toEnd);
    grown.observe(box);
    if (box.firstElementChild !== null) grown.observe(box.firstElementChild);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      grown.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, []);
  useEffect(() => {
    if (marked === undefined) return;
    log.current?.querySelector(`[data-ts="${CSS.escape(marked)}"]`)?.scrollIntoView({ block: 'center' });
  }, [marked]);
  return log;
}

/** What a thread's pane needs. */
export interface ThreadProps {
  readonly channel: PageChannel;
  readonly ts: string;
  readonly words: Words;
  readonly onClose: () => void;
}

/** A thread beside its channel. */
export function ThreadPane({ channel, ts, words, onClose }: ThreadProps): ReactNode {
  const { state } = usePage();
  const messages = threadOf(state, channel.id, ts);
  const log = useStickyScroll(ts, undefined);
  return (
    <section className="side thread" aria-label="Thread">
      <header>
        <h2>Thread</h2>
        <span className="quiet">{channel.direct ? channel.name : `#${channel.name}`}</span>
        <button type="button" className="icon-button" aria-label="Close the thread" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="log" role="log" aria-label="Messages in the thread" tabIndex={0} ref={log}>
        <div className="log-inner">
          {messages.map((message) => (
            <MessageView key={message.ts} message={message} />
          ))}
        </div>
      </div>
      <Composer key={ts} channel={channel.id} threadTs={ts} placeholder="Reply" words={words} />
    </section>
  );
}
