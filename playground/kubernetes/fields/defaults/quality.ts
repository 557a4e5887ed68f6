import type { Fields } from '../../contracts.ts';
import { fieldsOf, listOf } from '../json.ts';
import { compareQuantities } from '../quantity.ts';

/** The quality-of-service class of a pod, by cpu and memory of its containers. */
export function qosClass(spec: Fields): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...listOf(spec['containers']), ...listOf(spec['initContainers'])].map((one) =>
    fieldsOf(fieldsOf(one)['resources']),
  );
  const given = containers.flatMap((resources) => [...amounts(resources['requests']), ...amounts(resources['limits'])]);
  if (given.length === 0) return 'BestEffort';
  const isGuaranteed = containers.every((resources) => {
    const limits = new Map(amounts(resources['limits']));
    const requested = new Map(amounts(resources['requests']));
    return (
      limits.size === 2 &&
      [...limits].every(([name, limit]) => compareQuantities(requested.get(name) ?? limit, limit) === 0)
    );
  });
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function amounts(resources: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(fieldsOf(resources)).filter(
    ([name, value]) => (name === 'cpu' || name === 'memory') && compareQuantities(value, '0') !== 0,
  );
}
