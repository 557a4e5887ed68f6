import { useEffect, useState } from 'react';
import { type Act, ActAnswer, PageEvent } from '../../contract.ts';
import { fold, type PageState } from './fold.ts';

/** What a person sees, kept current, and whether the line to the workspace stands. */
export interface Link {
  readonly state: PageState | undefined;
  readonly connected: boolean;
}

/** Follows the workspace as one person. After a broken line everything is sent again. */
export function useLink(as: string): Link {
  const [state, setState] = useState<PageState>();
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    const source = new EventSource(`/page/api/events?as=${encodeURIComponent(as)}`);
    source.addEventListener('open', () => setConnected(true));
    source.addEventListener('error', () => setConnected(false));
    source.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const event = PageEvent.parse(JSON.parse(String(data)));
      setState((before) => fold(before, event));
    });
    return () => source.close();
  }, [as]);
  return { state, connected };
}

/** Asks the workspace to do something as a person. Answers a problem to show, or undefined. */
export async function send(as: string, act: Act): Promise<string | undefined> {
  try {
    const response = await fetch(`/page/api/act?as=${encodeURIComponent(as)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(act),
    });
    if (!response.ok) return `The workspace refused: ${await response.text()}`;
    const answer = ActAnswer.parse(await response.json());
    return answer.ok ? undefined : (answer.problem ?? 'It did not work.');
  } catch {
    return 'The workspace does not answer. Is the demo still running?';
  }
}
