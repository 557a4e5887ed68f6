import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startProcess } from '../playground/processes.ts';
import { percentile } from './figures.ts';

/** The program that runs another one and says what it took; see there. */
export const MEASURED = fileURLToPath(new URL('measured.ts', import.meta.url));

/** A program to measure. */
export interface Subject {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** What it took. */
export interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakKib: number;
}

const End = z.object({ code: z.number().nullable(), tookMs: z.number(), peakKib: z.number(), cpuMs: z.number() });

/**
 * Runs a program to its end.
 *
 * @throws Error with its output when it fails.
 */
export async function toItsEnd({ name, command, args }: Subject): Promise<Cost> {
  const order = JSON.stringify({ command, args, marks: [] });
  const running = await startProcess({ name, command: process.execPath, args: [MEASURED, order] });
  await running.ended;
  const end = End.safeParse(JSON.parse(running.output().split('\n').at(-1) ?? ''));
  if (!end.success || end.data.code !== 0) throw new Error(`${name} failed:\n${running.output()}`);
  return { ...end.data, ms: end.data.tookMs };
}

/** Costs of several programs, taken in turns. */
export async function inTurns<T extends { readonly name: string }>(
  subjects: readonly T[],
  rounds: number,
  measure: (subject: T) => Promise<Cost>,
): Promise<ReadonlyMap<string, readonly Cost[]>> {
  const costs = new Map<string, Cost[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) costs.get(subject.name)?.push(await measure(subject));
  }
  return costs;
}

/** Prints medians, and the ratio of each but the last program to the last. */
export function printCosts(title: string, costs: ReadonlyMap<string, readonly Cost[]>): void {
  const columns = [
    { name: 'ms', of: ({ ms }: Cost) => ms },
    { name: 'processor ms', of: ({ cpuMs }: Cost) => cpuMs },
    { name: 'peak MiB', of: ({ peakKib }: Cost) => peakKib / 1024 },
  ];
  const medians = [...costs].map(([name, all]) => ({
    name,
    values: columns.map(({ of }) => percentile(all.map(of), 0.5)),
  }));
  const last = medians.at(-1);
  const rounds = [...costs.values()][0]?.length ?? 0;
  console.log(`\n${title} (medians of ${rounds})`);
  console.log(`${' '.repeat(48)}${columns.map(({ name }) => name.padStart(14)).join('')}`);
  for (const { name, values } of medians)
    console.log(name.padEnd(48) + values.map((value) => value.toFixed(0).padStart(14)).join(''));
  for (const { name, values } of medians.slice(0, -1)) {
    const ratios = values.map((value, index) => `${(value / (last?.values[index] ?? Number.NaN)).toFixed(2)} x`);
    console.log(`  ratio, ${name}`.padEnd(48) + ratios.map((text) => text.padStart(14)).join(''));
  }
}
