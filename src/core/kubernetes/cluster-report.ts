import type { ReportTable } from '../state-report.ts';
import { type ClusterReading, componentOf, MOST_UNWELL } from './cluster-reading.ts';
import { isControlPlane, type NodeReading } from './node.ts';
import { isWell, type PodReading, troubleOf } from './pod.ts';
import { skewOf } from './version.ts';

/** The nodes: role, version, whether they are ready and take pods, and what presses them. */
export function nodeTable(reading: ClusterReading): ReportTable {
  return {
    title: 'Nodes',
    columns: ['Node', 'Role', 'Version', 'Ready', 'Takes pods', 'Pressure'],
    rows: sortedNodes(reading.nodes).map((node) => [
      node.name,
      isControlPlane(node) ? 'control plane' : (node.roles[0] ?? 'worker'),
      node.kubeletVersion,
      node.ready === 'unknown' ? 'does not report' : node.ready,
      node.cordoned ? 'no, cordoned' : 'yes',
      node.pressures.join(', ') || 'none',
    ]),
  };
}

function sortedNodes(nodes: readonly NodeReading[]): readonly NodeReading[] {
  return nodes.toSorted(
    (a, b) =>
      Number(isControlPlane(b)) - Number(isControlPlane(a)) || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

/** The pods of the control plane, one row a component and node. */
export function controlPlaneTable(reading: ClusterReading): ReportTable {
  const rows = reading.controlPlane
    .map((pod) => [
      componentOf(pod) ?? pod.name,
      pod.node,
      isWell(pod) ? 'running' : troubleOf(pod),
      String(pod.restarts),
    ])
    .toSorted((a, b) => `${a[0]} ${a[1]}`.localeCompare(`${b[0]} ${b[1]}`, 'en', { numeric: true }));
  return { title: 'Control plane', columns: ['Component', 'Node', 'State', 'Restarts'], rows };
}

/** Pods that should run and do not; `null`: all do. */
export function unwellTable(reading: ClusterReading): ReportTable | null {
  if (reading.unwellCount === 0) return null;
  const shown = reading.unwell.slice(0, MOST_UNWELL);
  const more = reading.unwellCount - shown.length;
  const title = more > 0 ? `Pods that do not run, ${shown.length} of ${reading.unwellCount}` : 'Pods that do not run';
  return {
    title,
    columns: ['Namespace', 'Pod', 'Node', 'Why'],
    rows: shown.map((pod) => [pod.namespace, pod.name, pod.node || '–', troubleOf(pod)]),
  };
}

/** What is wrong with the cluster itself, in words; empty: nothing. Pods of users do not count. */
export function clusterTroubles(reading: ClusterReading): readonly string[] {
  const down = reading.nodes.filter(({ ready }) => ready !== 'yes').map(({ name }) => name);
  const pressed = reading.nodes.filter(({ pressures }) => pressures.length > 0);
  const ill = reading.controlPlane.filter((pod) => !isWell(pod));
  return [
    ...(down.length > 0 ? [`${plural(down.length, 'node')} not ready: ${down.join(', ')}`] : []),
    ...pressed.map((node) => `${node.name} is under pressure: ${node.pressures.join(', ')}`),
    ...ill.map((pod) => `${pod.name}: ${troubleOf(pod)}`),
    ...reading.nodes.flatMap((node) => {
      const skew = skewOf(node.kubeletVersion, reading.version);
      return skew === null ? [] : [`the kubelet of ${node.name} ${skew}`];
    }),
  ];
}

/** What else a person should know: cordoned nodes, kubelets' words, what could not be read. */
export function clusterNotes(reading: ClusterReading): readonly string[] {
  const cordoned = reading.nodes.filter((node) => node.cordoned).map(({ name }) => name);
  return [
    ...(cordoned.length > 0 ? [`Cordoned, so they take no new pods: ${cordoned.join(', ')}.`] : []),
    ...reading.nodes
      .filter(({ ready, why }) => ready !== 'yes' && why !== '')
      .map(({ name, why }) => `${name}: ${why}`),
    ...reading.unseen.map((what) => `Could not be read: ${what}`),
  ];
}

/** One line: nodes, version, pods. */
export function clusterSummary(reading: ClusterReading): string {
  const troubles = clusterTroubles(reading);
  if (troubles.length > 0)
    return `${capital(troubles[0] ?? '')}${troubles.length > 1 ? `, and ${troubles.length - 1} more` : ''}.`;
  return `${reading.nodes.length} of ${reading.nodes.length} nodes are ready, Kubernetes ${reading.version}.`;
}

/** Sorts the pods of a page into what the reading keeps. */
export function sortPods(pods: readonly PodReading[]): {
  readonly controlPlane: readonly PodReading[];
  readonly unwell: readonly PodReading[];
} {
  const controlPlane = pods.filter((pod) => componentOf(pod) !== null);
  return { controlPlane, unwell: pods.filter((pod) => componentOf(pod) === null && !isWell(pod)) };
}

function plural(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
