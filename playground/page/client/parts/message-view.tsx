import type { ReactNode } from 'react';
import type { PageMessage } from '../../contract.ts';
import { Blocks } from '../blocks/blocks.tsx';
import { clockOf, wholeMoment } from '../mrkdwn/dates.ts';
import { Mrkdwn } from '../mrkdwn/mrkdwn.tsx';
import type { ThreadSummary } from '../state/fold.ts';
import { usePage } from '../state/page-context.ts';
import { Avatar } from './avatar.tsx';
import { Files } from './files.tsx';

/** What a message needs. */
export interface MessageProps {
  readonly message: PageMessage;
  /** Its thread, if it has one and this is not the thread's own pane. */
  readonly thread?: ThreadSummary | undefined;
  /** Somebody followed a link to it. */
  readonly marked?: boolean;
}

/** A message: who, when, what, and its thread. */
export function MessageView({ message, thread, marked = false }: MessageProps): ReactNode {
  const { state, act, openThread } = usePage();
  const author = state.people.find((person) => person.id === message.user);
  const name = author?.name ?? message.user;
  async function press(actionId: string, value: string | undefined): Promise<void> {
    const { channel, ts } = message;
    await act({ act: 'click', channel, ts, actionId, ...(value === undefined ? {} : { value }) });
  }
  return (
    <article
      className={`message ${message.onlyForMe ? 'message-ephemeral' : ''} ${marked ? 'message-marked' : ''}`}
      aria-label={`${name}, ${clockOf(message.ts)}`}
      data-ts={message.ts}
    >
      <Avatar name={name} bot={author?.isBot === true} />
      <div className="message-body">
        {message.onlyForMe && <p className="only-you">Only visible to you</p>}
        <p className="message-head">
          <b>{name}</b>
          {author?.isBot === true && <span className="app-tag">APP</span>}
          <time className="quiet" title={wholeMoment(Number(message.ts) * 1000)}>
            {clockOf(message.ts)}
          </time>
          {message.broadcast && <span className="quiet">also sent to the channel</span>}
        </p>
        <Content message={message} onAct={press} />
        <Files files={message.files} />
        {thread !== undefined && (
          <button type="button" className="thread-link" onClick={() => openThread(message.channel, message.ts)}>
            <b>
              {thread.replies} {thread.replies === 1 ? 'reply' : 'replies'}
            </b>
            <span className="quiet">last at {clockOf(thread.lastTs)}</span>
          </button>
        )}
      </div>
      {!message.onlyForMe && message.threadTs === undefined && (
        <button
          type="button"
          className="reply icon-button"
          aria-label="Reply in thread"
          title="Reply in thread"
          onClick={() => openThread(message.channel, message.ts)}
        >
          ↩
        </button>
      )}
    </article>
  );
}

interface ContentProps {
  readonly message: PageMessage;
  readonly onAct: (actionId: string, value: string | undefined) => Promise<void>;
}

function Content({ message, onAct }: ContentProps): ReactNode {
  const { directory } = usePage();
  if (message.blocks.length > 0) return <Blocks blocks={message.blocks} onAct={onAct} />;
  return (
    <div className="message-text">
      <Mrkdwn text={message.text} directory={directory} />
      {message.edited && <span className="quiet"> (edited)</span>}
    </div>
  );
}
