import type { ResourceKind } from '../contracts.ts';
import type { Path } from './field-path.ts';

const stripped: readonly Path[] = [
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ['f:metadata', 'f:name'],
  ['f:metadata', 'f:namespace'],
  ['f:metadata', 'f:creationTimestamp'],
  ['f:metadata', 'f:selfLink'],
  ['f:metadata', 'f:uid'],
  ['f:metadata', 'f:generation'],
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
];

/** Paths that nobody owns: what the server sets itself. */
export function ownedByNobody(): readonly Path[] {
  return stripped;
}

const status: Path = ['f:status'];
const spec: Path = ['f:spec'];

/** Paths that a write through this subresource leaves as they are, with everything below, and so never owns. */
export function resetFields(kind: ResourceKind, subresource: string): readonly Path[] {
  if (subresource === '' && kind.kind === 'Namespace') return [status, ['f:spec', 'f:finalizers']];
  if (subresource === '') return kind.subresources.includes('status') ? [status] : [];
  if (subresource === 'approval') return [spec, ['f:status', 'f:certificate']];
  if (subresource !== 'status') return [];
  if (kind.schema !== null || kind.group === 'apiextensions.k8s.io') return [spec, ['f:metadata']];
  if (kind.kind === 'Pod') return [spec, ['f:metadata', 'f:deletionTimestamp'], ['f:metadata', 'f:ownerReferences']];
  if (kind.kind === 'Deployment') return [spec, ['f:metadata', 'f:labels']];
  return [spec];
}
