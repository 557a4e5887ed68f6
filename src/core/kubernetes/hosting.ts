import type { Check } from '../plan.ts';

/** Label that every object of a Drydock installation carries. Source: Kubernetes' recommended labels, as `deploy/` sets them. */
export const DRYDOCK_LABEL = 'app.kubernetes.io/part-of=drydock';
const COMPONENT = 'app.kubernetes.io/component';

/** A pod of an installation. */
export interface InstalledPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The warning of a plan whose cluster hosts Drydock or its Redis, with what that means for the run; `null`: it hosts neither. Any
 * installation counts: one that is not ours is told as well, because it may work on this cluster too.
 */
export function hostingCheck(pods: readonly InstalledPod[]): Check | null {
  if (pods.length === 0) return null;
  const redis = pods.filter(({ labels }) => labels[COMPONENT] === 'redis');
  const processes = pods.filter(({ labels }) => labels[COMPONENT] !== 'redis');
  const what = [...(processes.length > 0 ? ['Drydock'] : []), ...(redis.length > 0 ? ["Drydock's Redis"] : [])];
  const title = `This cluster hosts ${what.join(' and ').replace("Drydock and Drydock's", 'Drydock and its')}`;
  const means = [
    ...(redis.length > 0
      ? ['while Redis is away nothing goes on and no button works, and a call under way is looked at when it is back']
      : []),
    ...(processes.length > 0
      ? ['while its workers are away the run stands still, and goes on when one is back; nothing is done twice']
      : []),
  ];
  const names = pods.map(({ namespace, name }) => `${namespace}/${name}`).toSorted();
  const shown = names.slice(0, 5).join(', ');
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return { id: 'hosts-drydock', verdict: 'warn', title, evidence: `${shown}${more} run here: ${means.join('; ')}` };
}
