import { apiTime, fieldsOf, listAt, textAt } from '../api/reading.ts';
import type { Admission, Fields, User } from '../contracts.ts';

/**
 * Who notes on a pod that it is being evicted. Known by identity: nobody outside of this process can be it.
 */
export const EVICTOR: User = { name: 'system:apiserver', uid: '', groups: ['system:masters'], extra: {} };

/**
 * Adds the condition `DisruptionTarget` to a pod when the {@link EVICTOR} writes its status. Done by admission because
 * what admission adds belongs to no manager, as on a real server.
 */
export const disruptionTarget: Admission = ({ kind, subresource, object, user }) => {
  if (user !== EVICTOR || kind.plural !== 'pods' || subresource !== 'status') return { ok: true, value: object };
  const status = fieldsOf(object['status']);
  const conditions = noted(listAt(status, 'conditions').map(fieldsOf));
  return { ok: true, value: { ...object, status: { ...status, conditions } } };
};

function noted(conditions: readonly Fields[]): readonly Fields[] {
  const before = conditions.find((each) => each['type'] === 'DisruptionTarget');
  const next = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: textAt(before, 'status') === 'True' ? before?.['lastTransitionTime'] : apiTime(),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return before === undefined ? [...conditions, next] : conditions.map((each) => (each === before ? next : each));
}
