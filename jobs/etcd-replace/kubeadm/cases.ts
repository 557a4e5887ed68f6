import { z } from 'zod';
import { kubeadmHostCommands, NEVER_HERE } from '../../../src/core/etcd/host-commands.ts';
import { isControlPlane, type NodeReading, readNode } from '../../../src/core/kubernetes/node.ts';
import { NODE_SHELL_NAMESPACE } from '../../../src/core/kubernetes/node-shell.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { deleteNodeStep } from '../../steps/delete-node-step.ts';
import type { CaseBasis, CaseEntry, CaseLine, CasePart, CasePlan, LineGate, ReplacePlanContext } from '../case-plan.ts';
import { fenceGate } from '../gates.ts';
import {
  addLine,
  asideLine,
  basisWords,
  behind,
  line,
  moveLeaderLines,
  promoteLine,
  removalGates,
  removalLines,
  startLine,
  stopLine,
  targetOf,
} from '../lines.ts';
import type { NodeRef } from '../machine.ts';
import { rightsCheck } from '../openshift/plan-checks.ts';
import { awaitMemberStep } from './await-member-step.ts';

/** The node is well, its etcd is not: on the same node. */
const kubeadmPlace: CaseEntry = { id: 'kubeadm-place', watches: true, plan: planPlace };
/** A person resets the node, or builds another, and joins it. */
const kubeadmHost: CaseEntry = { id: 'kubeadm-host', watches: true, plan: planHost };

/** What kubeadm brings to replacements. */
export const kubeadm: CasePart = {
  cases: [kubeadmPlace, kubeadmHost],
  steps: [deleteNodeStep, awaitMemberStep],
  cleanups: [],
  watches: [],
};

function blocked(title: string, evidence: string): CasePlan {
  return { lines: [], checks: [{ id: 'place', verdict: 'block', title, evidence }], facts: {}, notes: [] };
}

async function planPlace(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { cluster, ports, signal } = context;
  const image = cluster.nodeShell?.image ?? null;
  const { node, nodeUid, matchedBy, peerUrl } = basis.place;
  if (image === null)
    return blocked('No shells on nodes are configured', `the configuration of ${cluster.name} has no nodeShell.image`);
  if (node === null || nodeUid === null)
    return blocked('No node belongs to the member', `${basisWords(basis)} could not be matched with a node`);
  const nodes = await controlPlane(ports.kubernetes, signal);
  if (!nodes.ok) return blocked('The nodes could not be read', nodes.why);
  const machine: NodeRef = { on: 'node', node, image };
  const target = targetOf(basis);
  // Without an entry in the list it is where kubeadm puts it.
  const own = peerUrl === '' ? await peerUrlOf(ports.kubernetes, node, signal) : peerUrl;
  const peerUrls = target?.peerUrls ?? (own === null ? [] : [own]);
  if (peerUrls.length === 0)
    return blocked('Its peer URL is not known', `${basis.name} is no member any more, and its node does not tell`);
  const lines = [
    ...moveLeaderLines(basis),
    stopLine(basis, machine, peerUrls),
    ...removalLines(basis),
    asideLine(basis, machine),
    addLine(basis, basis.name, peerUrls),
    startLine(basis, machine, basis.name),
    promoteLine(context, basis, basis.name),
  ];
  return {
    lines: behind(removalGates(basis), lines),
    checks: [placeCheck(basis, matchedBy), await rightsCheck(ports.kubernetes, SHELL_RIGHTS, signal)],
    facts: { node: { name: node, uid: nodeUid } },
    notes: [
      `Follows the in-place way of kubeadm's stacked etcd: manifest aside on ${node}, the entry out of the list, data aside, added as a learner with the same address, the manifest back with the list of now, promoted. Certificates stay: name and address are the same.`,
      `Times at most: started ${formatSpan(cluster.replace.joinedMs)}, caught up ${formatSpan(cluster.replace.caughtUpMs)}.`,
    ],
    expects: { nodes: nodes.value.map(({ name }) => name).toSorted() },
  };
}

async function planHost(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { cluster, ports, signal } = context;
  const nodes = await controlPlane(ports.kubernetes, signal);
  if (!nodes.ok) return blocked('The nodes could not be read', nodes.why);
  const { node, nodeUid, matchedBy } = basis.place;
  const old = node === null || nodeUid === null ? null : { name: node, uid: nodeUid };
  const others = nodes.value.filter(({ name }) => name !== node);
  const healthy = healthyNode(basis, others);
  if (healthy === null) return blocked('No other control-plane node is ready', 'a new one could not join');
  const gate = hostGate(context, basis, healthy);
  const target = targetOf(basis);
  const fence = target === null ? [] : [fenceGate(target, 'no-work')];
  const rights = old === null ? [] : [await rightsCheck(ports.kubernetes, NODE_RIGHTS, signal)];
  return {
    lines: behind(
      [...removalGates(basis), ...fence],
      [
        ...moveLeaderLines(basis),
        ...removalLines(basis),
        ...deleteNodeLines(basis, old),
        ...joinLines(context, basis, gate),
      ],
    ),
    checks: [placeCheck(basis, matchedBy), ...rights],
    facts: { node: old },
    notes: [
      'Follows kubeadm’s way to replace a control-plane node: the member out of the list by its id (never by `kubeadm reset`, which may only warn), the Node object deleted, `kubeadm join` by a person, and a look whether the old entry stays gone.',
      `Times at most: built ${formatSpan(cluster.replace.hostBuiltMs)}, joined ${formatSpan(cluster.replace.joinedMs)}.`,
    ],
    expects: { nodes: others.map(({ name }) => name).toSorted() },
  };
}

/** A member that is well: another node is joined first, then it goes out of the list. Its machine is for people. */
export async function planSwapOfNode(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { ports, signal } = context;
  const nodes = await controlPlane(ports.kubernetes, signal);
  if (!nodes.ok) return blocked('The nodes could not be read', nodes.why);
  const { node, matchedBy } = basis.place;
  const others = nodes.value.filter(({ name }) => name !== node);
  const healthy = healthyNode(basis, others);
  if (healthy === null) return blocked('No other control-plane node is ready', 'a new one could not join');
  const gate: LineGate = {
    ...hostGate(context, basis, healthy),
    title: `Join another control-plane node with kubeadm, beside ${node ?? basis.name}; the commands are in the thread`,
    instructions: joinInstructions(context.cluster.name, healthy),
  };
  const after = [...moveLeaderLines(basis), ...removalLines(basis)];
  return {
    lines: [...joinLines(context, basis, gate), ...behind(removalGates(basis), after)],
    checks: [placeCheck(basis, matchedBy)],
    facts: {},
    notes: [
      `For a ring in which all are well: another control-plane node is joined by a person, its member votes, only then ${basisWords(basis)} goes. The machine of the old one is reset by a person afterwards: \`kubeadm reset -f\`.`,
    ],
    expects: { nodes: others.map(({ name }) => name).toSorted() },
  };
}

/** A control-plane node from which another one can be joined: ready, and not that of another member that is dead. `null`: none. */
function healthyNode({ diagnosis, alsoDead }: CaseBasis, others: readonly NodeReading[]): string | null {
  const sick = diagnosis.members.filter(({ member }) => alsoDead.includes(member.id));
  const dead = new Set(sick.map(({ place }) => place.node));
  return others.find(({ name, ready }) => ready === 'yes' && !dead.has(name))?.name ?? null;
}

function joinInstructions(cluster: string, joinsFrom: string): string {
  return [
    `Join another control-plane node to ${cluster}:`,
    `1. On ${joinsFrom}: print what is needed to join. The key is good for 2 h.`,
    '   kubeadm init phase upload-certs --upload-certs',
    '   kubeadm token create --print-join-command',
    '2. On the new machine: the command that was printed, with two words more.',
    '   PRINTED-JOIN-COMMAND --control-plane --certificate-key PRINTED-KEY',
    NEVER_HERE,
    'This goes on by itself when its member is in the list and has started.',
  ].join('\n');
}

/** Its mirror pods go with it: their annotations would send kubeadm to the dead member. */
function deleteNodeLines(
  basis: CaseBasis,
  node: { readonly name: string; readonly uid: string } | null,
): readonly CaseLine[] {
  if (node === null) return [];
  const step = deleteNodeStep.plan({
    ring: basis.planned,
    mayJoin: null,
    targetId: basis.target?.member.id ?? null,
    alsoDead: [...basis.alsoDead],
    node,
  });
  return [line(step, 'Pods that ran there are given to other nodes; nothing on the machine is touched.', 10_000)];
}

/** A person joins the node; what kubeadm leaves as a learner is promoted. */
function joinLines(context: ReplacePlanContext, basis: CaseBasis, gate: LineGate): readonly CaseLine[] {
  const mayJoin = { peerUrls: null, hosts: [] };
  const wait = awaitMemberStep.plan({
    ring: basis.planned,
    mayJoin,
    targetId: basis.target?.member.id ?? null,
    alsoDead: [...basis.alsoDead],
    withinMs: context.cluster.replace.joinedMs,
  });
  return [
    { ...line(wait, 'A person joins the node; until then no further member may fail.', null), gates: [gate] },
    promoteLine(context, basis, ''),
  ];
}

function hostGate({ cluster }: ReplacePlanContext, basis: CaseBasis, joinsFrom: string): LineGate {
  const { planned, place } = basis;
  const node = place.node ?? basis.name;
  const hadNode = place.node !== null && place.nodeUid !== null;
  const order = { cluster: cluster.name, member: targetOf(basis), node, hadNode, healthyNode: joinsFrom };
  return {
    id: 'build-host',
    kind: 'continue',
    title: `Reset ${node} or build another control-plane node, and join it with kubeadm; the commands are in the thread`,
    expect: null,
    choices: [],
    expiresMs: cluster.replace.hostBuiltMs,
    instructions: kubeadmHostCommands(order),
    // Not the node: the kubelet of the old machine registers it anew as soon as that is switched on, and then nobody has joined.
    watch: {
      kind: 'etcd.host-built@1',
      input: { clusterId: planned.clusterId, known: planned.members.map(({ id }) => id), peerUrls: null },
    },
  };
}

function placeCheck(basis: CaseBasis, matchedBy: CaseBasis['place']['matchedBy']): Check {
  const { node } = basis.place;
  const who = basisWords(basis);
  if (node === null)
    return {
      id: 'place',
      verdict: 'warn',
      title: 'No node belongs to the member',
      evidence: `${who}: its node may be gone already`,
    };
  if (matchedBy === 'name-and-address')
    return {
      id: 'place',
      verdict: 'pass',
      title: basis.target === null ? 'The node stands without a member' : 'Member and node belong together',
      evidence:
        basis.target === null
          ? `no member of the ring is on ${node}, by name and by address`
          : `${who} runs on ${node}, by name and address`,
    };
  return {
    id: 'place',
    verdict: 'block',
    title: 'Member and node do not surely belong together',
    evidence: `${who} and node ${node} match by ${matchedBy} only`,
  };
}

const SHELL_RIGHTS = [
  { verb: 'create', group: '', resource: 'pods', namespace: NODE_SHELL_NAMESPACE },
  { verb: 'create', group: '', resource: 'pods', subresource: 'exec', namespace: NODE_SHELL_NAMESPACE },
  { verb: 'delete', group: '', resource: 'pods', namespace: NODE_SHELL_NAMESPACE },
];
const NODE_RIGHTS = [{ verb: 'delete', group: '', resource: 'nodes', namespace: null }];

const Addresses = z.object({
  status: z
    .object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]) })
    .prefault({}),
});

/** The peer URL of a stacked member, by the address of its node; `null`: the node does not tell one. */
async function peerUrlOf(kubernetes: KubernetesPort, name: string, signal: AbortSignal): Promise<string | null> {
  const got = await kubernetes.get(
    { apiVersion: 'v1', kind: 'Node', namespace: null, name },
    { timeoutMs: 10_000, signal },
  );
  const read = got.ok ? Addresses.safeParse(got.value) : null;
  const found =
    read?.success === true ? read.data.status.addresses.find(({ type }) => type === 'InternalIP') : undefined;
  if (found === undefined) return null;
  return `https://${found.address.includes(':') ? `[${found.address}]` : found.address}:${PEER_PORT}`;
}

/** Where kubeadm lets etcd listen for its peers. */
const PEER_PORT = 2380;

async function controlPlane(
  kubernetes: KubernetesPort,
  signal: AbortSignal,
): Promise<
  { readonly ok: true; readonly value: readonly NodeReading[] } | { readonly ok: false; readonly why: string }
> {
  const listed = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Node', namespace: null },
    { timeoutMs: 10_000, signal },
  );
  if (!listed.ok) return { ok: false, why: listed.error.message };
  return { ok: true, value: listed.value.items.map(readNode).filter(isControlPlane) };
}
