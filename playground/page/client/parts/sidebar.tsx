import type { ReactNode } from 'react';
import type { PagePerson } from '../../contract.ts';
import { usePage } from '../state/page-context.ts';
import type { Reading } from '../state/read-marks.ts';
import type { Unread } from '../state/unread.ts';
import { Avatar } from './avatar.tsx';

/** What the list of channels and people needs. */
export interface SidebarProps {
  readonly channel: string;
  readonly marks: Reading;
  readonly onPerson: (name: string) => void;
  readonly onChannel: (id: string) => void;
  readonly theme: ReactNode;
}

/** Channels with what is new in them, and who one is. */
export function Sidebar({ channel, marks, onPerson, onChannel, theme }: SidebarProps): ReactNode {
  const { state } = usePage();
  const persons = state.people.filter((person) => !person.isBot);
  return (
    <nav className="sidebar" aria-label="Workspace">
      <h1>Drydock playground</h1>
      <h2 id="channels">Channels</h2>
      <ul aria-labelledby="channels">
        {state.channels.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              className="place"
              aria-current={one.id === channel ? 'page' : undefined}
              data-unread={marks.unread.has(one.id)}
              onClick={() => onChannel(one.id)}
            >
              <span aria-hidden="true">{one.direct ? '●' : '#'}</span>
              <span className="place-name">{one.name}</span>
              <Badge unread={marks.unread.get(one.id)} />
            </button>
          </li>
        ))}
      </ul>
      <h2 id="people">You are</h2>
      <ul aria-labelledby="people">
        {persons.map((person) => (
          <li key={person.id}>
            <PersonButton person={person} waiting={marks.waiting.get(person.id) ?? 0} onPerson={onPerson} />
          </li>
        ))}
      </ul>
      <div className="sidebar-end">{theme}</div>
    </nav>
  );
}

interface PersonProps {
  readonly person: PagePerson;
  readonly waiting: number;
  readonly onPerson: (name: string) => void;
}

function PersonButton({ person, waiting, onPerson }: PersonProps): ReactNode {
  const { state } = usePage();
  const me = person.id === state.me;
  return (
    <button type="button" className="place" aria-pressed={me} onClick={() => onPerson(person.name)}>
      <Avatar name={person.name} />
      <span className="place-name">{person.name}</span>
      {!me && waiting > 0 && (
        <span className="badge badge-quiet">
          {waiting}
          <span className="spoken"> new</span>
        </span>
      )}
    </button>
  );
}

function Badge({ unread }: { readonly unread: Unread | undefined }): ReactNode {
  if (unread === undefined) return null;
  return (
    <span className={unread.mentions > 0 ? 'badge' : 'badge badge-quiet'}>
      {unread.mentions > 0 ? unread.mentions : unread.messages}
      <span className="spoken">{unread.mentions > 0 ? ' mentions' : ' new'}</span>
    </span>
  );
}
