import { type DrainPod, podName } from '../drain/view.ts';
import { componentOf } from '../kubernetes/cluster-reading.ts';
import { isControlPlane, type NodeReading } from '../kubernetes/node.ts';
import { isWell, type PodReading, troubleOf } from '../kubernetes/pod.ts';
import type { Check } from '../plan.ts';
import type { ReportTable } from '../state-report.ts';
import { counted, some } from './seen.ts';

/** More pods than this say nothing more; they are counted. */
const MOST_ROWS = 20;

/** Whether nodes are well beforehand: one of the control plane that is not stops an upgrade. */
export function nodesCheck(nodes: readonly NodeReading[]): Check {
  const id = 'nodes-well';
  const unwell = nodes.flatMap((node) => {
    const trouble = nodeTrouble(node);
    return trouble === null ? [] : [{ node, words: `${node.name} ${trouble}` }];
  });
  const cordoned = nodes.filter((node) => node.cordoned).map(({ name }) => name);
  const closed = cordoned.length === 0 ? '' : `; cordoned: ${some(cordoned)}`;
  if (unwell.length === 0) {
    return {
      id,
      verdict: 'pass',
      title: 'Nodes are well',
      evidence: `${counted(nodes.length, 'node')} ready, without pressure${closed}`,
    };
  }
  const isBlocked = unwell.some(({ node }) => isControlPlane(node));
  const evidence = `${some(unwell.map(({ words }) => words))}${closed}; bring ${unwell.length === 1 ? 'it' : 'them'} back first`;
  return {
    id,
    verdict: isBlocked ? 'block' : 'warn',
    title: isBlocked ? 'A node of the control plane is not well' : 'Nodes are not well',
    evidence,
  };
}

function nodeTrouble({ ready, pressures, why }: NodeReading): string | null {
  const words = why === '' ? '' : ` (${why})`;
  if (ready === 'no') return `is not ready${words}`;
  if (ready === 'unknown') return `does not report any more${words}`;
  return pressures.length === 0 ? null : `reports pressure: ${pressures.join(', ')}`;
}

/**
 * Whether pods are well beforehand, so that what breaks later can be told from what was broken. Those of the control plane stop an upgrade.
 *
 * @param nodes names of all nodes; pods of others are of machines that are gone, and go by themselves. `null`: not known
 */
export function podsCheck(all: readonly PodReading[], nodes: readonly string[] | null = null): Check {
  const id = 'pods-well';
  const pods = all.filter(({ node }) => nodes === null || node === '' || nodes.includes(node));
  const unwell = pods.filter((pod) => !isWell(pod));
  const gone = all.length - pods.length;
  const left = gone === 0 ? '' : `; left out: ${counted(gone, 'pod')} of nodes that are no more`;
  if (unwell.length === 0) {
    return {
      id,
      verdict: 'pass',
      title: 'Pods are well',
      evidence: `${counted(pods.length, 'pod')}, each running and ready, or done${left}`,
    };
  }
  const core = unwell.filter((pod) => componentOf(pod) !== null);
  const named = some(
    [...core, ...unwell.filter((pod) => !core.includes(pod))].map(
      (pod) => `${pod.namespace}/${pod.name} (${troubleOf(pod)})`,
    ),
    3,
  );
  const evidence = `${unwell.length} of ${counted(pods.length, 'pod')} ${unwell.length === 1 ? 'is' : 'are'} not well already: ${named}${left}`;
  if (core.length > 0)
    return {
      id,
      verdict: 'block',
      title: 'A pod of the control plane is not well',
      evidence: `${evidence}; bring it back first`,
    };
  return { id, verdict: 'warn', title: 'Pods are not well beforehand', evidence };
}

/** Pods that are not well before, for people; `null`: all are. */
export function unwellTable(pods: readonly PodReading[]): ReportTable | null {
  const unwell = pods.filter((pod) => !isWell(pod));
  if (unwell.length === 0) return null;
  const rows = unwell.slice(0, MOST_ROWS).map((pod) => [`${pod.namespace}/${pod.name}`, pod.node, troubleOf(pod)]);
  const rest = unwell.length - rows.length;
  if (rest > 0) rows.push([`${rest} more`, '', '']);
  return { title: 'Pods not well before', columns: ['Pod', 'Node', 'Why'], rows };
}

const SOCKETS: ReadonlySet<string> = new Set(['/var/run/docker.sock', '/run/docker.sock', '/var/run/dockershim.sock']);
/** Minor version of Kubernetes 1 whose kubelet speaks to Docker no more. */
const WITHOUT_DOCKERSHIM = 24;

/** Pods that reach for the socket of Docker, where an upgrade takes it away; `null`: this one does not. */
export function dockerCheck(pods: readonly DrainPod[], from: number, to: number): Check | null {
  if (from >= WITHOUT_DOCKERSHIM || to < WITHOUT_DOCKERSHIM) return null;
  const id = 'docker-socket';
  const found = pods.filter(({ hostPaths }) => hostPaths.some((path) => SOCKETS.has(path))).map(podName);
  if (found.length === 0)
    return { id, verdict: 'pass', title: 'Nothing reaches for Docker', evidence: 'no pod mounts its socket' };
  const evidence = `${some(found)} ${found.length === 1 ? 'mounts' : 'mount'} its socket, which is not there with the kubelet of 1.24 and later; move them to the socket of the container runtime`;
  return { id, verdict: 'warn', title: 'Pods reach for Docker', evidence };
}
