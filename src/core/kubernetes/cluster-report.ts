import type { Platform } from '../cluster-profile.ts';
import type { ReportTable } from '../state-report.ts';
import { type ClusterReading, componentOf, MOST_UNWELL } from './cluster-reading.ts';
import { isControlPlane, type NodeReading } from './node.ts';
import { isWell, type PodReading, troubleOf } from './pod.ts';
import { skewOf } from './version.ts';

/** More nodes than this say nothing more in a table, a list of names or notes; they are counted. */
const MOST_NODES = 20;

/** The nodes, those that are not well first: role, version, whether they are ready and take pods, and what presses them. */
export function nodeTable(reading: ClusterReading): ReportTable {
  const { length } = reading.nodes;
  return {
    title: length > MOST_NODES ? `Nodes, ${MOST_NODES} of ${length}` : 'Nodes',
    columns: ['Node', 'Role', 'Version', 'Ready', 'Takes pods', 'Pressure'],
    rows: sortedNodes(reading)
      .slice(0, MOST_NODES)
      .map((node) => [
        node.name,
        isControlPlane(node) ? 'control plane' : (node.roles[0] ?? 'worker'),
        node.kubeletVersion,
        node.ready === 'unknown' ? 'does not report' : node.ready,
        node.cordoned ? 'no, cordoned' : 'yes',
        node.pressures.join(', ') || 'none',
      ]),
  };
}

function sortedNodes({ nodes, version }: ClusterReading): readonly NodeReading[] {
  return nodes
    .map((node) => ({ node, rank: rankOf(node, version) }))
    .toSorted((a, b) => a.rank - b.rank || a.node.name.localeCompare(b.node.name, 'en', { numeric: true }))
    .map(({ node }) => node);
}

/** Nodes that are not well before others, and of equals those of the control plane. */
function rankOf(node: NodeReading, version: string): number {
  const isUnwell = node.ready !== 'yes' || node.pressures.length > 0 || skewOf(node.kubeletVersion, version) !== null;
  return (isUnwell ? 0 : 2) + (isControlPlane(node) ? 0 : 1);
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

/**
 * What is wrong with the cluster itself, in words; empty: nothing. Pods of users do not count. That the pods were not seen is a trouble:
 * nobody knows how the control plane is.
 */
export function clusterTroubles(reading: ClusterReading, platform: Platform): readonly string[] {
  const down = reading.nodes.filter(({ ready }) => ready !== 'yes').map(({ name }) => name);
  const pressed = reading.nodes.filter(({ pressures }) => pressures.length > 0);
  const ill = reading.controlPlane.filter((pod) => !isWell(pod));
  const skewed = reading.nodes.flatMap((node) => {
    const skew = skewOf(node.kubeletVersion, reading.version);
    return skew === null ? [] : [`the kubelet of ${node.name} ${skew}`];
  });
  return [
    ...(down.length > 0 ? [`${plural(down.length, 'node')} not ready: ${names(down)}`] : []),
    ...some(
      pressed.map((node) => `${node.name} is under pressure: ${node.pressures.join(', ')}`),
      'nodes under pressure',
    ),
    ...missingComponents(reading, platform),
    ...some(
      ill.map((pod) => `${pod.name}: ${troubleOf(pod)}`),
      'pods of the control plane that do not run',
    ),
    ...some(skewed, 'kubelets whose version does not fit'),
    ...(reading.podsSeen ? [] : ['the pods were not seen, so nothing is known of the control plane']),
  ];
}

/**
 * Control-plane nodes without a pod of the control plane that each of them has. Only where these pods are static ones on nodes that we
 * see; etcd only if it runs in pods at all.
 */
function missingComponents(reading: ClusterReading, platform: Platform): readonly string[] {
  if (!reading.podsSeen || (platform !== 'kubeadm' && platform !== 'openshift')) return [];
  const controlPlanes = reading.nodes.filter(isControlPlane).map(({ name }) => name);
  return ['kube-apiserver', 'etcd'].flatMap((component) => {
    const on = new Set(reading.controlPlane.filter((pod) => componentOf(pod) === component).map(({ node }) => node));
    if (component === 'etcd' && on.size === 0) return [];
    const without = controlPlanes.filter((name) => !on.has(name));
    return without.length === 0 ? [] : [`there is no pod of ${component} on ${names(without)}`];
  });
}

/** What else a person should know: cordoned nodes, kubelets' words, what could not be read. */
export function clusterNotes(reading: ClusterReading): readonly string[] {
  const cordoned = reading.nodes.filter((node) => node.cordoned).map(({ name }) => name);
  const said = reading.nodes.filter(({ ready, why }) => ready !== 'yes' && why !== '');
  return [
    ...(cordoned.length > 0 ? [`Cordoned, so they take no new pods: ${names(cordoned)}.`] : []),
    ...some(
      said.map(({ name, why }) => `${name}: ${why}`),
      'nodes that are not ready',
    ),
    ...reading.unseen.map((what) => `Could not be read: ${what}`),
  ];
}

/** One line: the first of the troubles, or nodes and version. */
export function clusterSummary(reading: ClusterReading, troubles: readonly string[]): string {
  if (troubles.length > 0)
    return `${capital(troubles[0] ?? '')}${troubles.length > 1 ? `, and ${troubles.length - 1} more` : ''}.`;
  return `${reading.nodes.length} of ${reading.nodes.length} nodes are ready, Kubernetes ${reading.version}.`;
}

/** The first names, and how many more there are. */
function names(all: readonly string[]): string {
  const more = all.length - MOST_NODES;
  return `${all.slice(0, MOST_NODES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The first lines, and how many more there are of what. */
function some(lines: readonly string[], what: string): readonly string[] {
  const more = lines.length - MOST_NODES;
  return more > 0 ? [...lines.slice(0, MOST_NODES), `${more} more ${what}`] : lines;
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
