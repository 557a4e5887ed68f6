import type { KnownRun } from '../../../core/witness.ts';

/**
 * Which Lease stands in the way, and what a person does about it. It is never removed without one: a note of a run that this
 * Drydock does not know may be the only sign of another installation. A run that is not over takes its Lease along itself.
 *
 * @param is what this Drydock knows of the run that wrote the Lease
 */
export function adviceOn(lease: { readonly namespace: string; readonly name: string }, is: KnownRun): string {
  const { namespace, name } = lease;
  const which = `(Lease ${namespace}/${name})`;
  if (is === 'unfinished') return `${which}. Wait until that run is over: its Lease goes with it`;
  const words = [
    `${which}. Look: kubectl -n ${namespace} get lease ${name} -o yaml.`,
    ...(is === 'unknown'
      ? ['If another Drydock has that run, wait until it is over there: its Lease goes with it.']
      : []),
    'Only when no other Drydock works on this cluster and no call of that run is under way:',
    `kubectl -n ${namespace} delete lease ${name}. Then ask again`,
  ];
  return words.join(' ');
}

/** What a person does about a Lease that is gone while its run goes on. Nothing is left to delete. */
export function adviceOnGone({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  const words = [
    `(Lease ${namespace}/${name} is gone). What the run did since its record ends stands nowhere: look at the cluster, at the messages of`,
    'the run and at the audit log outside of Redis. Then ask again: the next plan is made from what is there now',
  ];
  return words.join(' ');
}
