import type { ControllerInput } from './input.ts';

/** What nobody stops by ending a run, and how it is held by hand. */
export function goesOn({ owner, cluster }: Pick<ControllerInput, 'owner' | 'cluster'>): string {
  const hold = `kubectl -n ${cluster.namespace} annotate ${owner.kind.toLowerCase()} ${owner.name} cluster.x-k8s.io/paused=`;
  return `${owner.kind} ${owner.name} goes on by itself; to hold it: ${hold}`;
}
