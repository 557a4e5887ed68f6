import type { JsonObject } from '../../../src/core/json.ts';
import { parseVersion } from '../../../src/core/kubernetes/version.ts';
import type { NodeGroup } from '../../../src/core/node-groups/group.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { AddOn } from '../../../src/core/preflight/add-ons.ts';
import {
  autoscalerCheck,
  autoscalers,
  dnsCheck,
  proxyVersion,
  unjudgedNote,
} from '../../../src/core/preflight/add-ons.ts';
import { dockerCheck, nodesCheck, podsCheck, unwellTable } from '../../../src/core/preflight/baseline.ts';
import { expiringClients } from '../../../src/core/preflight/samples.ts';
import { counted, type Seen, seen } from '../../../src/core/preflight/seen.ts';
import { kubeletSkewCheck, kubeletsUnread, proxySkewCheck, type SkewOrder } from '../../../src/core/preflight/skew.ts';
import { testedCheck } from '../../../src/core/preflight/tested-ranges.ts';
import { unreadCheck } from '../../../src/core/preflight/unread.ts';
import { webhooksCheck } from '../../../src/core/preflight/webhooks.ts';
import type { PlanContext } from '../../../src/core/runbook.ts';
import type { ReportTable } from '../../../src/core/state-report.ts';
import type { Leaving } from '../../node-groups/provider.ts';
import { certificateChecks, isUntold, machineCertificates, type PreflightContext } from './plan-certificates.ts';
import { readApiChecks } from './read-apis.ts';
import { type ClusterParts, type Parts, readParts } from './read-parts.ts';
import { roomCheck, roomUnseen } from './read-room.ts';
import { readWebhooks } from './read-webhooks.ts';
import { versionedNodes } from './versioned-nodes.ts';

/** What is to be upgraded, and what its nodes go through. */
export interface PreflightOrder {
  /** Version of the control plane now; `null`: nobody can tell. */
  readonly from: string | null;
  /** Target with its `v`: `v1.31.4`. */
  readonly to: string;
  /** The control plane itself is upgraded. */
  readonly controlPlane: boolean;
  /** The groups that are upgraded; empty: only the control plane. */
  readonly groups: readonly NodeGroup[];
  /** What all of them go through, taken together. */
  readonly leaving: Leaving;
  /** The same of each group, whose turns come one after another: room is measured for each. Absent: there is one. */
  readonly inTurn?: readonly Leaving[];
  /** Somebody accepts that removed APIs are in use (`--over-removed-apis`): what would block warns. */
  readonly overRemovedApis?: boolean;
}

/** What was found. Measurements stand in `checks`, `notes` and `before`; `facts` are versions only. */
export interface Preflight {
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  readonly before: readonly ReportTable[];
  readonly facts: JsonObject;
}

/**
 * Looks whether a cluster can be upgraded: versions beside each other, APIs in use, room for pods, nodes and pods that are not well, webhooks,
 * DNS, certificates, autoscalers. Reads only, and all at once; what could not be read is told by the check that needs it. Budgets and single pods are the
 * drain's. docs/preflight.md lists the checks.
 */
export async function planPreflight(context: PreflightContext, order: PreflightOrder): Promise<Preflight> {
  const { kubernetes } = context.ports;
  const [parts, webhooks] = await Promise.all([
    readParts(kubernetes, context.signal),
    readWebhooks(kubernetes, context.signal),
  ]);
  const server = order.controlPlane ? seen(order.to) : serverNow(parts, order);
  const { nodes: leaving } = order.leaving;
  const [apis, room, machines] = await Promise.all([
    order.controlPlane ? apiChecksOf(context, parts, order) : [],
    capacity(context, parts, order),
    machineCertificates(context, parts.nodes),
  ]);
  const clients = parts.samples.ok ? seen(expiringClients(parts.samples.value)) : parts.samples;
  const checks = [
    ...skewChecks(parts, server, order),
    ...apis,
    ...dockerChecks(parts, order),
    ...room,
    ...wellChecks(parts),
    webhooksCheck(webhooks, { leaving, atOnce: atOnce(order.leaving) }),
    dnsCheck({ addOns: parts.addOns, service: parts.dnsService }),
    ...certificateChecks(machines, clients, context.nowMs()),
    ...testedChecks(parts, order),
    autoscalerCheck(parts.addOns, order.to),
  ];
  const table = parts.pods.ok ? unwellTable(parts.pods.value.items.map(({ reading }) => reading)) : null;
  return {
    checks,
    notes: notesOf(parts, order, isUntold(machines, clients)),
    before: table === null ? [] : [table],
    facts: { apiServer: parts.version.ok ? parts.version.value : null },
  };
}

function serverNow({ version }: ClusterParts, { from }: PreflightOrder): Seen<string> {
  return version.ok || from === null ? version : seen(from);
}

async function apiChecksOf(
  { ports, signal }: PlanContext<'kubernetes'>,
  { version, samples }: ClusterParts,
  order: PreflightOrder,
): Promise<readonly Check[]> {
  const from = order.from ?? (version.ok ? version.value : null);
  return await readApiChecks(ports.kubernetes, samples, { ...order, from }, signal);
}

/** How many nodes are away at once at most: as many as stand beside them, and those that may be missing. */
function atOnce({ surge, unavailable }: Leaving): number {
  return Math.max(1, surge + unavailable);
}

function skewChecks({ nodes, addOns }: ClusterParts, server: Seen<string>, order: PreflightOrder): readonly Check[] {
  const { controlPlane } = order;
  if (!server.ok) return [kubeletsUnread(server.why, controlPlane, 'get the path /version')];
  const skew: SkewOrder = { server: server.value, controlPlane };
  const proxy = addOns.ok ? seen(proxyVersion(addOns.value)) : addOns;
  const kubelets = nodes.ok
    ? kubeletSkewCheck(versionedNodes(nodes.value.items, order), skew)
    : kubeletsUnread(nodes.why, controlPlane, 'list nodes');
  return [kubelets, proxySkewCheck(proxy, skew)];
}

function dockerChecks({ pods }: ClusterParts, { from, to, controlPlane }: PreflightOrder): readonly Check[] {
  const [now, target] = [parseVersion(from ?? ''), parseVersion(to)];
  if (!pods.ok || now === null || target === null) return [];
  // A node group that catches up crosses it later than its control plane.
  const check = dockerCheck(
    pods.value.items.map(({ pod }) => pod),
    controlPlane ? now.minor : target.minor - 1,
    target.minor,
  );
  return check === null ? [] : [check];
}

async function capacity(
  { ports, signal }: PlanContext<'kubernetes'>,
  { nodes, pods, addOns }: ClusterParts,
  { leaving, inTurn = [leaving] }: PreflightOrder,
): Promise<readonly Check[]> {
  const groups = inTurn.filter((each) => each.nodes.length > 0);
  if (groups.length === 0) return [];
  if (!nodes.ok) return [roomUnseen(nodes.why)];
  if (!pods.ok) return [roomUnseen(pods.why)];
  const read = { nodes: nodes.value.items.map(({ room }) => room), pods: pods.value.items.map(({ room }) => room) };
  const autoscaler = addOns.ok && autoscalers(addOns.value).length > 0;
  const found: Check[] = [];
  for (const each of groups) {
    const order = { leaving: each.nodes, atOnce: atOnce(each), surge: each.surge, returns: true, autoscaler };
    found.push(await roomCheck(ports.kubernetes, read, order, signal));
  }
  const open = found.filter(({ verdict }) => verdict !== 'pass');
  return open.length > 0 ? open : found.slice(-1);
}

function wellChecks({ nodes, pods }: ClusterParts): readonly Check[] {
  const names = nodes.ok ? nodes.value.items.map(({ node }) => node.name) : null;
  return [
    nodes.ok ? nodesCheck(nodes.value.items.map(({ node }) => node)) : wellUnread('nodes', nodes.why),
    pods.ok
      ? podsCheck(
          pods.value.items.map(({ reading }) => reading),
          names,
        )
      : wellUnread('pods', pods.why),
  ];
}

/** One of the control plane may be among them. */
function wellUnread(what: 'nodes' | 'pods', why: string): Check {
  const title = what === 'nodes' ? 'Nodes' : 'Pods';
  return unreadCheck({ id: `${what}-well`, what: title, why, right: `list ${what}`, verdict: 'block' });
}

function testedChecks({ addOns }: ClusterParts, { to }: PreflightOrder): readonly Check[] {
  const check = addOns.ok ? testedCheck(addOns.value, to) : null;
  return check === null ? [] : [check];
}

function notesOf(parts: ClusterParts, { to }: PreflightOrder, noCertificates: boolean): readonly string[] {
  const addOns: readonly AddOn[] = parts.addOns.ok ? parts.addOns.value : [];
  return [
    unjudgedNote(addOns, to),
    noCertificates ? 'Not looked at: when certificates expire. Neither machines nor the API server tell.' : null,
    illegibleNote('node', parts.nodes),
    illegibleNote('pod', parts.pods),
  ].filter((note) => note !== null);
}

function illegibleNote(what: string, parts: Seen<Parts<unknown>>): string | null {
  if (!parts.ok || parts.value.illegible === 0) return null;
  return `Not looked at: ${counted(parts.value.illegible, what)} whose shape is not known.`;
}
