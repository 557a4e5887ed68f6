import type { ReactNode } from 'react';
import type { PanelMoment, PanelWorkload } from '../../contract.ts';
import { plotOf, wordsOfWorkload } from '../state/plot.ts';

const SIZE = { width: 260, height: 84, strip: 16 } as const;
/** Room for the numbers on the left. */
const LEFT = 20;
const GAP = 8;

/** How many pods of the sample workload are ready, beside how many its budget needs, and which versions the nodes have. */
export function Workload({ workload }: { readonly workload: PanelWorkload }): ReactNode {
  const { name, now } = workload;
  const words = wordsOfWorkload(workload);
  const plot = plotOf(workload, SIZE);
  const minutes = Math.max(1, Math.round((plot.until - plot.from) / 60_000));
  const top = (pods: number): number => SIZE.height - (pods / plot.most) * SIZE.height;
  return (
    <ul className="machines">
      <li className="machine workload" data-workload={name}>
        <p className="machine-head">
          <b>{name}</b>
          <span className={`state state-${toneOf(now)}`}>
            {now.ready} of {now.wanted} ready
          </span>
        </p>
        <svg
          className="plot"
          viewBox={`0 -6 ${LEFT + SIZE.width + 2} ${SIZE.height + GAP + SIZE.strip + 22}`}
          role="img"
          aria-label={words}
        >
          {[...new Set([plot.most, now.needed ?? 0, 0])].map((pods) => (
            <text key={pods} x={LEFT - 5} y={top(pods) + 3.5} textAnchor="end">
              {pods}
            </text>
          ))}
          <g transform={`translate(${LEFT} 0)`}>
            <path className="plot-frame" d={`M0 0V${SIZE.height}H${SIZE.width}`} />
            <path className="plot-needed" d={plot.needed} />
            <path className="plot-ready" d={plot.ready} />
            <g transform={`translate(0 ${SIZE.height + GAP})`}>
              {plot.versions.map(({ version, path }, index) => (
                <path key={version} className={`plot-version-${Math.min(index, 2)}`} d={path} />
              ))}
              <text y={SIZE.strip + 11}>{minutes} min ago</text>
              <text x={SIZE.width} y={SIZE.strip + 11} textAnchor="end">
                now
              </text>
            </g>
          </g>
        </svg>
        <ul className="plot-key">
          <li>
            <Swatch kind="line" name="plot-ready" /> ready pods
          </li>
          <li>
            <Swatch kind="line" name="plot-needed" /> needed by the budget
          </li>
          {plot.versions.map(({ version }, index) => (
            <li key={version}>
              <Swatch kind="area" name={`plot-version-${Math.min(index, 2)}`} /> {version}: {nodesOf(now, version)}
            </li>
          ))}
        </ul>
        <p className="machine-size">{words}</p>
      </li>
    </ul>
  );
}

function Swatch({ kind, name }: { readonly kind: 'line' | 'area'; readonly name: string }): ReactNode {
  return (
    <svg className="swatch" viewBox="0 0 16 10" aria-hidden="true">
      {kind === 'line' ? <path className={name} d="M0 5H16" /> : <path className={name} d="M0 0H16V10H0Z" />}
    </svg>
  );
}

function nodesOf({ nodes }: PanelMoment, wanted: string): string {
  const count = nodes.find(({ version }) => version === wanted)?.count ?? 0;
  return `${count} ${count === 1 ? 'node' : 'nodes'}`;
}

function toneOf({ ready, needed, wanted }: PanelMoment): string {
  if (needed !== null && ready < needed) return 'bad';
  return ready < wanted ? 'odd' : 'good';
}
