import { type ReactNode, useState } from 'react';
import type { PanelSwitch } from '../../contract.ts';
import { usePage } from '../state/page-context.ts';

/** What can be switched of a whole cluster. */
export function Switches({
  cluster,
  switches,
}: {
  readonly cluster: string;
  readonly switches: readonly PanelSwitch[];
}): ReactNode {
  const { act } = usePage();
  const [isOpen, setOpen] = useState(false);
  const isSet = switches.some(({ on }) => on === true);
  return (
    <li className="machine" data-switches={cluster}>
      <p className="machine-head">
        <b>the whole cluster</b>
        <span className="state">{wordOf(switches)}</span>
      </p>
      <details open={isOpen || isSet} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="quiet">Switches of {cluster}</summary>
        <div className="faults" role="group" aria-label={`Switches of ${cluster}`}>
          {switches.map(({ name, title, does, on }) => (
            <button
              key={name}
              type="button"
              className="button button-small"
              title={`It ${does}.`}
              {...(on === null ? {} : { 'aria-pressed': on })}
              onClick={() => void act({ act: 'switch', cluster, switch: name, on: on !== true })}
            >
              {on === true ? `✓ ${title}` : title}
            </button>
          ))}
        </div>
      </details>
    </li>
  );
}

function wordOf(switches: readonly PanelSwitch[]): string {
  const count = switches.filter(({ on }) => on === true).length;
  return count === 0 ? 'nothing is on' : `${count} on`;
}
