import type { ReactNode } from 'react';
import { Mrkdwn } from '../mrkdwn/mrkdwn.tsx';
import { usePage } from '../state/page-context.ts';
import { TextObject } from './shapes.ts';

/** A text object, with formatting or without. */
export function Text({ value }: { readonly value: unknown }): ReactNode {
  const { directory } = usePage();
  const text = TextObject.safeParse(value).data;
  if (text === undefined) return null;
  if (text.type !== 'mrkdwn') return <span className="mrkdwn">{text.text}</span>;
  return <Mrkdwn text={text.text} directory={directory} />;
}
