import type { ReactNode } from 'react';
import type { Act, Panel, PanelMember, ProcessState, SlackState } from '../../contract.ts';
import { usePage } from '../state/page-context.ts';
import { Backups } from './backups-view.tsx';
import { sizeOf } from './files.tsx';
import { Clusters } from './members-view.tsx';

type Fault = Extract<Act, { act: 'fault' }>['fault'];

/** What runs beside the channel, live, with faults to switch on. */
export function PanelView({
  panel,
  onClose,
}: {
  readonly panel: Panel | null;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <section className="side panel" aria-label="Machines">
      <header>
        <h2>Machines</h2>
        <span className="quiet">every second</span>
        <button type="button" className="icon-button panel-close" aria-label="Close the panel" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="panel-body">
        {panel === null ? <p className="quiet">Reading …</p> : <Readings panel={panel} />}
      </div>
    </section>
  );
}

function Readings({ panel }: { readonly panel: Panel }): ReactNode {
  return (
    <>
      <h3>etcd ring of {panel.clusters[0]?.name}</h3>
      <ul className="machines">
        {panel.members.map((member) => (
          <Member key={member.name} member={member} />
        ))}
      </ul>
      <Clusters panel={panel} />
      {panel.clusters.some(({ name }) => name === 'prod') && (
        <>
          <h3>Backups of prod</h3>
          <Backups backups={panel.backups} />
        </>
      )}
      <h3>Drydock</h3>
      <ul className="machines">
        {panel.processes.map(({ role, state, ready }) => (
          <li key={role} className="machine" data-machine={role}>
            <Head
              name={role}
              state={state}
              word={state === 'running' ? (ready ? 'ready' : 'not ready') : state}
              good={ready}
            />
            <Faults target={role} state={state} />
          </li>
        ))}
        <li className="machine" data-machine="redis">
          <Redis redis={panel.redis} />
        </li>
      </ul>
      <h3>Slack answers the bot</h3>
      <SlackSwitch state={panel.slack} />
    </>
  );
}

function Member({ member }: { readonly member: PanelMember }): ReactNode {
  const { name, state, healthy, leader, size, inUse, version } = member;
  const word = state === 'running' ? (healthy ? 'healthy' : 'not healthy') : state;
  return (
    <li className="machine" data-machine={name}>
      <Head
        name={name}
        state={state}
        word={word}
        good={healthy}
        version={version}
        {...(leader ? { tag: 'leader' } : {})}
      />
      <p className="machine-size">
        {size === null || inUse === null ? (
          <span className="quiet">no answer</span>
        ) : (
          <>
            <b>{sizeOf(size)}</b> on disk, <b>{sizeOf(inUse)}</b> in use
          </>
        )}
      </p>
      <meter min={0} max={size ?? 1} value={inUse ?? 0} aria-label={`${name}: part of the file in use`} />
      <Faults target={name} state={state} />
    </li>
  );
}

/** The store of runs: without it nothing is accepted and nothing goes on. */
function Redis({ redis }: { readonly redis: Panel['redis'] }): ReactNode {
  const { state, answers, pingMs } = redis;
  const word = answers ? `answers in ${pingMs} ms` : state === 'running' ? 'does not answer' : state;
  return (
    <>
      <Head name="redis" state={state} word={word} good={answers} />
      {!answers && (
        <p className="quiet">
          The store of runs. Until it answers, nothing new is accepted and no run begins another call. What was recorded
          stays.
        </p>
      )}
      <Faults target="redis" state={state} />
    </>
  );
}

interface HeadProps {
  readonly name: string;
  readonly state: ProcessState;
  readonly word: string;
  readonly good: boolean;
  readonly tag?: string;
  readonly version?: string | null;
}

function Head({ name, state, word, good, tag, version = null }: HeadProps): ReactNode {
  const tone = good ? 'good' : state === 'frozen' ? 'odd' : 'bad';
  return (
    <p className="machine-head">
      <b>{name}</b>
      {tag !== undefined && <span className="app-tag">{tag}</span>}
      {version !== null && <span className="quiet">{version}</span>}
      <span className={`state state-${tone}`}>{word}</span>
    </p>
  );
}

const OFFERS: Readonly<Record<ProcessState, readonly (readonly [Fault, string])[]>> = {
  running: [
    ['freeze', 'Freeze'],
    ['kill', 'Kill'],
    ['restart', 'Restart'],
  ],
  frozen: [
    ['thaw', 'Thaw'],
    ['kill', 'Kill'],
  ],
  down: [['start', 'Start']],
};

function Faults({ target, state }: { readonly target: string; readonly state: ProcessState }): ReactNode {
  const { act } = usePage();
  return (
    <div className="faults" role="group" aria-label={`Faults of ${target}`}>
      {OFFERS[state].map(([fault, label]) => (
        <button
          key={fault}
          type="button"
          className="button button-small"
          aria-label={`${label} ${target}`}
          onClick={() => void act({ act: 'fault', target, fault })}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

const SLACK: readonly (readonly [SlackState, string])[] = [
  ['up', 'normally'],
  ['rate-limited', '429'],
  ['down', 'not at all'],
];

function SlackSwitch({ state }: { readonly state: SlackState }): ReactNode {
  const { act } = usePage();
  return (
    <div className="segments" role="group" aria-label="How Slack answers the bot" data-machine="slack">
      {SLACK.map(([fault, label]) => (
        <button
          key={fault}
          type="button"
          aria-pressed={state === fault}
          onClick={() => void act({ act: 'fault', target: 'slack', fault })}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
