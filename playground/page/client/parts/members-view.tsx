import type { ReactNode } from 'react';
import type { Panel, PanelCluster, PanelFault, PanelFaulty } from '../../contract.ts';
import { usePage } from '../state/page-context.ts';
import { Switches } from './switches-view.tsx';
import { Workload } from './workload-view.tsx';

/** What can be done to the members of every cluster, and what was done. */
export function Clusters({ panel: { clusters, faults } }: { readonly panel: Panel }): ReactNode {
  return clusters.map((cluster) => <Cluster key={cluster.name} cluster={cluster} faults={faults} />);
}

interface ClusterProps {
  readonly cluster: PanelCluster;
  readonly faults: readonly PanelFault[];
}

function Cluster({ cluster, faults }: ClusterProps): ReactNode {
  const { act } = usePage();
  return (
    <>
      {cluster.workload !== null && (
        <>
          <h3>Workload of {cluster.name}</h3>
          <Workload workload={cluster.workload} />
        </>
      )}
      <h3>Faults on {cluster.name}</h3>
      <ul className="machines" data-faults={cluster.name}>
        {cluster.switches.length > 0 && <Switches cluster={cluster.name} switches={cluster.switches} />}
        {cluster.members.map((member) => (
          <Faulty key={member.name} cluster={cluster.name} member={member} faults={faults} />
        ))}
        {cluster.work !== null && (
          <li className="machine">
            <button
              type="button"
              className="button button-small"
              onClick={() => void act({ act: 'work', cluster: cluster.name })}
            >
              {cluster.work}
            </button>
          </li>
        )}
      </ul>
    </>
  );
}

interface FaultyProps {
  readonly cluster: string;
  readonly member: PanelFaulty;
  readonly faults: readonly PanelFault[];
}

function Faulty({ cluster, member: { name, running, fault, offers }, faults }: FaultyProps): ReactNode {
  const { act } = usePage();
  const set = faults.find((each) => each.name === fault);
  const word = running ? 'etcd runs' : 'etcd does not run';
  return (
    <li className="machine" data-member={`${cluster}/${name}`}>
      <p className="machine-head">
        <b>{name}</b>
        <span className={`state state-${running ? 'good' : 'bad'}`}>{word}</span>
      </p>
      {set === undefined ? (
        <details>
          <summary className="quiet">Faults of {name}</summary>
          <div className="faults" role="group" aria-label={`Faults of ${name} of ${cluster}`}>
            {faults
              .filter((each) => offers.includes(each.name))
              .map((each) => (
                <button
                  key={each.name}
                  type="button"
                  className="button button-small"
                  title={`It ${each.does}.`}
                  onClick={() => void act({ act: 'member-fault', cluster, fault: each.name, member: name })}
                >
                  {each.title}
                </button>
              ))}
          </div>
        </details>
      ) : (
        <div className="faults">
          <span className="state-odd">Fault: {set.title.toLowerCase()}.</span>
          <button
            type="button"
            className="button button-small"
            onClick={() => void act({ act: 'member-fault', cluster, fault: 'clear', member: name })}
          >
            Clear it
          </button>
        </div>
      )}
    </li>
  );
}
