import type { ReactNode } from 'react';
import { formatDate, wholeMoment } from './dates.ts';
import { type Piece, parseMrkdwn } from './parse.ts';

/** What references in a text lead to. */
export interface Directory {
  userName(id: string): string | undefined;
  channelName(id: string): string | undefined;
  /** The reader's own user id. */
  readonly me: string;
  /** Milliseconds since 1970, for "today" and "yesterday". */
  readonly nowMs: number;
  readonly zone?: string;
}

/** Slack's mrkdwn. Everything ends up as React text, never as HTML. */
export function Mrkdwn({ text, directory }: { readonly text: string; readonly directory: Directory }): ReactNode {
  return <div className="mrkdwn">{show(parseMrkdwn(text), directory)}</div>;
}

function show(pieces: readonly Piece[], directory: Directory): readonly ReactNode[] {
  return pieces.map((piece, index) => <Shown key={index} piece={piece} directory={directory} />);
}

function Shown({ piece, directory }: { readonly piece: Piece; readonly directory: Directory }): ReactNode {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'bold':
      return <strong>{show(piece.inner, directory)}</strong>;
    case 'italic':
      return <em>{show(piece.inner, directory)}</em>;
    case 'strike':
      return <s>{show(piece.inner, directory)}</s>;
    case 'quote':
      return <blockquote>{show(piece.inner, directory)}</blockquote>;
    case 'code':
      return <code>{piece.text}</code>;
    case 'pre':
      return <pre>{piece.text}</pre>;
    case 'link':
      return <Link href={piece.href} label={piece.label} />;
    case 'user':
      return (
        <span className={piece.id === directory.me ? 'mention mention-me' : 'mention'}>
          @{directory.userName(piece.id) ?? piece.id}
        </span>
      );
    case 'channel': {
      const name = directory.channelName(piece.id);
      return name === undefined ? (
        <span className="mention">#{piece.id}</span>
      ) : (
        <a className="mention" href={`#/${piece.id}`}>
          #{name}
        </a>
      );
    }
    case 'group':
    case 'everyone':
      return <span className="mention mention-me">@{piece.id.replace(/^@/, '')}</span>;
    case 'date':
      return (
        <time title={wholeMoment(piece.seconds * 1000, directory.zone)}>
          {formatDate(piece.seconds, piece.format, directory.nowMs, directory.zone) ?? piece.fallback}
        </time>
      );
  }
}

/** A link; one to a message of this workspace stays on the page. */
function Link({ href, label }: { readonly href: string; readonly label: string }): ReactNode {
  const [, channel, ts] = /^https?:\/\/(?:127\.0\.0\.1|localhost):\d+\/archives\/([A-Z0-9]+)\/p(\d+)/.exec(href) ?? [];
  if (channel !== undefined && ts !== undefined) return <a href={`#/${channel}/${ts}`}>{label}</a>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {label}
    </a>
  );
}
