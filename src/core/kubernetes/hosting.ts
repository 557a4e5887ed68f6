import { z } from 'zod';
import type { Check } from '../plan.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Label that every object of a Drydock installation carries. Source: Kubernetes' recommended labels, as `deploy/` sets them. */
export const DRYDOCK_LABEL = 'app.kubernetes.io/part-of=drydock';
const COMPONENT = 'app.kubernetes.io/component';

/** Id of the check that says what of Drydock a cluster hosts. */
export const HOSTS_DRYDOCK = 'hosts-drydock';

/** What counts of a pod of an installation. */
export interface InstalledPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `status.phase`; empty: it has none yet. */
  readonly phase: string;
}

const Status = z.object({ phase: z.string() });

/** Reads a pod that carries {@link DRYDOCK_LABEL}. Never throws: one without a legible phase counts as there. */
export function installedPod({ metadata, ...object }: KubernetesObject): InstalledPod {
  const status = Status.safeParse(object['status']);
  const { namespace = '', labels = {} } = metadata;
  return { namespace, labels, phase: status.success ? status.data.phase : '' };
}

/** What it means for a run when a part is away, in the order of what weighs most. */
const MEANS = [
  ['redis', 'while Redis is away nothing goes on, no button works, and a call under way is looked at when it is back'],
  ['worker', 'while no worker is there the run stands still, then goes on; nothing is done twice'],
  ['bot', 'while no bot is there the run goes on, but no card is kept current and no button works'],
] as const;

/**
 * The warning of a plan whose cluster hosts Drydock or its Redis, with what that means for the run; `null`: it hosts neither. Any
 * installation counts: one that is not ours is told as well, because it may work on this cluster too. Pods that have ended do not count.
 */
export function hostingCheck(pods: readonly InstalledPod[]): Check | null {
  const there = pods.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
  if (there.length === 0) return null;
  const parts = new Set(there.map(partOf));
  const hasRedis = parts.has('redis');
  const hasProcesses = parts.size > (hasRedis ? 1 : 0);
  const what = hasProcesses ? (hasRedis ? 'Drydock and its Redis' : 'Drydock') : "Drydock's Redis";
  const means = MEANS.filter(([part]) => parts.has(part)).map(([, words]) => words);
  const evidence = `${means.join('; ')}. Seen ${countedIn(there)}`;
  return { id: HOSTS_DRYDOCK, verdict: 'warn', title: `This cluster hosts ${what}`, evidence };
}

/** The part that a pod is; one that we do not know is taken for a worker, which is the stricter of the processes. */
function partOf({ labels }: InstalledPod): (typeof MEANS)[number][0] {
  const [part] = MEANS.find(([name]) => name === labels[COMPONENT]) ?? ['worker' as const];
  return part;
}

/** `in the namespace drydock: bot (2 pods), redis (1 pod)`. Names of pods change with each restart, so they are not told. */
function countedIn(pods: readonly InstalledPod[]): string {
  const namespaces = [...new Set(pods.map(({ namespace }) => namespace))].toSorted();
  return namespaces
    .map((namespace) => {
      const within = pods
        .filter((pod) => pod.namespace === namespace)
        .map(({ labels }) => labels[COMPONENT] ?? 'others');
      const parts = [...new Set(within)].toSorted().map((part) => {
        const count = within.filter((each) => each === part).length;
        return `${part} (${count} ${count === 1 ? 'pod' : 'pods'})`;
      });
      return `in the namespace ${namespace}: ${parts.join(', ')}`;
    })
    .join('; ');
}
