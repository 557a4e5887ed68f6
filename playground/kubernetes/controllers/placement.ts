import { at, fieldsOf, listAt, numberAt, textAt, textsAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { selects } from '../eviction/label-selecting.ts';
import { hasEnded, identity } from './objects.ts';

/** Why a pod cannot be on a node, in the scheduler's words. */
const UNSCHEDULABLE = 'node(s) were unschedulable';
const TAINTED = 'node(s) had untolerated taint(s)';
const NOT_SELECTED = "node(s) didn't match Pod's node affinity/selector";
const FULL = 'Too many pods';
const REPELLED = "node(s) didn't match pod anti-affinity rules";

/** Whether a toleration is for a taint. */
export function tolerates(toleration: unknown, taint: unknown): boolean {
  const [key, effect] = [textAt(toleration, 'key'), textAt(toleration, 'effect')];
  if (effect !== '' && effect !== textAt(taint, 'effect')) return false;
  if (key !== '' && key !== textAt(taint, 'key')) return false;
  if (textAt(toleration, 'operator') === 'Exists') return true;
  return key !== '' && textAt(toleration, 'value') === textAt(taint, 'value');
}

/** Taints of these effects that nothing tolerates. */
export function untolerated(tolerations: readonly unknown[], taints: readonly unknown[], effects: readonly string[]) {
  return taints
    .filter((taint) => effects.includes(textAt(taint, 'effect')))
    .filter((taint) => !tolerations.some((each) => tolerates(each, taint)));
}

/** Whether the node selector and the required node affinity of a pod fit a node. */
export function fitsNode(spec: Fields, node: ApiObject): boolean {
  const labels = fieldsOf(node.metadata['labels']);
  const selected = Object.entries(fieldsOf(spec['nodeSelector'])).every(([name, value]) => labels[name] === value);
  const path = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  if (!selected || at(spec, ...path) === undefined) return selected;
  return listAt(spec, ...path, 'nodeSelectorTerms').some((term) => {
    const [expressions, fields] = [listAt(term, 'matchExpressions'), listAt(term, 'matchFields')];
    if (expressions.length + fields.length === 0) return false;
    return (
      expressions.every((each) => holds(each, labels[textAt(each, 'key')])) &&
      fields.every((each) => textAt(each, 'key') === 'metadata.name' && holds(each, identity(node).name))
    );
  });
}

function holds(expression: unknown, value: unknown): boolean {
  const values = textsAt(expression, 'values');
  const listed = typeof value === 'string' && values.includes(value);
  switch (textAt(expression, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Where a pod goes, or why nowhere. */
export type Placement = { readonly node: string } | { readonly node: null; readonly why: string };

/** Chooses a node: of those that take the pod, the one with the fewest pods of the same labels, then with the fewest pods. `pods`: those that have a node. */
export function placed(pod: ApiObject, nodes: readonly ApiObject[], pods: readonly ApiObject[]): Placement {
  const present = Map.groupBy(
    pods.filter((each) => !hasEnded(each)),
    (each) => textAt(each, 'spec', 'nodeName'),
  );
  const reasons = nodes.map((node) => ({ node, why: whyNot(pod, node, nodes, present) }));
  const open = reasons.filter(({ why }) => why === null).map(({ node }) => identity(node).name);
  if (open.length === 0)
    return {
      node: null,
      why: refusalOf(
        reasons.flatMap(({ why }) => why ?? []),
        nodes.length,
      ),
    };
  const labels = JSON.stringify(pod.metadata['labels'] ?? {});
  function load(name: string): number {
    const there = present.get(name) ?? [];
    const alike = there.filter(
      (each) =>
        identity(each).namespace === identity(pod).namespace &&
        JSON.stringify(each.metadata['labels'] ?? {}) === labels,
    );
    return alike.length * 1_000 + there.length;
  }
  const [best = ''] = open.toSorted((a, b) => load(a) - load(b) || (a < b ? -1 : 1));
  return { node: best };
}

type Present = ReadonlyMap<string, readonly ApiObject[]>;

function whyNot(pod: ApiObject, node: ApiObject, nodes: readonly ApiObject[], present: Present): string | null {
  const spec = fieldsOf(pod['spec']);
  const tolerations = listAt(spec, 'tolerations');
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (at(node, 'spec', 'unschedulable') === true && !tolerations.some((each) => tolerates(each, cordon)))
    return UNSCHEDULABLE;
  if (untolerated(tolerations, listAt(node, 'spec', 'taints'), ['NoSchedule', 'NoExecute']).length > 0) return TAINTED;
  if (!fitsNode(spec, node)) return NOT_SELECTED;
  const capacity = Number(
    textAt(node, 'status', 'allocatable', 'pods') || numberAt(node, 'status', 'allocatable', 'pods'),
  );
  if (capacity <= (present.get(identity(node).name) ?? []).length) return FULL;
  return repelled(pod, node, nodes, present) ? REPELLED : null;
}

function repelled(pod: ApiObject, node: ApiObject, nodes: readonly ApiObject[], present: Present): boolean {
  const terms = listAt(pod, 'spec', 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  return terms.some((term) => {
    const key = textAt(term, 'topologyKey');
    const place = textAt(node, 'metadata', 'labels', key);
    if (place === '') return false;
    return nodes
      .filter((each) => textAt(each, 'metadata', 'labels', key) === place)
      .flatMap((each) => present.get(identity(each).name) ?? [])
      .some(
        (each) =>
          identity(each).namespace === identity(pod).namespace &&
          selects(at(term, 'labelSelector'), each.metadata['labels']),
      );
  });
}

function refusalOf(reasons: readonly string[], total: number): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const counted = [...Map.groupBy(reasons, (why) => why)].map(([why, all]) => `${all.length} ${why}`).toSorted();
  const head = `0/${total} nodes are available: ${counted.join(', ')}.`;
  return `${head} no new claims to deallocate, preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
}
