import { createContext, useContext } from 'react';
import type { Act } from '../../contract.ts';
import type { Directory } from '../mrkdwn/mrkdwn.tsx';
import type { PageState } from './fold.ts';

/** What every part of the page may use. */
export interface PageContext {
  readonly state: PageState;
  readonly directory: Directory;
  /** Does something as the person in front of the page; a problem is shown. Answers whether it went well. */
  readonly act: (act: Act) => Promise<boolean>;
  readonly openThread: (channel: string, ts: string) => void;
}

const Context = createContext<PageContext | undefined>(undefined);

/** Gives the context to everything inside. */
export const PageProvider = Context.Provider;

/** The context. @throws Error outside of {@link PageProvider}. */
export function usePage(): PageContext {
  const page = useContext(Context);
  if (page === undefined) throw new Error('no page around this part');
  return page;
}
