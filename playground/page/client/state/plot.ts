import type { PanelMoment, PanelWorkload } from '../../contract.ts';

/** Room of a plot, px of its own coordinates. */
export interface PlotSize {
  readonly width: number;
  /** Of the lines of pods. */
  readonly height: number;
  /** Of the strip of versions. */
  readonly strip: number;
}

/** A plot of the workload, as paths of SVG. */
export interface Plot {
  /** When it begins, ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** What the full height stands for, pods. */
  readonly most: number;
  readonly ready: string;
  /** Empty: there is no budget. */
  readonly needed: string;
  /** The part of the nodes that each version has, one above the other, the oldest version first. */
  readonly versions: readonly { readonly version: string; readonly path: string }[];
}

/** How far back a plot goes, ms. */
const WINDOW_MS = 10 * 60_000;
/** A plot of a workload that was just deployed is not wider than its time. */
const LEAST_MS = 30_000;

/** Draws what was seen lately: every moment holds until the next one, the last until now. */
export function plotOf({ moments, now }: Pick<PanelWorkload, 'moments' | 'now'>, size: PlotSize): Plot {
  const until = now.at;
  const seen = withNow(moments, now);
  const from = Math.min(until - LEAST_MS, Math.max(until - WINDOW_MS, seen[0]?.at ?? until));
  const most = Math.max(1, ...seen.flatMap(({ ready, needed, wanted }) => [ready, needed ?? 0, wanted]));
  const steps = stepsOf(seen, from, until, (at) => ((at - from) / (until - from)) * size.width);
  const y = (pods: number): number => size.height - (pods / most) * size.height;
  return {
    from,
    until,
    most,
    ready: lineOf(steps, ({ ready }) => y(ready)),
    needed: lineOf(steps, ({ needed }) => (needed === null ? null : y(needed))),
    versions: stripsOf(steps, size.strip),
  };
}

interface Step {
  readonly x0: number;
  readonly x1: number;
  readonly moment: PanelMoment;
}

function withNow(moments: readonly PanelMoment[], now: PanelMoment): readonly PanelMoment[] {
  return [...moments.filter(({ at }) => at < now.at), now];
}

function stepsOf(
  moments: readonly PanelMoment[],
  from: number,
  until: number,
  x: (at: number) => number,
): readonly Step[] {
  return moments.flatMap((moment, index) => {
    const end = moments[index + 1]?.at ?? until;
    const isLast = index === moments.length - 1;
    return end <= from && !isLast ? [] : [{ x0: x(Math.max(from, moment.at)), x1: x(Math.max(from, end)), moment }];
  });
}

/** A line in steps; it is broken where there is no value. */
function lineOf(steps: readonly Step[], y: (moment: PanelMoment) => number | null): string {
  let isDrawing = false;
  return steps
    .flatMap(({ x0, x1, moment }) => {
      const height = y(moment);
      if (height === null) {
        isDrawing = false;
        return [];
      }
      const begin = `${isDrawing ? 'L' : 'M'}${short(x0)} ${short(height)}`;
      isDrawing = true;
      return [begin, `H${short(x1)}`];
    })
    .join('');
}

function stripsOf(steps: readonly Step[], height: number): Plot['versions'] {
  const versions = [...new Set(steps.flatMap(({ moment }) => moment.nodes.map(({ version }) => version)))].toSorted(
    (a, b) => a.localeCompare(b, 'en', { numeric: true }),
  );
  return versions.map((version, index) => ({
    version,
    path: steps
      .flatMap(({ x0, x1, moment }) => {
        const total = countOf(moment, versions);
        const below = countOf(moment, versions.slice(0, index));
        const count = countOf(moment, [version]);
        if (count === 0 || x1 <= x0) return [];
        const [top, bottom] = [((below + count) / total) * height, (below / total) * height].map((part) =>
          short(height - part),
        );
        return [`M${short(x0)} ${bottom}H${short(x1)}V${top}H${short(x0)}Z`];
      })
      .join(''),
  }));
}

function countOf({ nodes }: PanelMoment, versions: readonly string[]): number {
  return nodes.reduce((sum, { version, count }) => sum + (versions.includes(version) ? count : 0), 0);
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The plot in words: how many are ready, how many are needed, and the worst moment. */
export function wordsOfWorkload({ now, lowest }: Pick<PanelWorkload, 'now' | 'lowest'>): string {
  const ready = `${now.ready} of ${now.wanted} pods ready`;
  if (lowest.needed === null) return `${ready}. There is no budget.`;
  const isBelow = lowest.ready < lowest.needed;
  const worst = isBelow
    ? `Below the budget once: ${lowest.ready} ready, ${lowest.needed} needed.`
    : `Never below its budget: ${lowest.ready} ready at the lowest, ${lowest.needed} needed.`;
  return `${ready}. ${worst}`;
}
