import type { Words } from './complete.ts';
import type { PageState } from './fold.ts';

/** What the message box can complete, from what the person sees. */
export function wordsOf(state: PageState): Words {
  const cards = [...state.messages.values()].toSorted((a, b) => Number(b.ts) - Number(a.ts));
  return {
    ...state.completions,
    people: state.people.map((person) => person.name),
    channels: state.channels.filter((channel) => !channel.direct).map((channel) => channel.name),
    runs: [...new Set(cards.flatMap((card) => card.run ?? []))],
  };
}
