import { nodeNamed } from '../../../src/core/drain/coverage.ts';
import type { DrainPod, DrainView } from '../../../src/core/drain/view.ts';
import { someOf } from '../../../src/core/drain/words.ts';
import { isControlPlane } from '../../../src/core/kubernetes/node.ts';
import type { Check } from '../../../src/core/plan.ts';

/**
 * What etcd says against draining these nodes. A drain does not stop static pods, but whoever drains a node is about to stop its machine. So
 * a node with a member of etcd is drained only while the others are well, and not when too few would be left for a quorum. A member on another
 * node that a run of Drydock cordoned counts as away: somebody is about to stop that machine too. Where others keep control planes cordoned
 * nothing tells that, so such members count as there, by name.
 *
 * @param kept nodes whose cordon by others is known: see {@link keptCordons}. One that is not among them is new, and counts as leaving
 */
export function etcdChecks(
  view: DrainView,
  nodes: readonly string[],
  kept: readonly string[] = keptCordons(view, nodes),
): readonly Check[] {
  const members = view.pods.filter(isEtcd);
  const here = members.filter(({ node }) => nodes.includes(node));
  if (here.length === 0) return [];
  const others = members.filter(({ node }) => !nodes.includes(node));
  const sick = sickIn(view, nodes, others);
  if (sick.length > 0)
    return [
      check(
        'block',
        'Another member of etcd is not well',
        `${someOf(sick)}; with ${someOf(nodes)} away as well etcd may lose its quorum`,
      ),
    ];
  if (members.length === 1)
    return [
      check(
        'warn',
        'The only member of etcd runs there',
        'it goes on during the drain; when the machine stops, the API is away',
      ),
    ];
  const cordoned = others.filter(({ node }) => nodeNamed(view, node)?.cordoned === true);
  const staying = cordoned.filter(({ node }) => isKept(view, node) && kept.includes(node));
  const leaving = cordoned.filter((each) => !staying.includes(each));
  const left = others.length - leaving.length;
  const quorum = Math.floor(members.length / 2) + 1;
  const words = [
    `${here.length} of ${members.length} members of etcd run there`,
    ...(leaving.length === 0 ? [] : [leavingWords(leaving)]),
    ...(staying.length === 0 ? [] : [stayingWords(staying)]),
    `the others would be ${left}, and ${quorum} are needed`,
  ].join('; ');
  if (left >= quorum) return [check('warn', 'A member of etcd runs there', `it goes on during the drain; ${words}`)];
  const next =
    leaving.length === 0 ? 'take them one after another' : `bring ${leaving.length === 1 ? 'it' : 'them'} back first`;
  return [check('block', 'etcd would lose its quorum', `${words}; ${next}`)];
}

/** Where members of etcd are drained: nodes with members that somebody cordoned without a run of Drydock. Many keep control planes so for good. */
export function keptCordons(view: DrainView, nodes: readonly string[]): readonly string[] {
  const names = new Set(view.pods.filter(isEtcd).map(({ node }) => node));
  if (!nodes.some((name) => names.has(name))) return [];
  return [...names].filter((name) => isKept(view, name)).toSorted();
}

function isKept(view: DrainView, name: string): boolean {
  const node = nodeNamed(view, name);
  return node?.cordoned === true && node.cordonedBy === null;
}

/** Labels of the static pods of etcd. Source: kubeadm `component=etcd`, OpenShift's etcd operator `k8s-app=etcd`. */
function isEtcd({ labels, namespace }: DrainPod): boolean {
  return (
    (namespace === 'kube-system' && labels['component'] === 'etcd') ||
    (namespace === 'openshift-etcd' && labels['k8s-app'] === 'etcd')
  );
}

function sickIn(view: DrainView, nodes: readonly string[], others: readonly DrainPod[]): readonly string[] {
  const members = others.filter(({ ready }) => !ready).map(({ name, trouble }) => `${name} ${trouble}`.trimEnd());
  const machines = view.nodes
    .filter((node) => isControlPlane(node) && !nodes.includes(node.name) && node.ready !== 'yes')
    .map(({ name }) => `node ${name}`);
  return [...members, ...machines];
}

function placesOf(members: readonly DrainPod[]): string {
  return someOf(members.map(({ name, node }) => `${name} on ${node}`));
}

function stayingWords(staying: readonly DrainPod[]): string {
  const [are, count, machines] =
    staying.length === 1
      ? ['is on a node that others keep', 'counts', 'its machine']
      : ['are on nodes that others keep', 'count', 'their machines'];
  return `${placesOf(staying)} ${are} cordoned, and ${count} as there: make sure that nobody is about to stop ${machines}, also after an earlier drain`;
}

function leavingWords(leaving: readonly DrainPod[]): string {
  const names = placesOf(leaving);
  return `away as well ${leaving.length === 1 ? 'is' : 'are'} ${names}, by the cordon there (\`/kube uncordon\` when that is over)`;
}

function check(verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id: 'etcd', verdict, title, evidence };
}
