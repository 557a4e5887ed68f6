/** Nodes of one version. */
export interface NodeCount {
  /** Of their kubelets: `v1.30.6`. */
  readonly version: string;
  readonly count: number;
}

/** How the workload was at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Pods that are ready and not ending. */
  readonly ready: number;
  /** How many have to be, as the budget's status says; `null`: there is no budget. */
  readonly needed: number | null;
  /** Replicas that its Deployment wants. */
  readonly wanted: number;
  /** All nodes of the cluster, by version, the oldest version first. */
  readonly nodes: readonly NodeCount[];
}

/** What is kept of the past: only samples that differ from the one before, oldest first. */
export type History = readonly Sample[];

/** How many pods more than needed were ready: negative is below the budget. */
export function roomOf({ ready, needed }: Pick<Sample, 'ready' | 'needed'>): number {
  return ready - (needed ?? 0);
}

/** With one more sample. One that says the same as the last is not kept; beyond `most` the older half is thinned. */
export function withSample(history: History, sample: Sample, most: number): History {
  const last = history.at(-1);
  if (last !== undefined && saysSame(last, sample)) return history;
  return thinned([...history, sample], most);
}

/** The worst moment from this time on; of equal ones the one with the fewest ready pods, and then the first. `null`: nothing was seen. What held at that time counts. */
export function lowestOf(history: History, since = 0): Sample | null {
  const begin = history.findLastIndex(({ at }) => at <= since);
  return lowerOf(history.slice(Math.max(0, begin)));
}

/**
 * Samples for a plot: at most so many, each standing for its stretch of time by its worst moment. The first and the last are kept.
 */
export function plotted(history: History, most: number): History {
  const [first, last] = [history[0], history.at(-1)];
  if (history.length <= most || first === undefined || last === undefined) return history;
  const inner = history.slice(1, -1);
  const size = Math.ceil(inner.length / Math.max(1, most - 2));
  const groups = Array.from({ length: Math.ceil(inner.length / size) }, (_, index) =>
    inner.slice(index * size, (index + 1) * size),
  );
  return [first, ...groups.flatMap((group) => lowerOf(group) ?? []), last];
}

/** The older half with every second sample left out, always the better of two. */
function thinned(history: History, most: number): History {
  if (history.length <= most) return history;
  const half = Math.ceil(history.length / 2);
  const older = Array.from({ length: Math.ceil(half / 2) }, (_, index) => history.slice(index * 2, index * 2 + 2));
  return [...older.flatMap((pair) => lowerOf(pair) ?? []), ...history.slice(older.length * 2)];
}

function lowerOf(samples: readonly Sample[]): Sample | null {
  return samples.reduce<Sample | null>((found, each) => (found === null || isLower(each, found) ? each : found), null);
}

function isLower(one: Sample, other: Sample): boolean {
  const [room, least] = [roomOf(one), roomOf(other)];
  return room < least || (room === least && one.ready < other.ready);
}

function saysSame(before: Sample, after: Sample): boolean {
  return (
    before.ready === after.ready &&
    before.needed === after.needed &&
    before.wanted === after.wanted &&
    before.nodes.length === after.nodes.length &&
    before.nodes.every(({ version, count }, index) => {
      const other = after.nodes[index];
      return other?.version === version && other.count === count;
    })
  );
}
