import type { ReactNode } from 'react';
import type { PageChannel, Panel } from '../../contract.ts';

/** What the bar above a channel needs. */
export interface TopBarProps {
  readonly channel: PageChannel;
  readonly as: string;
  readonly connected: boolean;
  readonly panel: Panel | null;
  /** Something is new in a channel that is not shown. */
  readonly news: boolean;
  readonly drawer: 'none' | 'sidebar' | 'panel';
  readonly onDrawer: (drawer: 'sidebar' | 'panel') => void;
}

/** Where one is, as whom, and, on a narrow page, the ways to channels and machines. */
export function TopBar({ channel, as, connected, panel, news, drawer, onDrawer }: TopBarProps): ReactNode {
  return (
    <header className="top-bar">
      <button
        type="button"
        className="icon-button narrow-only"
        aria-label={news ? 'Channels and people, something is new' : 'Channels and people'}
        aria-expanded={drawer === 'sidebar'}
        onClick={() => onDrawer('sidebar')}
      >
        ☰{news && <span className="dot" aria-hidden="true" />}
      </button>
      <h2>
        {channel.direct ? '' : '#'}
        {channel.name}
      </h2>
      <span className="as">
        <span className="quiet">as </span>
        {as}
      </span>
      {!connected && (
        <span className="state state-bad" role="status">
          not connected
        </span>
      )}
      <button
        type="button"
        className="button button-small panel-button"
        aria-expanded={drawer === 'panel'}
        onClick={() => onDrawer('panel')}
      >
        {summary(panel)}
      </button>
    </header>
  );
}

/** The machines in a few words. */
function summary(panel: Panel | null): string {
  if (panel === null) return 'Machines';
  const healthy = panel.members.filter((member) => member.healthy).length;
  return `Ring ${healthy}/${panel.members.length}`;
}
