import { roomOf, type Sample } from './history.ts';

/** The worst moment of a workload in a sentence. */
export function lowestWords(cluster: string, workload: string, lowest: Pick<Sample, 'ready' | 'needed'>): string {
  const { ready, needed } = lowest;
  if (needed === null) return `${workload} on ${cluster}: ${ready} pods ready at the lowest, without a budget`;
  const verdict = roomOf(lowest) < 0 ? 'below its budget for a time' : 'never below its budget';
  return `${workload} on ${cluster}: ${verdict}, ${ready} pods ready at the lowest, ${needed} needed`;
}
