import type { ReactNode } from 'react';
import type { Panel, PanelBackup } from '../../contract.ts';
import { usePage } from '../state/page-context.ts';
import { sizeOf } from './files.tsx';

/** What lies in the store of backups, as its files show it, and what can go wrong with it. */
export function Backups({ backups }: { readonly backups: Panel['backups'] }): ReactNode {
  const { away, newest, more } = backups;
  const first = newest.find(({ state }) => state !== 'half-written');
  return (
    <ul className="machines" data-machine="backups">
      {newest.map((backup) => (
        <Backup key={backup.id} backup={backup} />
      ))}
      {more > 0 && <li className="machine quiet">… and {more} older</li>}
      <li className="machine">
        <p className="machine-head">
          <b>store</b>
          <span className={`state state-${away ? 'bad' : 'good'}`}>{away ? 'away' : 'there'}</span>
        </p>
        {newest.length === 0 && <p className="quiet">Empty. Take one: /kube backup prod</p>}
        <Faults away={away} flipped={first === undefined ? null : first.flipped} />
      </li>
    </ul>
  );
}

const STATES = {
  stored: ['stored', 'good'],
  'half-written': ['half-written', 'odd'],
  damaged: ['damaged', 'bad'],
} as const satisfies Readonly<Record<PanelBackup['state'], readonly [word: string, tone: string]>>;

function Backup({ backup }: { readonly backup: PanelBackup }): ReactNode {
  const { id, size, state, drill, flipped } = backup;
  const [word, tone] = STATES[state];
  return (
    <li className="machine" data-backup={id}>
      <p className="backup-id">{id}</p>
      <p className="machine-head machine-size">
        <span>{sizeOf(size)}</span>
        <span className="quiet">{drill === null ? 'never drilled' : `drill ${drill}`}</span>
        <span className={`state state-${tone}`}>{word}</span>
      </p>
      {flipped && <p className="machine-size state-odd">One bit of its snapshot is flipped.</p>}
    </li>
  );
}

/** `flipped`: of the newest backup; `null`: there is none. */
function Faults({ away, flipped }: { readonly away: boolean; readonly flipped: boolean | null }): ReactNode {
  const { act } = usePage();
  return (
    <div className="faults" role="group" aria-label="Faults of the store of backups">
      {flipped !== null && !away && (
        <button
          type="button"
          className="button button-small"
          onClick={() => void act({ act: 'fault', target: 'backups', fault: 'flip-bit' })}
        >
          {flipped ? 'Flip the bit back' : 'Flip a bit in the newest'}
        </button>
      )}
      <button
        type="button"
        className="button button-small"
        onClick={() => void act({ act: 'fault', target: 'backups', fault: away ? 'up' : 'down' })}
      >
        {away ? 'Bring the store back' : 'Take the store away'}
      </button>
    </div>
  );
}
