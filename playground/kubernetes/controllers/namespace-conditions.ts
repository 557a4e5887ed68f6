import { listAt, textAt, textsAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { timeOf } from './objects.ts';

/** What is left in a namespace: objects by `plural.group`. */
export type Remaining = ReadonlyMap<string, readonly unknown[]>;

type Finding = readonly [type: string, status: boolean, reason: string, message: string];

/** The conditions of a namespace that goes. `failure`: what could not be deleted; empty: nothing. */
export function namespaceConditions(
  namespace: ApiObject,
  remaining: Remaining,
  failure: string,
  now: number,
): readonly unknown[] {
  const before = listAt(namespace, 'status', 'conditions');
  const findings: readonly Finding[] = [
    ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    failure === ''
      ? [
          'NamespaceDeletionContentFailure',
          false,
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ]
      : ['NamespaceDeletionContentFailure', true, 'ContentDeletionFailed', failure],
    contentLeft(remaining),
    finalizersLeft(remaining),
  ];
  const types = new Set(findings.map(([type]) => type));
  const others = before.filter((each) => !types.has(textAt(each, 'type')));
  return [...others, ...findings.map((finding) => conditionOf(finding, before, now))];
}

function conditionOf([type, is, reason, message]: Finding, before: readonly unknown[], now: number): Fields {
  const status = is ? 'True' : 'False';
  const old = before.find((each) => textAt(each, 'type') === type);
  const same = old !== undefined && textAt(old, 'status') === status;
  return {
    type,
    status,
    lastTransitionTime: same ? textAt(old, 'lastTransitionTime') : timeOf(now),
    reason,
    message,
  };
}

function contentLeft(remaining: Remaining): Finding {
  const parts = [...remaining].map(([name, objects]) => `${name} has ${objects.length} resource instances`).toSorted();
  return parts.length === 0
    ? ['NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed']
    : ['NamespaceContentRemaining', true, 'SomeResourcesRemain', `Some resources are remaining: ${parts.join(', ')}`];
}

function finalizersLeft(remaining: Remaining): Finding {
  const names = [...remaining.values()].flat().flatMap((object) => textsAt(object, 'metadata', 'finalizers'));
  const parts = [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => `${name} in ${all.length} resource instances`)
    .toSorted();
  return parts.length === 0
    ? ['NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished']
    : [
        'NamespaceFinalizersRemaining',
        true,
        'SomeFinalizersRemain',
        `Some content in the namespace has finalizers remaining: ${parts.join(', ')}`,
      ];
}
