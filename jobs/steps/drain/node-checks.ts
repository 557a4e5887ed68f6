import { nodeNamed } from '../../../src/core/drain/coverage.ts';
import type { DrainNode, DrainView } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import { isControlPlane } from '../../../src/core/kubernetes/node.ts';
import type { Check } from '../../../src/core/plan.ts';
import { machineOwner } from './machine-owner.ts';

/** What the nodes themselves say against draining them. Only what applies. */
export function nodeChecks(view: DrainView, names: readonly string[]): readonly Check[] {
  const nodes = names.flatMap((name) => nodeNamed(view, name) ?? []);
  return [...etcdChecks(view, nodes), ...readyCheck(nodes), ...ownerCheck(nodes), ...cordonCheck(nodes)];
}

function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

/** Labels of the static pods of etcd. Source: kubeadm `component=etcd`, OpenShift's etcd operator `k8s-app=etcd`. */
function isEtcd({ labels, namespace }: DrainView['pods'][number]): boolean {
  return (
    (namespace === 'kube-system' && labels['component'] === 'etcd') ||
    (namespace === 'openshift-etcd' && labels['k8s-app'] === 'etcd')
  );
}

/**
 * A drain does not stop static pods, but whoever drains a node is about to stop its machine. So a node with a member of etcd is drained only
 * while the others are well, and not together with so many that the rest would have no quorum.
 */
function etcdChecks(view: DrainView, nodes: readonly DrainNode[]): readonly Check[] {
  const members = view.pods.filter(isEtcd);
  const names = new Set(nodes.map(({ name }) => name));
  const here = members.filter(({ node }) => names.has(node));
  if (here.length === 0) return [];
  const others = members.filter(({ node }) => !names.has(node));
  const sickMembers = others.filter(({ ready }) => !ready).map(({ name, trouble }) => `${name} ${trouble}`.trimEnd());
  const sickNodes = view.nodes
    .filter((node) => isControlPlane(node) && !names.has(node.name) && node.ready !== 'yes')
    .map(({ name }) => `node ${name}`);
  const sick = [...sickMembers, ...sickNodes];
  if (sick.length > 0)
    return [
      check(
        'etcd',
        'block',
        'Another member of etcd is not well',
        `${someOf(sick)}; with ${someOf([...names])} away as well etcd may lose its quorum`,
      ),
    ];
  const left = others.length;
  const quorum = Math.floor(members.length / 2) + 1;
  const words = `${here.length} of ${members.length} members of etcd run there; the others would be ${left}, and ${quorum} are needed`;
  if (members.length === 1)
    return [
      check(
        'etcd',
        'warn',
        'The only member of etcd runs there',
        'it goes on during the drain; when the machine stops, the API is away',
      ),
    ];
  if (left < quorum)
    return [check('etcd', 'block', 'etcd would lose its quorum', `${words}; take them one after another`)];
  return [check('etcd', 'warn', 'A member of etcd runs there', `it goes on during the drain; ${words}`)];
}

function readyCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const sick = nodes.filter(({ ready }) => ready !== 'yes');
  if (sick.length === 0) return [];
  const words = sick.map(({ name, why }) => (why === '' ? name : `${name} (${why})`));
  return [
    check(
      'not-ready',
      'warn',
      `${counted(sick.length, 'node')} not ready`,
      `${someOf(words)}; pods there end only when the kubelet is back, or by force (--force-stuck)`,
    ),
  ];
}

function ownerCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const owned = Map.groupBy(
    nodes.flatMap((node) => {
      const owner = machineOwner(node);
      return owner === null ? [] : [{ name: node.name, owner }];
    }),
    ({ owner }) => owner.instead,
  );
  const words = [...owned].map(([instead, of]) => {
    return `${someOf(
      of.map(({ name, owner }) => `${name} of ${owner.who}`),
      3,
    )}: to replace it, ${instead}`;
  });
  return words.length === 0 ? [] : [check('machine-owner', 'warn', 'Somebody else owns the machine', words.join('; '))];
}

function cordonCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const cordoned = nodes.filter((node) => node.cordoned);
  if (cordoned.length === 0) return [];
  const words = cordoned.map(({ name, cordonedBy }) => `${name} by ${cordonedBy ?? 'somebody else'}`);
  return [check('cordoned', 'warn', 'Cordoned before', `${someOf(words)}: it stays cordoned, however this run ends`)];
}
