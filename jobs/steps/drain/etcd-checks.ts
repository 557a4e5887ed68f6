import { nodeNamed } from '../../../src/core/drain/coverage.ts';
import type { DrainPod, DrainView } from '../../../src/core/drain/view.ts';
import { someOf } from '../../../src/core/drain/words.ts';
import { isControlPlane } from '../../../src/core/kubernetes/node.ts';
import type { Check } from '../../../src/core/plan.ts';

/**
 * What etcd says against draining these nodes. A drain does not stop static pods, but whoever drains a node is about to stop its machine. So
 * a node with a member of etcd is drained only while the others are well, and not when too few would be left for a quorum: a member on
 * another node that is cordoned counts as away, because somebody is about to stop that machine too.
 */
export function etcdChecks(view: DrainView, nodes: readonly string[]): readonly Check[] {
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
  const leaving = others.filter(({ node }) => nodeNamed(view, node)?.cordoned === true);
  const left = others.length - leaving.length;
  const quorum = Math.floor(members.length / 2) + 1;
  const words = [
    `${here.length} of ${members.length} members of etcd run there`,
    ...(leaving.length === 0 ? [] : [leavingWords(leaving)]),
    `the others would be ${left}, and ${quorum} are needed`,
  ].join('; ');
  if (left >= quorum) return [check('warn', 'A member of etcd runs there', `it goes on during the drain; ${words}`)];
  const next =
    leaving.length === 0 ? 'take them one after another' : `bring ${leaving.length === 1 ? 'it' : 'them'} back first`;
  return [check('block', 'etcd would lose its quorum', `${words}; ${next}`)];
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

function leavingWords(leaving: readonly DrainPod[]): string {
  const names = someOf(leaving.map(({ name, node }) => `${name} on ${node}`));
  return `away as well ${leaving.length === 1 ? 'is' : 'are'} ${names}, by the cordon there (\`/kube uncordon\` when that is over)`;
}

function check(verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id: 'etcd', verdict, title, evidence };
}
