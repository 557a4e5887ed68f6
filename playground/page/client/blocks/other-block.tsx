import type { ReactNode } from 'react';
import { type Block, Message } from 'slack-blocks-to-jsx';
import 'slack-blocks-to-jsx/dist/style.css';
import { z } from 'zod';
import type { PageBlock } from '../../contract.ts';
import { formatDate } from '../mrkdwn/dates.ts';
import { usePage } from '../state/page-context.ts';

/** The renderer looks at what is inside itself and leaves out what it does not know. */
const Renderable = z.custom<Block>((value) => typeof value === 'object' && value !== null && 'type' in value);

/** A block of a kind this page has no code for: rich text, markdown, plans, alerts, video and so on. */
export function OtherBlock({ block }: { readonly block: PageBlock }): ReactNode {
  const { directory } = usePage();
  const dark = document.documentElement.dataset['theme'] === 'dark';
  return (
    <Message
      blocks={[Renderable.parse(block)]}
      name=""
      logo=""
      withoutWrapper
      theme={dark ? 'dark' : 'light'}
      hooks={{
        user: ({ id }) => <span className="mention">@{directory.userName(id) ?? id}</span>,
        channel: ({ id }) => <span className="mention">#{directory.channelName(id) ?? id}</span>,
        date: ({ timestamp, format, fallback }) => formatDate(Number(timestamp), format, directory.nowMs) ?? fallback,
        link: ({ href, children }) =>
          /^(https?:|mailto:)/i.test(href) ? (
            <a href={href} target="_blank" rel="noreferrer noopener">
              {children}
            </a>
          ) : (
            children
          ),
      }}
    />
  );
}
