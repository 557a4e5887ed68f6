import process from 'node:process';

/** How to measure. `short`: less of it, to see that it works; its figures say little. */
export interface BenchOptions {
  readonly short: boolean;
  /** Size of the larger database that `backup` measures, MiB; `null`: its own choice. */
  readonly mib: number | null;
}

/** Says that a measurement did not come out as it must; the process ends with an exit status that is not 0. */
export function reportFailure(what: string): void {
  console.log(`FAILED: ${what}`);
  process.exitCode = 1;
}

/** Times of one side of a comparison, in ms. */
export interface Side {
  readonly name: string;
  readonly samples: readonly number[];
}

/** The value below which `share` (0 to 1) of the samples lie. NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints two sides and their ratio at p50, p99 and worst, as one table. */
export function printSides(title: string, ours: Side, other: Side): void {
  const columns = [
    { name: 'p50', of: (samples: readonly number[]) => percentile(samples, 0.5) },
    { name: 'p99', of: (samples: readonly number[]) => percentile(samples, 0.99) },
    { name: 'worst', of: (samples: readonly number[]) => percentile(samples, 1) },
  ];
  console.log(`\n${title} (${ours.samples.length} and ${other.samples.length} samples, ms)`);
  console.log(['', ...columns.map((column) => column.name)].map(cell).join(''));
  for (const side of [ours, other]) {
    console.log([side.name, ...columns.map((column) => column.of(side.samples).toFixed(2))].map(cell).join(''));
  }
  const ratios = columns.map((column) => `${(column.of(ours.samples) / column.of(other.samples)).toFixed(2)} x`);
  console.log(['ratio', ...ratios].map(cell).join(''));
}

function cell(text: string, index: number): string {
  return index === 0 ? text.padEnd(44) : text.padStart(12);
}
