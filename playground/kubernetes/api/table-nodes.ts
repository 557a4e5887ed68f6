import type { ApiObject } from '../contracts.ts';
import { ageOf } from './durations.ts';
import { at, fieldsOf, listAt, textAt } from './reading.ts';
import { type Column, CREATED, column, NAME } from './table-columns.ts';

/** Columns of `nodes`. */
export const NODE_COLUMNS: readonly Column[] = [
  NAME,
  column('Status', 'Whether the node is ready, and whether it is cordoned.'),
  column('Roles', 'Roles from the labels of the node.'),
  CREATED,
  column('Version', 'Version of the kubelet.'),
  column('Internal-IP', 'Address inside the cluster.', 1),
  column('External-IP', 'Address outside the cluster.', 1),
  column('OS-Image', 'Operating system.', 1),
  column('Kernel-Version', 'Version of the kernel.', 1),
  column('Container-Runtime', 'Container runtime and its version.', 1),
];

const ROLE_PREFIX = 'node-role.kubernetes.io/';

/** Cells of a node. */
export function nodeCells(node: ApiObject, now: number): readonly unknown[] {
  const info = fieldsOf(at(node, 'status', 'nodeInfo'));
  const architecture = textAt(info, 'architecture');
  const kernel = textAt(info, 'kernelVersion');
  return [
    textAt(node, 'metadata', 'name'),
    statusOf(node),
    rolesOf(node),
    ageOf(node, now),
    textAt(info, 'kubeletVersion'),
    addressOf(node, 'InternalIP'),
    addressOf(node, 'ExternalIP'),
    textAt(info, 'osImage') || '<unknown>',
    kernel === '' ? '<unknown>' : architecture === '' ? kernel : `${kernel} (${architecture})`,
    textAt(info, 'containerRuntimeVersion') || '<unknown>',
  ];
}

function statusOf(node: ApiObject): string {
  const ready = listAt(node, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  const status = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function rolesOf(node: ApiObject): string {
  const labels = fieldsOf(node.metadata['labels']);
  const roles = Object.keys(labels)
    .filter((name) => name.startsWith(ROLE_PREFIX))
    .map((name) => name.slice(ROLE_PREFIX.length));
  const named = textAt(labels, 'kubernetes.io/role');
  const all = [...new Set([...roles, named].filter((role) => role !== ''))].toSorted();
  return all.length === 0 ? '<none>' : all.join(',');
}

function addressOf(node: ApiObject, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((each) => textAt(each, 'type') === type);
  return textAt(found, 'address') || '<none>';
}
