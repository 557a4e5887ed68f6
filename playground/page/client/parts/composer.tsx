import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { complete, type Suggestion, take, type Words } from '../state/complete.ts';
import { usePage } from '../state/page-context.ts';

/** What the message box needs. */
export interface ComposerProps {
  readonly channel: string;
  readonly threadTs?: string;
  readonly placeholder: string;
  readonly words: Words;
}

/** What is in the box, and what its keys do. */
function useDraft({ channel, threadTs, words }: ComposerProps) {
  const { act } = usePage();
  const [text, setText] = useState('');
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const [away, setAway] = useState(false);
  const completion = complete(text, caret, words);
  const suggestions = away || text === '' ? [] : completion.suggestions;
  const active = suggestions.length === 0 ? undefined : (chosen ?? (completion.eager ? 0 : undefined));

  function change(next: string, at: number): void {
    setText(next);
    setCaret(at);
    setChosen(undefined);
    setAway(false);
  }
  function accept(suggestion: Suggestion): void {
    const after = take(text, caret, completion.from, suggestion);
    change(after.text, after.caret);
  }
  async function submit(): Promise<void> {
    const said = text.trim();
    if (said === '') return;
    change('', 0);
    const fine = await act({ act: 'write', channel, text: said, ...(threadTs === undefined ? {} : { threadTs }) });
    // What was refused comes back, unless something new was begun.
    if (!fine) setText((now) => (now === '' ? said : now));
  }
  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    const picked = active === undefined ? undefined : suggestions[active];
    const first = picked ?? suggestions[0];
    const plain = !event.shiftKey && !event.nativeEvent.isComposing;
    if (event.key === 'Escape' && suggestions.length > 0) setAway(true);
    else if (event.key === 'Tab' && plain && first !== undefined) accept(first);
    else if (event.key === 'Enter' && plain && picked !== undefined) accept(picked);
    else if (event.key === 'Enter' && plain) void submit();
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && suggestions.length > 0) {
      setChosen(move(active, event.key === 'ArrowDown' ? 1 : -1, suggestions.length));
    } else return;
    event.preventDefault();
  }
  return { text, suggestions, active, change, setCaret, accept, submit, onKeyDown };
}

/** The message box: Enter sends, Shift+Enter breaks the line, Tab or Enter takes a suggestion, Esc puts them away. */
export function Composer(props: ComposerProps): ReactNode {
  const { placeholder } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const { text, suggestions, active, change, setCaret, accept, submit, onKeyDown } = useDraft(props);
  function pick(suggestion: Suggestion): void {
    accept(suggestion);
    box.current?.focus();
  }
  return (
    <div className="composer">
      <Suggestions id={list} suggestions={suggestions} active={active} onPick={pick} />
      <textarea
        ref={box}
        rows={1}
        role="combobox"
        aria-label={placeholder}
        aria-expanded={suggestions.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        {...(active === undefined ? {} : { 'aria-activedescendant': `${list}-${active}` })}
        placeholder={placeholder}
        value={text}
        onChange={(event) => change(event.target.value, event.target.selectionStart)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        className="send"
        aria-label="Send"
        disabled={text.trim() === ''}
        onClick={() => void submit()}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M3 3.5 17.5 10 3 16.5V11.5L11 10 3 8.5z" />
        </svg>
      </button>
    </div>
  );
}

function move(active: number | undefined, by: 1 | -1, count: number): number {
  if (active === undefined) return by === 1 ? 0 : count - 1;
  return (active + by + count) % count;
}

interface SuggestionsProps {
  readonly id: string;
  readonly suggestions: readonly Suggestion[];
  readonly active: number | undefined;
  readonly onPick: (suggestion: Suggestion) => void;
}

function Suggestions({ id, suggestions, active, onPick }: SuggestionsProps): ReactNode {
  if (suggestions.length === 0) return <div id={id} role="listbox" aria-label="Suggestions" hidden />;
  return (
    <div id={id} role="listbox" aria-label="Suggestions" className="suggestions">
      {suggestions.map((suggestion, index) => (
        <div
          key={suggestion.label}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          // Before the box loses the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(suggestion);
          }}
        >
          <span className="suggestion-word">{suggestion.label}</span>
          <span className="suggestion-hint">{suggestion.hint}</span>
        </div>
      ))}
    </div>
  );
}
